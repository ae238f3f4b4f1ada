"""Every channel keeps the promise of channel.py, against a gateway that speaks its real protocol."""

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr, ValidationError

from demo.gateways import Faults, MailServer, SmsGateway
from services.notifications.channels import CHANNELS, ChannelSettings
from services.notifications.channels.channel import Channel, ChannelError, Outgoing, Refused, Unreachable
from services.notifications.channels.sms import e164

TEXT = "Hồ sơ H26.22-250901-0001 đã được tiếp nhận.\nHẹn trả kết quả: 15/09/2025."


@dataclass(frozen=True)
class People:
    """Whom a channel's gateway knows."""

    somebody: str
    nobody: str
    nonsense: tuple[str, ...]


PEOPLE = {
    "sms": People("0912 345 678", "0912345000", ("", "người dân", "123", "0912 345", "+8491234567890123")),
    "email": People(
        "nguoi.dan@example.vn",
        "nobody000@example.vn",
        (
            "",
            "người dân",
            "a@",
            "@example.vn",
            "a@b@c",
            "a@example.vn, b@example.vn",
            "a@example.vn\r\nBcc: b@example.vn",
            "a b@x.vn",
            "a@[x.vn",
            "ă@x.vn",
        ),
    ),
}


@dataclass
class Line:
    """A channel with its gateway at the other end."""

    name: str
    channel: Channel
    gateway: SmsGateway | MailServer

    @property
    def people(self) -> People:
        return PEOPLE[self.name]

    def a_message(self, *, to: str | None = None, id: UUID | None = None) -> Outgoing:
        return Outgoing(id or uuid4(), self.people.somebody if to is None else to, "Tiếp nhận hồ sơ", TEXT)


def the_settings(*, sms_url: object = "http://127.0.0.1:9", smtp_port: object = 9, **others: object) -> ChannelSettings:
    return ChannelSettings.model_validate(
        {
            "sms_url": sms_url,
            "sms_key": "a-key",
            "sms_brand": "MOT CUA",
            "sms_timeout_seconds": 5,
            "sms_fold_accents": False,
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_from": "Bộ phận Một cửa <mot-cua@tinh.example>",
            "smtp_starttls": False,
            "smtp_timeout_seconds": 5,
        }
        | others
    )


@pytest.fixture(params=sorted(CHANNELS))
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    name: str = request.param
    async with SmsGateway(key="a-key") as sms, MailServer() as mail:
        gateways: dict[str, SmsGateway | MailServer] = {"sms": sms, "email": mail}
        channel = CHANNELS[name](the_settings(sms_url=sms.url, smtp_port=mail.port))
        yield Line(name, channel, gateways[name])
        await channel.aclose()


@asynccontextmanager
async def a_server_that_says(words: bytes | None) -> AsyncGenerator[int]:
    """Says `words` to everybody and hangs up; None: takes the call and stays silent."""
    talks: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(writer)
        if words is not None:
            # In HTTP the caller speaks first, in SMTP the one who is called.
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(10), timeout=0.05)
            writer.write(words)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in talks:
        writer.close()


async def test_the_text_arrives_letter_by_letter(line: Line) -> None:
    sent = await line.channel.send(line.a_message())

    [delivered] = line.gateway.delivered
    assert delivered.text == TEXT
    assert sent.reference


async def test_a_message_sent_again_is_recognised_by_its_reference(line: Line) -> None:
    message = line.a_message()

    first = await line.channel.send(message)
    second = await line.channel.send(message)

    assert second.reference == first.reference
    assert line.gateway.repeats == 1


async def test_two_messages_are_never_taken_for_one(line: Line) -> None:
    first = await line.channel.send(line.a_message())
    second = await line.channel.send(line.a_message())

    assert second.reference != first.reference
    assert (len(line.gateway.delivered), line.gateway.repeats) == (2, 0)


async def test_a_lost_answer_is_asked_for_again_without_losing_the_message(line: Line) -> None:
    message = line.a_message()
    line.gateway.faults = Faults(lost_answer_times=1)

    with pytest.raises(Unreachable):
        await line.channel.send(message)
    await line.channel.send(message)

    assert line.gateway.repeats == 1


async def test_a_gateway_that_is_busy_is_worth_another_try(line: Line) -> None:
    message = line.a_message()
    line.gateway.faults = Faults(unavailable_times=2)

    for _ in range(2):
        with pytest.raises(Unreachable):
            await line.channel.send(message)
    await line.channel.send(message)

    assert (len(line.gateway.delivered), line.gateway.repeats) == (1, 0)


async def test_a_recipient_the_gateway_does_not_know_is_refused_for_ever(line: Line) -> None:
    with pytest.raises(Refused):
        await line.channel.send(line.a_message(to=line.people.nobody))

    assert line.gateway.delivered == []


async def test_a_recipient_that_makes_no_sense_is_refused_and_never_sent_to(line: Line) -> None:
    for nonsense in line.people.nonsense:
        with pytest.raises(Refused):
            await line.channel.send(line.a_message(to=nonsense))

    assert line.gateway.delivered == []


async def test_a_failure_never_names_the_recipient(line: Line) -> None:
    messages = [line.a_message(to=to) for to in (line.people.nobody, line.people.nonsense[1], line.people.somebody)]

    for message in messages:
        line.gateway.faults = Faults(unavailable_times=int(message.recipient == line.people.somebody))
        with pytest.raises(ChannelError) as failure:
            await line.channel.send(message)

        assert message.recipient not in str(failure.value)
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__ or failure.value.__context__ is None
        assert message.recipient not in repr(message)


async def test_many_messages_at_once_arrive_once_each(line: Line) -> None:
    messages = [line.a_message() for _ in range(30)]

    sent = await asyncio.gather(*(line.channel.send(message) for message in messages))

    assert len({one.reference for one in sent}) == 30
    assert (len(line.gateway.delivered), line.gateway.repeats) == (30, 0)


async def test_a_gateway_that_is_down_is_worth_another_try(line: Line) -> None:
    async with a_server_that_says(None) as port:
        pass
    channel = CHANNELS[line.name](the_settings(sms_url=f"http://127.0.0.1:{port}", smtp_port=port))

    with pytest.raises(Unreachable):
        await channel.send(line.a_message())

    await channel.aclose()


async def test_a_gateway_that_never_answers_is_given_up_in_time(line: Line) -> None:
    async with a_server_that_says(None) as port:
        settings = the_settings(sms_url=f"http://127.0.0.1:{port}", smtp_port=port, sms_timeout_seconds=0.2, smtp_timeout_seconds=0.2)
        channel = CHANNELS[line.name](settings)

        with pytest.raises(Unreachable):
            await asyncio.wait_for(channel.send(line.a_message()), timeout=1)

        await channel.aclose()


@pytest.mark.parametrize("words", [b"HTTP/1.1 200 OK\r\n\r\n<html>Bao tri</html>", b"554 go away\r\n", b"\x00\xff\r\n\r\n", b""])
async def test_a_stranger_at_the_gateways_address_is_not_taken_for_a_refusal(line: Line, words: bytes) -> None:
    async with a_server_that_says(words) as port:
        channel = CHANNELS[line.name](the_settings(sms_url=f"http://127.0.0.1:{port}", smtp_port=port))

        with pytest.raises(Unreachable):
            await channel.send(line.a_message())

        await channel.aclose()


@pytest.mark.parametrize(
    "recipient",
    ["0912345678", "0912 345 678", "091.234.5678", "+84912345678", "84912345678", "(+84) 912-345-678", "0084912345678"],
)
def test_every_way_to_write_a_number_becomes_the_same_one(recipient: str) -> None:
    assert e164(recipient) == "+84912345678"


async def test_the_sms_gateway_learns_number_brand_and_our_reference() -> None:
    async with SmsGateway(key="a-key") as gateway:
        channel = CHANNELS["sms"](the_settings(sms_url=gateway.url))
        message = Outgoing(uuid4(), "0912 345 678", None, TEXT)

        sent = await channel.send(message)

        [sms] = gateway.delivered
        assert (sms.to, sms.brand, sms.reference) == ("+84912345678", "MOT CUA", str(message.id))
        assert sms.number == sent.reference
        await channel.aclose()


async def test_sms_lose_their_accents_where_the_settings_say_so() -> None:
    async with SmsGateway() as gateway:
        channel = CHANNELS["sms"](the_settings(sms_url=gateway.url, sms_fold_accents=True))

        await channel.send(Outgoing(uuid4(), "0912345678", None, "Hồ sơ đã được tiếp nhận"))

        assert gateway.delivered[0].text == "Ho so da duoc tiep nhan"
        await channel.aclose()


async def test_a_wrong_key_is_ours_to_mend_and_loses_no_sms() -> None:
    async with SmsGateway(key="another-key") as gateway:
        channel = CHANNELS["sms"](the_settings(sms_url=gateway.url))

        with pytest.raises(Unreachable, match="401"):
            await channel.send(Outgoing(uuid4(), "0912345678", None, TEXT))

        await channel.aclose()


async def test_an_email_carries_subject_sender_and_an_id_made_of_ours() -> None:
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port))
        subject = "Giấy tiếp nhận hồ sơ và hẹn trả kết quả: " + "cấp bản sao trích lục hộ tịch, " * 8 + "hết"
        message = Outgoing(uuid4(), "nguoi.dan@example.vn", subject, TEXT)

        sent = await channel.send(message)

        [mail] = gateway.delivered
        assert (mail.to, mail.subject) == ("nguoi.dan@example.vn", subject)
        assert mail.sender == "Bộ phận Một cửa <mot-cua@tinh.example>"
        assert mail.message_id == sent.reference == f"<{message.id}@tinh.example>"


async def test_an_email_without_a_subject_takes_its_first_line() -> None:
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port))

        await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", None, TEXT))

        assert gateway.delivered[0].subject == "Hồ sơ H26.22-250901-0001 đã được tiếp nhận."


async def test_the_senders_name_may_be_as_long_as_an_office_and_hold_a_comma() -> None:
    sender = "Bộ phận Tiếp nhận và Trả kết quả, Ủy ban nhân dân phường Hoàn Kiếm, thành phố Hà Nội <mot-cua@tinh.example>"
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port, smtp_from=sender))

        await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))

        assert gateway.delivered[0].sender == sender


async def test_a_subject_cannot_smuggle_in_a_header() -> None:
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port))

        await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận\r\nBcc: b@example.vn", TEXT))

        [mail] = gateway.delivered
        assert mail.subject == "Tiếp nhận Bcc: b@example.vn"


async def test_a_vietnamese_domain_is_reached_under_its_ascii_name() -> None:
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port))

        await channel.send(Outgoing(uuid4(), "nguoi.dan@tênmiền.vn", "Tiếp nhận", TEXT))

        assert gateway.delivered[0].to == "nguoi.dan@" + "tênmiền.vn".encode("idna").decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the mail server at 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    paper = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "mail.pem"
    file.write_bytes(
        paper.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def a_guarded_mail_server(certificate: Path) -> Callable[[], MailServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    return lambda: MailServer(tls=tls, login=("mot-cua", "a-password"))


GUARDED = {"smtp_starttls": True, "smtp_username": "mot-cua", "smtp_password": SecretStr("a-password")}


async def test_a_mail_server_that_asks_for_tls_and_login_gets_both(
    a_guarded_mail_server: Callable[[], MailServer], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with a_guarded_mail_server() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port, **GUARDED))

        await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))

        assert len(gateway.delivered) == 1


WRONG_PASSWORD = GUARDED | {"smtp_password": SecretStr("wrong")}


@pytest.mark.parametrize(
    ("others", "code"), [(WRONG_PASSWORD, "535"), ({"smtp_starttls": True}, "530"), ({}, "530")], ids=["password", "login", "tls"]
)
async def test_a_mail_server_that_does_not_let_us_in_is_ours_to_mend_and_loses_no_email(
    a_guarded_mail_server: Callable[[], MailServer],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    others: dict[str, object],
    code: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with a_guarded_mail_server() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port, **others))

        with pytest.raises(Unreachable, match=code):
            await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))

        assert gateway.delivered == []


async def test_a_mail_server_nobody_vouches_for_gets_no_password(a_guarded_mail_server: Callable[[], MailServer]) -> None:
    async with a_guarded_mail_server() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port, **GUARDED))

        with pytest.raises(Unreachable):
            await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))


async def test_a_mail_server_without_tls_gets_nothing_where_tls_is_asked_for() -> None:
    async with MailServer() as gateway:
        channel = CHANNELS["email"](the_settings(smtp_port=gateway.port, smtp_starttls=True))

        with pytest.raises(Unreachable):
            await channel.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))

        assert gateway.delivered == []


def test_settings_that_would_send_a_password_in_the_open_are_refused() -> None:
    with pytest.raises(ValidationError, match="smtp_starttls"):
        the_settings(smtp_username="mot-cua", smtp_password="a-password", smtp_starttls=False)


async def test_the_gateways_run_as_a_process_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "delivered.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demo.gateways", "--file", str(file), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    doors = json.loads(await process.stdout.readline())
    settings = the_settings(sms_url=doors["sms_url"], smtp_port=doors["smtp_port"])
    sms, email = CHANNELS["sms"](settings), CHANNELS["email"](settings)

    async with httpx.AsyncClient(trust_env=False) as somebody:
        await somebody.put(f"http://127.0.0.1:{doors['sms_port']}/faults", json={"unavailable_times": 1})
        with pytest.raises(Unreachable):
            await sms.send(Outgoing(uuid4(), "0912345678", None, TEXT))
        await sms.send(Outgoing(uuid4(), "0912345678", None, TEXT))
        await email.send(Outgoing(uuid4(), "nguoi.dan@example.vn", "Tiếp nhận", TEXT))
        shown = (await somebody.get(doors["sms_url"])).json()
    process.terminate()

    assert await asyncio.wait_for(process.wait(), timeout=5) == 0
    assert [one["to"] for one in shown["delivered"]] == ["+84912345678"]
    assert [json.loads(row)["channel"] for row in file.read_text(encoding="utf-8").splitlines()] == ["sms", "email"]
    await sms.aclose()
