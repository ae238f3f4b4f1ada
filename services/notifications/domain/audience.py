"""Whom we tell, and by which channel: applicant and representative, each by SMS and email where we have them, nobody twice."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import phonenumbers

from shared.contracts.people import Part, Person


@dataclass(frozen=True)
class Contact:
    """Where a person can be reached: all that is kept of them here."""

    part: Part
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Address:
    """A recipient on a channel."""

    channel: str
    recipient: str = field(repr=False)


def contacts_of(people: Iterable[Person]) -> tuple[Contact, ...]:
    """Applicant first."""
    order = list(Part)
    reachable = (Contact(person.part, _phone(person.phone), _email(person.email)) for person in people)
    return tuple(sorted((contact for contact in reachable if contact.phone or contact.email), key=lambda one: order.index(one.part)))


def addresses(contacts: Iterable[Contact]) -> tuple[Address, ...]:
    """Each number and each mailbox once, whoever shares it."""
    found: dict[tuple[str, str], Address] = {}
    for contact in contacts:
        for channel, recipient in (("sms", contact.phone), ("email", contact.email)):
            if recipient:
                found.setdefault((channel, recipient.casefold()), Address(channel, recipient))
    return tuple(found.values())


def readdressed(before: Iterable[Contact], after: Iterable[Contact]) -> dict[Address, str | None]:
    """Every address that is nobody's any more, and where the same person is now reached by the same channel (None: by no such)."""
    now = {contact.part: contact for contact in after}
    still = set(addresses(now.values()))
    found: dict[Address, str | None] = {}
    for contact in before:
        same = now.get(contact.part)
        for channel, was, is_now in (("sms", contact.phone, same and same.phone), ("email", contact.email, same and same.email)):
            if was and Address(channel, was) not in still:
                found[Address(channel, was)] = is_now
    return found


def masked(channel: str, recipient: str) -> str:
    """Enough for an officer to recognise it beside the dossier, too little to write it down: `+8490****123`, `ng***@example.org`."""
    if channel == "email":
        name, _, domain = recipient.rpartition("@")
        return f"{name[:2] if len(name) > 2 else name[:1]}***@{domain}"
    return f"{recipient[:5]}****{recipient[-3:]}" if len(recipient) > 9 else "****"


def _phone(told: str | None) -> str | None:
    """One spelling for one number. What is no number stays as it was told: the gateway refuses it, and the desk sees that."""
    if not told or not (written := told.strip()):
        return None
    try:
        number = phonenumbers.parse(written, "VN")
    except phonenumbers.NumberParseException:
        return written
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(told: str | None) -> str | None:
    return (told or "").strip() or None
