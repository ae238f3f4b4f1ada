"""What the peers tell: each fact once, in order, causes before effects, and the state as its holder set it."""

from uuid import UUID

from services.notifications.reactions import REACTIONS
from shared.contracts.events import (
    EVENTS,
    MessageEvent,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemLost,
    PostalItemSentBack,
    SubmissionRefused,
    SubmissionSupplemented,
    SubmissionWithdrawn,
)
from shared.contracts.peers import Service
from shared.contracts.people import Part, Person, ReturnWay
from shared.ids import uuid7
from tests.notifications.conftest import Voice
from tests.notifications.peers import (
    APPLICANT,
    EVERY_FACT,
    completed,
    postal,
    received,
    resolved_on_the_spot,
    result_at_desk,
    returned,
    submitted,
    supplement_requested,
    taken_up,
)


def test_every_event_of_the_peers_has_a_reaction() -> None:
    assert set(REACTIONS) == {event for event in EVENTS.values() if not issubclass(event, MessageEvent)}
    assert set(REACTIONS) > {type(fact) for fact in EVERY_FACT}


async def test_an_event_that_comes_twice_is_told_once(voice: Voice) -> None:
    dossier = uuid7()
    event = voice.peers.envelope(Service.INTAKE, dossier, received())

    answers = [await voice.peers.deliver(event), await voice.peers.deliver(event), await voice.peers.deliver(event, event)]
    await voice.speaks()

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert len(voice.sms.delivered) == len(voice.mail.delivered) == 1


async def test_a_number_shared_by_two_people_is_told_once(voice: Voice) -> None:
    representative = Person(part=Part.REPRESENTATIVE, name="Trần Văn Bình", phone="+84 912 345 678", email="binh@example.org")

    dossier = await voice.peers.a_received_dossier(people=(APPLICANT, representative))
    await voice.speaks()

    assert [sms.to for sms in voice.sms.delivered] == ["+84912345678"]
    assert {mail.to for mail in voice.mail.delivered} == {"hoa.nguyen@example.org", "binh@example.org"}
    assert await voice.rows("select 1 from notifications.message where dossier_id = :d", d=dossier) != []


async def test_come_and_collect_waits_for_the_completion_it_follows(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier()
    done = voice.peers.envelope(Service.PROCESSING, dossier, completed())
    there = voice.peers.envelope(Service.INTAKE, dossier, result_at_desk())

    too_early = await voice.peers.deliver(there)
    await voice.peers.deliver(done)
    in_time = await voice.peers.deliver(there)

    assert too_early.status_code == 503
    assert too_early.json()["verdicts"][0]["verdict"] == "later"
    assert in_time.status_code == 204
    assert ("result_at_desk", "sms", "queued") in await voice.messages(dossier)


async def test_a_fact_about_an_unknown_dossier_waits(voice: Voice) -> None:
    dossier = uuid7()
    stray = voice.peers.envelope(Service.PROCESSING, dossier, taken_up(), seen={})

    answer = await voice.peers.deliver(stray)

    assert answer.status_code == 503


async def test_a_batch_with_many_dossiers_is_taken_whole(voice: Voice) -> None:
    dossiers = [uuid7() for _ in range(20)]
    events = [voice.peers.envelope(Service.INTAKE, dossier, received(code=f"H26.22-260309-9{n:03}")) for n, dossier in enumerate(dossiers)]

    answer = await voice.peers.deliver(*events)

    assert answer.status_code == 204
    assert (await voice.rows("select count(*) as n from notifications.message"))[0]["n"] == 40


async def test_the_state_is_kept_as_its_holder_set_it(voice: Voice) -> None:
    seen: list[str] = []
    peers, dossier = voice.peers, uuid7()

    async def intake(*events: object) -> None:
        await peers.intake_tells(dossier, *events)  # type: ignore[arg-type]
        seen.append(await voice.state(dossier))

    async def processing(*events: object) -> None:
        await peers.processing_tells(dossier, *events)  # type: ignore[arg-type]
        seen.append(await voice.state(dossier))

    await intake(submitted())
    await intake(supplement_requested())
    await intake(SubmissionSupplemented(papers=("Giấy đề nghị",)))
    await intake(received(way=ReturnWay.POST))
    await processing(taken_up())
    await processing(completed())
    await intake(postal(PostalItemBooked))
    await intake(postal(PostalItemAttemptFailed, attempt=1))
    await intake(postal(PostalItemSentBack))
    await intake(postal(PostalItemBooked))
    await intake(postal(PostalItemLost))
    await intake(postal(PostalItemBooked))
    await intake(postal(PostalItemDelivered))
    await intake(returned(ReturnWay.POST))

    assert seen == [
        "submitted",
        "intake_supplement",
        "submitted",
        "received",
        "in_progress",
        "completed",
        "in_post",
        "in_post",
        "completed",
        "in_post",
        "completed",
        "in_post",
        "in_post",
        "returned",
    ]


async def test_dossiers_that_end_early_end_here_too(voice: Voice) -> None:
    async def ends_as(*events: object) -> str:
        dossier: UUID = uuid7()
        await voice.peers.intake_tells(dossier, *events)  # type: ignore[arg-type]
        return await voice.state(dossier)

    on_the_spot = await ends_as(resolved_on_the_spot())
    refused = await ends_as(submitted(), SubmissionRefused(reason="Không thuộc thẩm quyền."))
    withdrawn = await ends_as(submitted(), SubmissionWithdrawn())

    assert (on_the_spot, refused, withdrawn) == ("returned", "not_accepted", "withdrawn")


async def test_a_submission_becomes_the_dossier_it_was(voice: Voice) -> None:
    dossier = uuid7()

    await voice.peers.intake_tells(dossier, submitted(), received(code="H26.22-260309-0042"))
    await voice.speaks()

    [row] = await voice.rows("select code, national_code, version from notifications.subject")
    assert row == {"code": "H26.22-260309-0042", "national_code": "000.00.15.H26-260309-0007", "version": 2}


async def test_nothing_is_kept_of_people_but_where_to_reach_them(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier()

    [row] = await voice.rows("select contacts from notifications.subject where id = :d", d=dossier)

    assert row["contacts"] == [{"part": "applicant", "phone": "+84912345678", "email": "hoa.nguyen@example.org"}]
