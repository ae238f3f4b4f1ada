"""Whom we tell: everyone who can be reached, by every channel they have, nobody twice."""

from services.notifications.domain.audience import Address, addresses, contacts_of, masked
from shared.contracts.people import Part, Person


def a_person(part: Part, phone: str | None = None, email: str | None = None) -> Person:
    return Person(part=part, name="Nguyễn Văn An", identity_number="001099012345", phone=phone, email=email)


def test_phone_means_sms_and_address_means_email() -> None:
    contacts = contacts_of([a_person(Part.APPLICANT, "0912345678", "an@example.org")])

    assert addresses(contacts) == (Address("sms", "+84912345678"), Address("email", "an@example.org"))


def test_the_representative_is_told_after_the_applicant() -> None:
    contacts = contacts_of([a_person(Part.REPRESENTATIVE, "0987654321"), a_person(Part.APPLICANT, email="an@example.org")])

    assert addresses(contacts) == (Address("email", "an@example.org"), Address("sms", "+84987654321"))


def test_one_number_is_told_once_however_it_is_written() -> None:
    contacts = contacts_of(
        [
            a_person(Part.APPLICANT, "0912 345 678", "An@example.org"),
            a_person(Part.REPRESENTATIVE, "+84 912.345.678", "an@example.org "),
        ]
    )

    assert addresses(contacts) == (Address("sms", "+84912345678"), Address("email", "An@example.org"))


def test_who_cannot_be_reached_is_told_nothing() -> None:
    contacts = contacts_of([a_person(Part.APPLICANT), a_person(Part.REPRESENTATIVE, " ", "")])

    assert addresses(contacts) == ()


def test_nothing_is_kept_of_people_but_where_to_reach_them() -> None:
    [contact] = contacts_of([a_person(Part.APPLICANT, "0912345678", "an@example.org")])

    assert vars(contact) == {"part": Part.APPLICANT, "phone": "+84912345678", "email": "an@example.org"}
    assert repr(contact) == f"Contact(part={Part.APPLICANT!r})"


def test_a_number_that_is_none_is_kept_for_the_gateway_to_refuse() -> None:
    contacts = contacts_of([a_person(Part.APPLICANT, "không có")])

    assert addresses(contacts) == (Address("sms", "không có"),)


def test_recipients_are_masked() -> None:
    assert masked("sms", "+84901234123") == "+8490****123"
    assert masked("sms", "12345") == "****"
    assert masked("email", "nguyen.an@example.org") == "ng***@example.org"
    assert masked("email", "an@example.org") == "a***@example.org"
