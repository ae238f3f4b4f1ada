"""The published language is whole: every state means something, every event is understood by whoever must hear it."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from services.intake.domain import lifecycle as desk
from services.intake.reactions import REACTIONS as DESK_HEARS
from services.notifications.reactions import REACTIONS as VOICE_HEARS
from services.processing.domain import lifecycle as agency
from services.processing.reactions import REACTIONS as AGENCY_HEARS
from shared import messaging, wire
from shared.contracts import events
from shared.contracts.events import EVENTS, Event
from shared.contracts.peers import Service
from shared.contracts.states import STATES, DeadlineClock, Holder, State
from shared.messaging import Reaction
from tests.house.conftest import House

SAMPLES: Final[list[dict[str, Any]]] = json.loads((Path(__file__).parent / "samples.json").read_text("utf-8"))

TOLD_BY: Final[dict[Service, set[type[Event]]]] = {
    Service.INTAKE: {
        events.SubmissionReceived,
        events.SubmissionSupplementRequested,
        events.SubmissionSupplemented,
        events.SubmissionFeeRequested,
        events.FeePaid,
        events.FeeReduced,
        events.FeeRefunded,
        events.FeeUnpaid,
        events.SubmissionRefused,
        events.SubmissionRedirected,
        events.SubmissionLapsed,
        events.SubmissionWithdrawn,
        events.DossierReceived,
        events.DossierResolvedOnTheSpot,
        events.WithdrawalRequested,
        events.DossierWithdrawn,
        events.AdjustmentRequested,
        events.AdjustmentTakenUp,
        events.AdjustmentDeclined,
        events.ReworkGranted,
        events.ReworkDeclined,
        events.PapersHandedOver,
        events.PapersTakenOver,
        events.SupplementReceived,
        events.SupplementAccepted,
        events.SupplementLapsed,
        events.DossierStopped,
        events.DossierAmended,
        events.AnnulmentRequested,
        events.CorrectionRequested,
        events.CorrectionReturned,
        events.DossierRepaired,
        events.SubmissionAnswerDue,
        events.PapersHandOverDue,
        events.DossierReminded,
        events.ResultUnclaimed,
        events.ResultAtDesk,
        events.ResultDelivered,
        events.DossierReturned,
        events.PostalItemBooked,
        events.PostalItemPosted,
        events.PostalItemAttemptFailed,
        events.PostalItemHeld,
        events.PostalItemDelivered,
        events.PostalItemSentBack,
        events.PostalItemLost,
        events.ProcedurePublished,
        events.OfficePublished,
        events.CalendarPublished,
    },
    Service.PROCESSING: {
        events.PapersHandedOver,
        events.PapersTakenOver,
        events.DossierTakenUp,
        events.ChildCaseOpened,
        events.ChildCaseEnded,
        events.ChildCaseOverdue,
        events.DossierWithdrawn,
        events.WithdrawalDeclined,
        events.AdjustmentTakenUp,
        events.AdjustmentDeclined,
        events.ReworkRequested,
        events.DossierStopped,
        events.DossierAssigned,
        events.DossierAnnulled,
        events.AnnulmentDeclined,
        events.CorrectionDone,
        events.CorrectionDeclined,
        events.CorrectionOverdue,
        events.DossierRepaired,
        events.SupplementRequested,
        events.FeeRequested,
        events.FeeSettled,
        events.DossierSuspended,
        events.DossierResumed,
        events.DossierExtended,
        events.DossierApologised,
        events.DossierDueSoon,
        events.DossierDueToday,
        events.DossierApologyDue,
        events.DossierOverdue,
        events.DossierSuspensionOver,
        events.StepCompleted,
        events.StepPassedBack,
        events.ConsultationRequested,
        events.ConsultationAnswered,
        events.ConsultationOverdue,
        events.AttendanceRequested,
        events.DecisionIssued,
        events.DossierCompleted,
    },
    Service.NOTIFICATIONS: {events.MessageSent, events.MessageFailed},
}
HEARS: Final[dict[Service, Any]] = {
    Service.INTAKE: DESK_HEARS,
    Service.PROCESSING: AGENCY_HEARS,
    Service.NOTIFICATIONS: VOICE_HEARS,
}

MOVES: Final[set[tuple[State | None, State]]] = {(at, step.to) for (at, _), step in desk.LIFECYCLE.items()} | {
    (at, transition.to) for (at, _), transition in agency.LIFECYCLE.items()
}


def test_every_state_has_a_meaning() -> None:
    assert set(STATES) == set(State)


@pytest.mark.parametrize("state", State)
def test_a_state_says_what_people_the_clock_and_the_national_portal_need(state: State) -> None:
    meaning = STATES[state]

    assert meaning.label.strip()
    assert meaning.holder in Holder
    assert meaning.clock in DeadlineClock
    assert meaning.portal_code is None or 1 <= meaning.portal_code <= 10
    assert meaning.portal_code != 8 or meaning.terminal  # 8 says that work has stopped for good


def test_no_two_states_look_alike_to_people() -> None:
    assert len({meaning.label for meaning in STATES.values()}) == len(State)


def test_every_state_is_reached_from_the_beginning() -> None:
    reached: set[State | None] = {None}
    while more := {to for at, to in MOVES if at in reached} - reached:
        reached |= more

    assert reached == {None, *State}


@pytest.mark.parametrize("state", State)
def test_a_state_has_a_way_out_unless_it_is_an_end(state: State) -> None:
    leaves = {to for at, to in MOVES if at is state and to is not state}

    assert bool(leaves) is not STATES[state].terminal


@pytest.mark.parametrize("state", State)
def test_only_the_holder_of_a_state_moves_a_dossier_out_of_it(state: State) -> None:
    by_desk = {move for (at, move), step in desk.LIFECYCLE.items() if at is state and step.to is not state} - desk.HEARD
    by_agency: set[object] = {action for (at, action), step in agency.LIFECYCLE.items() if at is state and step.to is not state}
    by_agency |= {event for at, event in agency.ASKED if at is state}

    assert not (by_desk and by_agency)
    if by_desk:
        assert STATES[state].holder is Holder.DESK
    if by_agency:
        assert STATES[state].holder is Holder.AGENCY


def test_what_the_agency_moves_the_desk_hears_of() -> None:
    told = {(at, transition.to) for (at, _), transition in agency.LIFECYCLE.items() if transition.to is not at}
    told |= {(at, granted.to) for (at, _), granted in agency.ASKED.items() if granted.to is not at}

    heard = {(at, step.to) for (at, move), step in desk.LIFECYCLE.items() if move in desk.HEARD}
    assert heard == told


def test_what_the_carrier_and_the_desk_move_the_agency_hears_of() -> None:
    accepted = {
        state for state, meaning in STATES.items() if meaning.holder is Holder.DESK and meaning.clock is not DeadlineClock.NOT_STARTED
    }
    told = {(at, step.to) for (at, _), step in desk.LIFECYCLE.items() if at in accepted and step.to is not at}

    heard = {(at, to) for (at, _), to in agency.HEARD.items()}
    assert heard == told


def test_every_event_is_told_by_somebody() -> None:
    assert set.union(*TOLD_BY.values()) == set(EVENTS.values())


def test_every_type_is_named_as_the_contract_says() -> None:
    for name, event in EVENTS.items():
        assert name == event.type
        prefix, noun, participle, version = name.removeprefix("vn.").split(".")
        assert (prefix, version) == ("motcua", "v1")
        assert noun
        assert participle


def test_no_event_class_is_left_out_of_the_list() -> None:
    def below(kind: type[Event]) -> set[type[Event]]:
        return {kind} | {one for child in kind.__subclasses__() for one in below(child)}

    named = {kind for kind in below(Event) if kind.__module__ == events.__name__ and "type" in vars(kind)}
    assert named == set(EVENTS.values())


@pytest.mark.parametrize("service", Service)
def test_each_service_has_a_line_for_every_event_the_other_two_tell(service: Service) -> None:
    must_hear = set.union(*(TOLD_BY[peer] for peer in service.peers))

    assert set(HEARS[service]) == must_hear
    reactions: list[Reaction] = list(HEARS[service].values())
    assert all(callable(reaction) for reaction in reactions)


def test_there_is_a_sample_of_every_event() -> None:
    assert {sample["type"] for sample in SAMPLES} == set(EVENTS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['type']} {sample['id'][-3:]}")
def test_a_sample_is_understood_and_nothing_of_it_is_lost(sample: dict[str, Any]) -> None:
    envelope = wire.read(sample)
    event = EVENTS[envelope.type].model_validate(envelope.data)

    assert event.model_dump(mode="json", exclude_none=True) == sample["data"]
    assert wire.write(envelope) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['type']} {sample['id'][-3:]}")
def test_events_grow_by_fields_an_older_reader_leaves_aside(sample: dict[str, Any]) -> None:
    grown = sample["data"] | {"a_field_of_tomorrow": {"x": 1}}

    assert EVENTS[sample["type"]].model_validate(grown) == EVENTS[sample["type"]].model_validate(sample["data"])


def test_personal_data_stands_in_people_and_nowhere_else() -> None:
    private = ("Nông Thị Mẫu", "Trần Văn Thay", "+84912345678", "+84987654321", "mau@example.org", "004190000001", "phường Thục Phán")

    for sample in SAMPLES:
        told = json.dumps({name: value for name, value in sample["data"].items() if name != "people"}, ensure_ascii=False)
        assert not [word for word in private if word in told], sample["type"]


@pytest.mark.parametrize("service", [Service.PROCESSING, Service.NOTIFICATIONS])
async def test_the_samples_are_taken_at_the_door(house: House, service: Service) -> None:
    await house.stack.empty()
    told = [sample for sample in SAMPLES if sample["source"] == "/intake"]
    body = json.dumps(told).encode()
    headers = house.stack.runtime(service).signer.sign(body) | {"content-type": wire.BATCH}

    first = await house.sends(service, "POST", "/events", content=body, headers=headers)
    again = await house.sends(service, "POST", "/events", content=body, headers=headers)  # a dossier may wait for reference data

    assert "refused" not in first.text
    assert again.status_code == 204, again.text


def test_the_inbox_knows_every_type() -> None:
    assert messaging.EVENTS is EVENTS
