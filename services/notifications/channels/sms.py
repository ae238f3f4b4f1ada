"""Text messages over the HTTP gateway of a brand name."""

import asyncio
import unicodedata
from typing import Final

import httpx
import phonenumbers
from pydantic import BaseModel, SecretStr, ValidationError

from services.notifications.channels.channel import Outgoing, Refused, Sent, Unreachable

# GSM 03.38: the letters a message of 160 is made of, and those that take the room of two.
GSM_LETTERS: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE_LETTERS: Final = frozenset("\f^{}\\[~]|€")

# No accent is taken off these by decomposition, yet one of them alone would cost the whole message more than half its room.
PLAIN: Final = str.maketrans(
    {"đ": "d", "Đ": "D", "₫": "d", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " "}
)

# The message itself was not accepted. Any other bad status speaks of the gateway, our key or our address of it.
MESSAGE_REFUSED: Final = frozenset({400, 422})
ACCEPTED: Final = 0


class SmsChannel:
    def __init__(self, *, url: str, key: SecretStr, brand: str, timeout_seconds: float, fold: bool) -> None:
        self._url = url
        self._brand = brand
        self._timeout_seconds = timeout_seconds
        self._fold = fold
        # What the process finds in its environment must not send people's numbers through a proxy nobody configured here.
        self._http = httpx.AsyncClient(headers={"X-Api-Key": key.get_secret_value()}, timeout=timeout_seconds, trust_env=False)

    async def send(self, message: Outgoing) -> Sent:
        to = e164(message.recipient)
        text = fold_accents(message.text) if self._fold else unicodedata.normalize("NFC", message.text)
        words = {"to": to, "text": text, "reference": str(message.id), "brand": self._brand}
        try:
            # httpx limits each read; a gateway that answers one byte at a time would still hold us for ever.
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._http.post(self._url, json=words)
        except (httpx.RequestError, TimeoutError) as error:
            raise Unreachable(f"No answer from the SMS gateway: {type(error).__name__}.") from None
        return read_answer(answer)

    async def aclose(self) -> None:
        await self._http.aclose()


class GatewayAnswer(BaseModel):
    code: int
    message_number: str = ""


def read_answer(response: httpx.Response) -> Sent:
    if response.status_code in MESSAGE_REFUSED:
        raise Refused(f"The SMS gateway answered {response.status_code}.")
    if not response.is_success:
        raise Unreachable(f"The SMS gateway answered {response.status_code}.")
    try:
        answer = GatewayAnswer.model_validate_json(response.content)
    except ValidationError:
        # A proxy's or a maintenance page says 200 too. The reference makes asking again safe.
        raise Unreachable("The SMS gateway answered 200 with words that are not its own.") from None
    # The gateway answers 200 to a refused number; only its code tells.
    if answer.code != ACCEPTED:
        raise Refused(f"The SMS gateway refused with code {answer.code}.")
    return Sent(answer.message_number)


def e164(recipient: str) -> str:
    """The number as the gateway wants it: +84912345678. A number without a country is a Vietnamese one."""
    try:
        number = phonenumbers.parse(recipient, "VN")
    except phonenumbers.NumberParseException:
        raise Refused("The recipient is not a phone number.") from None
    if not phonenumbers.is_valid_number(number):
        raise Refused("The recipient is not a phone number in use.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def fold_accents(text: str) -> str:
    """The text without Vietnamese accents, readable and in the cheap alphabet: "Hồ sơ đã nhận" becomes "Ho so da nhan"."""
    letters = unicodedata.normalize("NFD", text.translate(PLAIN))
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if unicodedata.category(letter) != "Mn"))


def sms_parts(text: str) -> int:
    """How many messages the gateway will bill: 160 letters or 153 a part in GSM-7, 70 or 67 as soon as one letter needs UCS-2."""
    if all(letter in GSM_LETTERS or letter in GSM_DOUBLE_LETTERS for letter in text):
        widths, alone, joined = [2 if letter in GSM_DOUBLE_LETTERS else 1 for letter in text], 160, 153
    else:
        widths, alone, joined = [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67
    if sum(widths) <= alone:
        return 1

    parts, room = 1, joined
    for width in widths:
        # A letter of two is never torn: where only one place is left, it stays empty.
        if width > room:
            parts, room = parts + 1, joined
        room -= width
    return parts
