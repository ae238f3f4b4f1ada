"""Claim, call, record: a gateway that is away costs nobody a message, and nobody gets one twice."""

import asyncio
from typing import Any

import structlog

from demo.gateways import Faults
from services.notifications import chores
from services.notifications.channels.channel import Outgoing, Sent
from services.notifications.domain.message import LONGEST_RETRY_SECONDS, wait_seconds
from shared.contracts.peers import Service
from shared.contracts.people import Part, Person, ReturnWay
from tests.notifications.conftest import Voice
from tests.notifications.peers import APPLICANT, SECRET, completed, result_at_desk, returned

BY_SMS = (Person(part=Part.APPLICANT, name="Nguyễn Thị Hoa", phone="0912345678"),)


async def the_message(voice: Voice) -> dict[str, Any]:
    [row] = await voice.rows("select * from notifications.message")
    return row


async def the_attempts(voice: Voice) -> list[tuple[int, str, str | None]]:
    found = await voice.rows("select number, outcome, error from notifications.attempt order by number")
    return [(row["number"], row["outcome"], row["error"]) for row in found]


async def time_for_another_try(voice: Voice) -> None:
    await voice.run("update notifications.message set try_at = now()")


async def the_lease_lapses(voice: Voice) -> None:
    await voice.run("update notifications.message set lease_until = now() - interval '1 second'")


async def test_a_gateway_that_is_away_costs_nobody_a_message(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS)
    voice.sms.faults = Faults(unavailable_times=2)

    await voice.speaks()
    at_first = await the_message(voice)
    await voice.speaks()
    await time_for_another_try(voice)
    await voice.speaks()
    await time_for_another_try(voice)
    await voice.speaks()

    assert (at_first["state"], at_first["attempts"], at_first["last_error"]) == ("queued", 1, "The SMS gateway answered 503.")
    assert (await the_message(voice))["state"] == "sent"
    assert await the_attempts(voice) == [
        (1, "unreachable", "The SMS gateway answered 503."),
        (2, "unreachable", "The SMS gateway answered 503."),
        (3, "sent", None),
    ]
    assert len(voice.sms.delivered) == 1
    assert [(type, data["attempts"]) for _, type, data in await voice.tells(dossier)] == [("vn.motcua.message.sent.v1", 3)]


async def test_a_refused_number_fails_at_once_and_the_desk_hears_of_it(voice: Voice) -> None:
    nobody = Person(part=Part.APPLICANT, name="Nguyễn Thị Hoa", phone="0912345000")

    dossier = await voice.peers.a_received_dossier(people=(nobody,))
    await voice.speaks()

    [(sequence, type, data)] = await voice.tells(dossier)
    assert (sequence, type) == (1, "vn.motcua.message.failed.v1")
    assert (data["template"], data["channel"], data["attempts"]) == ("dossier_received", "sms", 1)
    assert data["reason"] == "The SMS gateway refused with code 21."
    assert (await the_message(voice))["state"] == "failed"


async def test_one_channel_that_is_away_does_not_hold_up_the_other(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier()
    voice.mail.faults = Faults(unavailable_times=100)

    await voice.speaks()

    assert await voice.messages(dossier) == {("dossier_received", "sms", "sent"), ("dossier_received", "email", "queued")}


async def test_two_senders_at_once_send_each_message_once(voice: Voice) -> None:
    for _ in range(30):
        await voice.peers.a_received_dossier(people=BY_SMS)

    async def one_sender() -> None:
        while await chores.send_messages(voice.runtime, channel="sms"):
            pass

    await asyncio.gather(*(one_sender() for _ in range(4)))
    await voice.speaks()

    assert len(voice.sms.delivered) == 30
    assert voice.sms.repeats == 0
    assert (await voice.rows("select count(*) as n from notifications.attempt"))[0]["n"] == 30


async def test_what_two_processes_claim_is_never_the_same(voice: Voice, database_urls: dict[Service, str]) -> None:
    for _ in range(10):
        await voice.peers.a_received_dossier(people=BY_SMS)

    claimed = await asyncio.gather(*(chores.claim_due(voice.runtime, "sms") for _ in range(3)))

    ids = [message.id for batch in claimed for message in batch]
    assert len(ids) == len(set(ids)) == 10


async def test_a_crash_between_call_and_record_costs_no_message_and_no_second_delivery(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=BY_SMS)
    [message] = await chores.claim_due(voice.runtime, "sms")
    await voice.runtime.facts["channels"]["sms"].send(Outgoing(message.id, message.recipient, None, message.text))

    await voice.speaks()
    while_leased = (await the_message(voice))["state"]
    await the_lease_lapses(voice)
    await voice.speaks()

    assert while_leased == "queued"
    assert (await the_message(voice))["state"] == "sent"
    assert (len(voice.sms.delivered), voice.sms.repeats) == (1, 1)
    assert voice.sms.delivered[0].reference == str(message.id)


async def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_reference(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=BY_SMS)
    voice.sms.faults = Faults(lost_answer_times=1)

    await voice.speaks()
    await time_for_another_try(voice)
    await voice.speaks()

    assert (len(voice.sms.delivered), voice.sms.repeats) == (1, 1)
    assert [outcome for _, outcome, _ in await the_attempts(voice)] == ["unreachable", "sent"]


async def test_two_answers_to_one_message_are_told_once(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS)
    [message] = await chores.claim_due(voice.runtime, "sms")

    await chores.send(voice.runtime, message)
    await chores.send(voice.runtime, message)

    assert len(await voice.tells(dossier)) == 1
    assert [outcome for _, outcome, _ in await the_attempts(voice)] == ["sent", "sent"]


async def test_a_fault_of_a_channel_costs_neither_the_message_nor_its_neighbours(voice: Voice) -> None:
    class Broken:
        async def send(self, message: Outgoing) -> Sent:
            raise ZeroDivisionError(message.recipient)

        async def aclose(self) -> None: ...

    await voice.peers.a_received_dossier(people=BY_SMS)
    voice.runtime.facts["channels"] |= {"sms": Broken()}

    with structlog.testing.capture_logs() as logs:
        await voice.speaks()

    assert (await the_message(voice))["state"] == "queued"
    assert await the_attempts(voice) == [(1, "unreachable", "A fault in the channel itself: ZeroDivisionError.")]
    assert "912345678" not in repr(logs)


async def test_come_and_collect_is_not_said_after_the_hand_over(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS)
    await voice.speaks()
    await voice.peers.processing_tells(dossier, completed())
    voice.sms.faults = Faults(unavailable_times=1)
    await voice.peers.intake_tells(dossier, result_at_desk())
    await voice.speaks()

    await voice.peers.intake_tells(dossier, returned())
    await time_for_another_try(voice)
    await voice.speaks()

    assert ("result_at_desk", "sms", "expired") in await voice.messages(dossier)
    assert ["đã được tiếp nhận" in sms.text or "đã được trao" in sms.text for sms in voice.sms.delivered] == [True, True]
    told = [(type, data["template"], data.get("reason")) for _, type, data in await voice.tells(dossier)]
    assert ("vn.motcua.message.failed.v1", "result_at_desk", "overtaken by events") in told


async def test_what_was_on_its_way_when_it_was_overtaken_counts_as_sent(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS)
    [message] = await chores.claim_due(voice.runtime, "sms")

    await voice.peers.processing_tells(dossier, completed())
    await voice.peers.intake_tells(dossier, result_at_desk(), returned())
    await chores.send(voice.runtime, message)

    assert ("dossier_received", "sms", "sent") in await voice.messages(dossier)


async def test_a_message_that_could_not_be_sent_for_a_week_is_given_up(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS)
    voice.sms.faults = Faults(unavailable_times=1)
    await voice.speaks()

    voice.stack.clock.move(days=7)
    await time_for_another_try(voice)
    await voice.speaks()

    assert voice.sms.delivered == []
    assert (await the_message(voice))["state"] == "expired"
    assert [(type, data["reason"]) for _, type, data in await voice.tells(dossier)] == [("vn.motcua.message.failed.v1", "not sent in time")]


async def test_a_moved_clock_expires_no_lease_and_no_wait(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=BY_SMS)
    await chores.claim_due(voice.runtime, "sms")

    voice.stack.clock.move(days=2)

    assert await chores.claim_due(voice.runtime, "sms") == []


async def test_a_person_hears_of_a_dossier_in_the_order_things_happened(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(people=BY_SMS, way=ReturnWay.POST)
    voice.sms.faults = Faults(unavailable_times=1)
    await voice.speaks()
    await voice.peers.processing_tells(dossier, completed())

    await voice.speaks()
    while_the_first_waits = list(voice.sms.delivered)
    await time_for_another_try(voice)
    await voice.speaks()
    await voice.speaks()

    assert while_the_first_waits == []
    assert ["tiếp nhận" in voice.sms.delivered[0].text, "đã có kết quả" in voice.sms.delivered[1].text] == [True, True]


async def test_nothing_personal_is_logged(voice: Voice) -> None:
    nobody = Person(part=Part.REPRESENTATIVE, name="Trần Văn Bình", phone="0912345000", email="binh@example.org")
    voice.mail.faults = Faults(unavailable_times=1)

    with structlog.testing.capture_logs() as logs:
        await voice.peers.a_received_dossier(people=(APPLICANT, nobody))
        await voice.speaks()

    assert {entry["event"] for entry in logs} == {"message.sent", "message.refused", "message.unreachable"}
    assert not any(told in repr(logs) for told in ("912345", "hoa.nguyen", "binh@", "Hoa", "Bình", SECRET, "001099012345"))


async def test_the_backlog_shows_in_health(voice: Voice) -> None:
    nobody = Person(part=Part.REPRESENTATIVE, name="Trần Văn Bình", phone="0912345000")
    await voice.peers.a_received_dossier(people=(APPLICANT, nobody))
    voice.mail.faults = Faults(unavailable_times=1)
    await voice.speaks()

    answer = await voice.caller("").client.get("http://notifications/health/ready")

    messages = answer.json()["messages"]
    assert (messages["queued"], messages["failed_in_last_day"]) == (1, 1)
    assert 0 <= messages["oldest_seconds"] < 60


async def test_stopping_finishes_what_the_gateway_may_have_already(voice: Voice) -> None:
    has_it, may_answer = asyncio.Event(), asyncio.Event()

    class Slow:
        async def send(self, message: Outgoing) -> Sent:
            has_it.set()
            await may_answer.wait()
            return Sent("reference")

        async def aclose(self) -> None: ...

    await voice.peers.a_received_dossier(people=BY_SMS)
    voice.runtime.facts["channels"] |= {"sms": Slow()}
    sending = asyncio.create_task(chores.send_messages(voice.runtime, channel="sms"))
    await has_it.wait()

    sending.cancel()
    await asyncio.sleep(0)
    may_answer.set()
    await asyncio.gather(sending, return_exceptions=True)

    assert sending.cancelled()
    assert (await the_message(voice))["state"] == "sent"


def test_waiting_doubles_up_to_a_limit_and_is_left_to_chance() -> None:
    assert [wait_seconds(attempts, 0) for attempts in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert wait_seconds(1, 1) == 1
    assert wait_seconds(500, 0) == LONGEST_RETRY_SECONDS
