"""Emails over SMTP, one connection per message."""

import asyncio
import contextlib
import re
import ssl
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formatdate
from typing import Final

import aiosmtplib
from pydantic import SecretStr

from services.notifications.channels.channel import ChannelError, Outgoing, Refused, Sent, Unreachable

# The mailboxes people have. The standard library's parser knows stranger ones, and falls over some of them.
MAILBOX: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)


class EmailChannel:
    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        username: str | None,
        password: SecretStr | None,
        starttls: bool,
        timeout_seconds: float,
    ) -> None:
        """`sender` may carry a name: "Bộ phận Một cửa <mot-cua@tinh.gov.vn>"."""
        # An office's name may well hold a comma, which a list of senders would be torn at.
        name, _, address = sender.rpartition("<")
        self._name = name.strip(' "')
        self._address = _mailbox(address.rstrip("> "))
        self._domain = self._address.partition("@")[2]
        self._timeout_seconds = timeout_seconds
        self._host, self._port = host, port
        self._username = username
        self._password = password
        self._tls = ssl.create_default_context() if starttls else None

    async def send(self, message: Outgoing) -> Sent:
        try:
            to = _mailbox(message.recipient)
        except ValueError:
            raise Refused("The recipient is not an email address.") from None
        letter = self._write(message, to)
        server = self._server()
        try:
            # One limit for the whole talk: each of its lines may be in time and the talk still never end.
            async with asyncio.timeout(self._timeout_seconds):
                await server.connect()
                await server.send_message(letter, sender=self._address, recipients=[to])
        # The server's answers often repeat the address, hence the codes alone, and no cause behind the error.
        except aiosmtplib.SMTPRecipientsRefused as answer:
            raise _verdict(answer.recipients[0].code) from None
        except aiosmtplib.SMTPDataError as answer:
            raise _verdict(answer.code) from None
        # What went wrong before the recipient was named (greeting, login, sender) is ours to mend, even where the code is a 5xx.
        except aiosmtplib.SMTPResponseException as answer:
            raise Unreachable(f"The mail server answered {answer.code} to us, not to the recipient.") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(f"No talk with the mail server: {type(error).__name__}.") from None
        else:
            # It has been accepted: an ill-mannered goodbye must not make it look unsent.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await server.quit(timeout=1)
        finally:
            server.close()
        return Sent(str(letter["Message-ID"]))

    async def aclose(self) -> None:
        """Nothing stays open between two messages."""

    def _server(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password.get_secret_value() if self._password else None,
            start_tls=self._tls is not None,
            tls_context=self._tls,
            local_hostname=self._domain,
            timeout=self._timeout_seconds,
        )

    def _write(self, message: Outgoing, to: str) -> MIMEText:
        # MIMEText and Header, because the newer EmailMessage loses spaces where it folds a long Vietnamese subject (Python 3.11).
        letter = MIMEText("\r\n".join(message.text.splitlines()), "plain", "utf-8")
        sender = Header(self._name, "utf-8", header_name="From")
        sender.append(f"<{self._address}>", "us-ascii")
        letter["From"] = sender.encode().strip()
        letter["To"] = to
        # A line break in a subject would start a header of the writer's choice.
        subject = " ".join((message.subject or message.text.strip().partition("\n")[0]).split())
        letter["Subject"] = Header(subject, "utf-8", header_name="Subject").encode()
        letter["Date"] = formatdate()
        # The same for every attempt, so that mailboxes can drop the second copy.
        letter["Message-ID"] = f"<{message.id}@{self._domain}>"
        # Keeps holiday replies away (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        return letter


def _mailbox(address: str) -> str:
    """The one mailbox meant, as every mail server understands it: no name, no list, a Vietnamese domain in its ASCII form."""
    name, _, domain = address.strip().rpartition("@")
    # IDNA's errors are ValueErrors too.
    mailbox = f"{name}@{domain.encode('idna').decode()}"
    if not MAILBOX.fullmatch(mailbox):
        raise ValueError("Not an email address.")
    return mailbox


def _verdict(code: int) -> ChannelError:
    words = f"The mail server answered {code}."
    return Refused(words) if code >= 500 else Unreachable(words)
