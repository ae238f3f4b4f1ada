"""The world outside, played on this machine: an SMS gateway and a mail server that speak the real protocols.

Nothing leaves for a real phone or mailbox. Both keep what they were given, and can be told to fail.
`python -m demo.gateways` runs them as a process of their own and prints where they listen as one line of JSON.
"""

import argparse
import asyncio
import contextlib
import email
import json
import signal
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from pathlib import Path
from typing import Final, Self
from weakref import WeakSet

import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LOCAL: Final = "127.0.0.1"
# Numbers ending in these digits, and mailboxes whose name does, do not exist.
NOBODY: Final = "000"
NUMBER_REFUSED: Final = 21


class Faults(BaseModel):
    """How many of the next messages shall fail, and how."""

    unavailable_times: int = 0
    # The cruellest one: delivered, but the sender never learns it and must ask again.
    lost_answer_times: int = 0

    def is_unavailable(self) -> bool:
        self.unavailable_times -= 1
        return self.unavailable_times >= 0

    def loses_answer(self) -> bool:
        self.lost_answer_times -= 1
        return self.lost_answer_times >= 0


class SmsOrder(BaseModel):
    to: str
    text: str
    reference: str
    brand: str


class Sms(SmsOrder):
    number: str


class Mail(BaseModel):
    to: str
    subject: str
    text: str
    message_id: str
    sender: str


@dataclass
class SmsGateway:
    """POST an order to `url`, GET it to see what was delivered, PUT `/faults` to make trouble.

    A reference seen before is answered as it was the first time, delivered no second time, and counted in `repeats`.
    With a `key` it takes that one only, else any.
    """

    port: int = 0
    key: str | None = None
    file: Path | None = None
    delivered: list[Sms] = field(default_factory=list[Sms])
    repeats: int = 0
    faults: Faults = field(default_factory=Faults)

    @property
    def url(self) -> str:
        return f"http://{LOCAL}:{self.port}/messages"

    async def __aenter__(self) -> Self:
        self._numbers: dict[str, str] = {}
        # Named TCP outright: asyncio switches Nagle's delay off only then, and an answer would otherwise take 40 ms.
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((LOCAL, self.port))
        self.port = door.getsockname()[1]
        routes = [
            Route("/messages", self._take, methods=["POST"]),
            Route("/messages", self._show, methods=["GET"]),
            Route("/faults", self._obey, methods=["PUT"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), lifespan="off", ws="none", access_log=False, log_config=None, timeout_graceful_shutdown=2
        )
        self._server = _Server(config)
        self._running = asyncio.create_task(self._server.serve(sockets=[door]))
        await self._server.is_up.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._running

    async def _take(self, request: Request) -> Response:
        key = request.headers.get("X-Api-Key")
        if not key or (self.key is not None and key != self.key):
            return JSONResponse({"error": "unknown key"}, 401)
        if self.faults.is_unavailable():
            return JSONResponse({"error": "come back later"}, 503)
        try:
            order = SmsOrder.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"error": "not an order"}, 400)
        if order.to.endswith(NOBODY):
            return JSONResponse({"code": NUMBER_REFUSED, "error": "no such number"})
        number = self._deliver(order)
        if self.faults.loses_answer():
            return JSONResponse({"error": "upstream timed out"}, 504)
        return JSONResponse({"code": 0, "message_number": number})

    def _deliver(self, order: SmsOrder) -> str:
        if order.reference in self._numbers:
            self.repeats += 1
            return self._numbers[order.reference]
        sms = Sms(number=f"SMS-{len(self.delivered) + 1:06}", **order.model_dump())
        self._numbers[sms.reference] = sms.number
        self.delivered.append(sms)
        _write_down(self.file, "sms", sms)
        return sms.number

    async def _show(self, request: Request) -> Response:
        return JSONResponse({"delivered": [sms.model_dump() for sms in self.delivered], "repeats": self.repeats})

    async def _obey(self, request: Request) -> Response:
        self.faults = Faults.model_validate_json(await request.body())
        return Response(status_code=204)


class _Server(uvicorn.Server):
    """One that says when it is up, and leaves the signals to the process it lives in."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@dataclass
class MailServer:
    """A mail server that keeps all it is given: like a real one a second copy of a letter too, which it counts in `repeats`.

    With `tls` it offers STARTTLS; with `login` (name, password) it asks for it, over TLS only.
    """

    port: int = 0
    file: Path | None = None
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    delivered: list[Mail] = field(default_factory=list[Mail])
    repeats: int = 0
    faults: Faults = field(default_factory=Faults)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._talks = WeakSet[SMTP]()
        self._known_ids: set[str] = set()
        self._server = await loop.create_server(self._answer, LOCAL, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        for talk in self._talks:
            if talk.transport is not None:
                talk.transport.close()

    def _answer(self) -> SMTP:
        talk = SMTP(
            self,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=self.tls,
            auth_required=self.login is not None,
            authenticator=self._check_login,
            loop=asyncio.get_running_loop(),
        )
        self._talks.add(talk)
        return talk

    def _check_login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login.decode(), given.password.decode()) == self.login
        # handled=False lets aiosmtpd say the 535; by default it would leave the caller waiting.
        return AuthResult(success=known, handled=False)

    # The handle_ names are aiosmtpd's.
    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address.partition("@")[0].endswith(NOBODY):
            return f"550 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.faults.is_unavailable():
            return "451 4.3.2 come back later"
        self._deliver(envelope)
        if self.faults.loses_answer():
            return "451 4.4.2 lost in the last moment"
        return "250 2.0.0 kept"

    def _deliver(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content)
        message_id = letter["Message-ID"]
        self.repeats += message_id in self._known_ids
        self._known_ids.add(message_id)
        sender, subject = (str(make_header(decode_header(letter[name]))) for name in ("From", "Subject"))
        body = letter.get_payload(decode=True)
        assert isinstance(body, bytes)
        text = "\n".join(body.decode(letter.get_content_charset("utf-8")).splitlines())
        for to in envelope.rcpt_tos:
            mail = Mail(to=str(to), subject=subject, text=text, message_id=message_id, sender=sender)
            self.delivered.append(mail)
            _write_down(self.file, "email", mail)


def _write_down(file: Path | None, channel: str, delivered: BaseModel) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"channel": channel, **delivered.model_dump()}, ensure_ascii=False) + "\n")


async def serve(sms_port: int, smtp_port: int, file: Path | None) -> None:
    """Until SIGTERM or SIGINT."""
    enough = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, enough.set)
    async with SmsGateway(sms_port, file=file) as sms, MailServer(smtp_port, file=file) as mail:
        print(json.dumps({"sms_url": sms.url, "sms_port": sms.port, "smtp_host": LOCAL, "smtp_port": mail.port}), flush=True)
        await enough.wait()


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m demo.gateways", description=__doc__)
    words.add_argument("--sms-port", type=int, default=0, help="0: any free one")
    words.add_argument("--smtp-port", type=int, default=0, help="0: any free one")
    words.add_argument("--file", type=Path, help="append every delivered message here, as a line of JSON")
    chosen = words.parse_args()
    asyncio.run(serve(chosen.sms_port, chosen.smtp_port, chosen.file))


if __name__ == "__main__":
    main()
