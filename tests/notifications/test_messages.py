"""What officers see of the messages, and one more try when they ask for it."""

from uuid import UUID, uuid4

from demo.gateways import Faults
from shared.contracts.people import Offices, Part, Person
from tests.notifications.conftest import Voice
from tests.notifications.peers import APPLICANT, DESK, SECRET

ELSEWHERE = Offices(receiving="H30.1", competent="H30.1", supervising="H30", returning="H30.1")
NOBODY = (Person(part=Part.APPLICANT, name="Nguyễn Thị Hoa", phone="0912345000"),)


async def the_only(voice: Voice, channel: str) -> UUID:
    [row] = await voice.rows("select id from notifications.message where channel = :c", c=channel)
    return row["id"]


async def test_an_officer_sees_the_messages_of_a_dossier_masked(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier()
    await voice.speaks()
    officer = voice.caller("desk_officer", DESK)

    by_id = (await officer.get("/messages", params={"dossier": str(dossier)})).json()
    by_code = (await officer.get("/messages", params={"dossier": "H26.22-260309-0001"})).json()

    assert by_id == by_code
    assert {(row["channel"], row["recipient"], row["state"]) for row in by_id["messages"]} == {
        ("sms", "+8491****678", "sent"),
        ("email", "ho***@example.org", "sent"),
    }
    assert by_id["messages"][0]["dossier_code"] == "H26.22-260309-0001"
    assert by_id["next"] is None


async def test_an_officer_sees_words_and_attempts_but_not_the_secret(voice: Voice) -> None:
    await voice.peers.a_received_dossier()
    await voice.speaks()
    officer = voice.caller("desk_officer", DESK)

    answer = await officer.get(f"/messages/{await the_only(voice, 'email')}")

    shown = answer.json()
    assert shown["subject_line"] == "Đã tiếp nhận hồ sơ H26.22-260309-0001"
    assert "Hẹn trả kết quả: 09 giờ 30 ngày 12/03/2026" in shown["text"]
    assert [(one["number"], one["outcome"]) for one in shown["tries"]] == [(1, "sent")]
    assert not any(told in answer.text for told in (SECRET, str(APPLICANT.email), "912345678", APPLICANT.name, "001099012345"))


async def test_messages_of_other_offices_do_not_exist(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier(offices=ELSEWHERE)
    message = await the_only(voice, "sms")
    officer, supervisor = voice.caller("desk_officer", DESK), voice.caller("supervisor", DESK)

    listed = await officer.get("/messages", params={"dossier": str(dossier)})
    shown = await officer.get(f"/messages/{message}")
    resent = await supervisor.post(f"/messages/{message}/resend")
    unknown = await supervisor.post(f"/messages/{uuid4()}/resend")

    assert listed.json() == {"messages": [], "next": None}
    assert (shown.status_code, resent.status_code, unknown.status_code) == (404, 404, 404)
    assert shown.headers["content-type"] == "application/problem+json"


async def test_lists_go_page_by_page(voice: Voice) -> None:
    for _ in range(3):
        await voice.peers.a_received_dossier()
    officer = voice.caller("leader", DESK)

    first = (await officer.get("/messages", params={"limit": 4})).json()
    second = (await officer.get("/messages", params={"limit": 4, "after": first["next"]})).json()

    ids = [row["id"] for row in first["messages"] + second["messages"]]
    assert (len(first["messages"]), len(second["messages"]), second["next"]) == (4, 2, None)
    assert ids == sorted(set(ids), reverse=True)


async def test_lists_are_filtered_by_channel_and_state(voice: Voice) -> None:
    await voice.peers.a_received_dossier()
    voice.mail.faults = Faults(unavailable_times=9)
    await voice.speaks()
    officer = voice.caller("desk_officer", DESK)

    queued = (await officer.get("/messages", params={"state": "queued"})).json()["messages"]
    by_sms = (await officer.get("/messages", params={"channel": "sms"})).json()["messages"]
    nonsense = await officer.get("/messages", params={"channel": "pigeon"})

    assert [row["channel"] for row in queued] == ["email"]
    assert [row["channel"] for row in by_sms] == ["sms"]
    assert (nonsense.status_code, nonsense.json()["code"]) == (422, "invalid_input")


async def test_a_settled_message_is_sent_again_as_a_fresh_copy(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=(APPLICANT.model_copy(update={"email": None}),))
    await voice.speaks()
    first = await the_only(voice, "sms")
    supervisor = voice.caller("supervisor", DESK)

    answer = await supervisor.post(f"/messages/{first}/resend", key="one-more")
    again = await supervisor.post(f"/messages/{first}/resend", key="one-more")
    await voice.speaks()

    assert answer.status_code == again.status_code == 202
    assert answer.json() == again.json()
    assert (answer.json()["copy_of"], answer.json()["state"]) == (str(first), "queued")
    assert [sms.reference for sms in voice.sms.delivered] == [str(first), answer.json()["id"]]
    assert voice.sms.delivered[0].text == voice.sms.delivered[1].text


async def test_a_waiting_message_is_tried_at_once_when_asked(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=(APPLICANT.model_copy(update={"email": None}),))
    voice.sms.faults = Faults(unavailable_times=1)
    await voice.speaks()
    waiting = await the_only(voice, "sms")

    answer = await voice.caller("administrator", "H26").post(f"/messages/{waiting}/resend")
    await voice.speaks()

    assert answer.json() == {"id": str(waiting), "copy_of": None, "state": "queued"}
    assert [sms.reference for sms in voice.sms.delivered] == [str(waiting)]


async def test_only_supervisors_and_administrators_send_again(voice: Voice) -> None:
    await voice.peers.a_received_dossier(people=NOBODY)
    await voice.speaks()
    failed = await the_only(voice, "sms")

    by_role = {
        role: (await voice.caller(role, DESK).post(f"/messages/{failed}/resend")).status_code
        for role in ("desk_officer", "case_officer", "leader", "supervisor", "administrator", "portal")
    }

    assert by_role == {"desk_officer": 403, "case_officer": 403, "leader": 403, "supervisor": 202, "administrator": 202, "portal": 403}


async def test_without_a_token_nothing_is_shown(voice: Voice) -> None:
    stranger = voice.caller("")

    answers = [(await stranger.get(path)).status_code for path in ("/messages", f"/messages/{uuid4()}", "/templates")]

    assert answers == [401, 401, 401]


async def test_templates_can_be_read(voice: Voice) -> None:
    templates = (await voice.caller("administrator", DESK).get("/templates")).json()

    told = {(row["template"], row["channel"]) for row in templates}
    assert {("dossier_received", "sms"), ("dossier_received", "email"), ("result_at_desk", "sms")} <= told
    assert ("dossier_resolved_on_the_spot", "sms") not in told
