"""The demo's data and its play, before anything is started."""

from collections import Counter

import phonenumbers

from demo import script
from demo.gateways import NOBODY
from demo.script import Beginning, Pace, Postman, Story, Turn
from demo.stage import instants
from demo.table import ACTIONS
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.lifecycle import HEARD, Move
from services.intake.domain.offices import read_offices
from services.intake.domain.postal_item import PostalState
from shared.contracts.people import Channel, ReturnWay

OFFICES = {office.code: office for office in read_offices((script.DATA / "offices.csv").read_text(encoding="utf-8"))}
STORIES = script.write(script.competences(), script.calendar())


def test_every_procedure_has_one_competent_office_with_a_desk_of_today() -> None:
    procedures = {entry.key for entry in read_catalogue((script.DATA / "procedures.yaml").read_bytes())}

    bound = Counter(competence.procedure for competence in script.competences())

    assert bound == Counter(procedures)
    for competence in script.competences():
        for code in (competence.office, competence.desk):
            assert OFFICES[code].is_valid(script.OPENING.date()), code


def test_the_play_shows_every_way_in_every_way_out_and_every_ending() -> None:
    received = [story for story in STORIES if story.beginning in (Beginning.COMPLETE, Beginning.SUPPLEMENTED)]

    assert len(STORIES) >= 200
    assert {story.channel for story in STORIES} == set(Channel)
    assert {story.beginning for story in STORIES} == set(Beginning)
    assert {story.way for story in received} == set(ReturnWay)
    assert {story.pace for story in received} == set(Pace)
    assert {story.turn for story in received} == set(Turn)
    assert {story.postman for story in received if story.way is ReturnWay.POST} == set(Postman)
    assert {story.granted for story in received} == {True, False}
    assert {story.competence.procedure for story in STORIES} == {competence.procedure for competence in script.competences()}


def test_the_desk_receives_and_decides_on_the_spot_while_the_agency_is_down() -> None:
    meanwhile = Counter(story.beginning for story in STORIES if script.AGENCY_DOWN < story.begins_at < script.AGENCY_BACK)

    assert meanwhile[Beginning.ON_THE_SPOT] >= 1
    assert meanwhile[Beginning.COMPLETE] >= 3


def test_every_run_plays_the_same() -> None:
    again = script.write(script.competences(), script.calendar())

    assert [_without_chance(story) for story in again] == [_without_chance(story) for story in STORIES]


def test_people_are_invented_and_can_be_written_to() -> None:
    people = [person for story in STORIES for person in (story.applicant, story.representative) if person]

    assert len({person.phone for person in people}) == len(people)
    for person in people:
        assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone, "VN")), person.phone
        assert not person.phone.endswith(NOBODY)
        assert person.email is None or person.email.endswith("@example.org")


def test_things_happen_on_working_days_in_office_hours() -> None:
    worked = script.calendar()
    moments = instants(worked, script.OPENING.date(), script.CURTAIN)

    assert {story.begins_at for story in STORIES} <= set(moments)
    assert {script.AGENCY_DOWN, script.AGENCY_BACK, script.VOICE_DOWN, script.VOICE_BACK} <= set(moments)
    assert all(worked.is_working_day(moment.date()) and 7 <= moment.hour < 17 for moment in moments)


def test_the_timeline_has_words_for_every_move_the_play_can_make() -> None:
    elsewhere = {Move.REFUSE, Move.WITHDRAW, Move.CORRECT_SUBMISSION}  # their stories are over before there is anything to return
    by_carrier = {Move.DELIVERED_BY_POST, Move.SENT_BACK, Move.LOST_IN_POST}
    never_played = {PostalState.REQUESTED, PostalState.BOOKED, PostalState.LOST, PostalState.CANCELLED}

    assert set(Move) - HEARD - elsewhere - by_carrier <= ACTIONS.keys()
    assert {f"postal_item_{state}" for state in set(PostalState) - never_played} <= ACTIONS.keys()


def _without_chance(story: Story) -> dict[str, object]:
    return {name: value for name, value in vars(story).items() if name != "chance"}
