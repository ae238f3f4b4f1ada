"""The demo's accounts find what is lost, doubled or stuck: a table that always adds up would prove nothing."""

from dataclasses import replace
from typing import Any

from demo import script
from demo.accounts import Books, drawn_up
from demo.actors import Book, Entry
from shared.contracts.peers import Service
from shared.contracts.states import State

STORY = script.write(script.competences(), script.calendar())[0]
AT = "2026-03-09T08:00:00+07:00"
WELL: dict[str, Any] = {"undelivered": 0, "parked": 0}


def a_dossier(id: str, state: State, *, code: str | None, outcome: str | None = None, way: str | None = None) -> dict[str, Any]:
    return {
        "id": id,
        "code": code,
        "state": state,
        "channel": "desk",
        "procedure": {"key": "K"},
        "accepted_at": AT if code else None,
        "on_the_spot": False,
        "result": {"outcome": outcome} if outcome else None,
        "returned_by": way,
    }


BOOKS = Books(
    dossiers=[
        a_dossier("a", State.RETURNED, code="H14-1", outcome="granted", way="desk"),
        a_dossier("b", State.RETURNED, code="H14-2", outcome="refused", way="post"),
        a_dossier("c", State.NOT_ACCEPTED, code=None),
        a_dossier("d", State.IN_PROGRESS, code="H14-3"),
    ],
    cases=[
        {"id": "a", "code": "H14-1", "state": State.RETURNED, "verdict": "on_time"},
        {"id": "b", "code": "H14-2", "state": State.RETURNED, "verdict": "overdue"},
        {"id": "d", "code": "H14-3", "state": State.IN_PROGRESS, "verdict": "on_time"},
    ],
    messages=[{"id": "m", "channel": "sms", "state": "sent"}, {"id": "n", "channel": "email", "state": "expired"}],
    subjects=[
        {"id": "a", "code": "H14-1", "state": State.RETURNED},
        {"id": "b", "code": "H14-2", "state": State.RETURNED},
        {"id": "c", "code": None, "state": State.NOT_ACCEPTED},
        {"id": "d", "code": "H14-3", "state": State.IN_PROGRESS},
    ],
    healths=dict.fromkeys(Service, WELL),
    published=7,
    delivered=14,
    double_lines=0,
    double_messages=0,
    sms_delivered=[{"reference": "m"}],
    mails_delivered=0,
    gateway_repeats=0,
)
ACKNOWLEDGED = Book(
    {
        "a": Entry("a", STORY, State.RETURNED, "H14-1"),
        "b": Entry("b", STORY, State.RETURNED, "H14-2"),
        "c": Entry("c", STORY, State.NOT_ACCEPTED),
        "d": Entry("d", STORY, State.IN_PROGRESS, "H14-3"),
    }
)


def test_each_dossier_counts_once_by_its_outcome() -> None:
    accounts = drawn_up(BOOKS, ACKNOWLEDGED)

    assert accounts.add_up
    assert accounts.by_outcome == {"returned": 1, "refused": 2, "withdrawn": 0, "stopped": 0, "open": 1}
    assert accounts.returned_by == {"desk": 1, "online": 0, "post": 0}
    assert (accounts.on_time, accounts.overdue, accounts.messages) == (2, 1, {"sms": 1, "email": 0})


def test_a_case_the_agency_never_heard_of_is_lost() -> None:
    accounts = drawn_up(replace(BOOKS, cases=BOOKS.cases[:2]), ACKNOWLEDGED)

    assert accounts.lost == 1
    assert accounts.wrong == ["H14-3 was acknowledged, and processing does not know it."]


def test_a_dossier_in_another_state_at_a_peer_is_lost() -> None:
    accounts = drawn_up(replace(BOOKS, subjects=[{**BOOKS.subjects[0], "state": State.COMPLETED}, *BOOKS.subjects[1:]]), ACKNOWLEDGED)

    assert accounts.lost == 1


def test_a_refused_submission_that_became_a_case_does_not_add_up() -> None:
    stray = {"id": "c", "code": "H14-9", "state": State.RECEIVED, "verdict": "on_time"}

    assert not drawn_up(replace(BOOKS, cases=[*BOOKS.cases, stray]), ACKNOWLEDGED).add_up


def test_what_was_doubled_parked_untaken_unsent_or_acknowledged_to_nobody_does_not_add_up() -> None:
    parked = {**BOOKS.healths, Service.INTAKE: {"undelivered": 0, "parked": 1}}
    stranger = a_dossier("e", State.RECEIVED, code="H14-4")

    for wrong in (
        replace(BOOKS, double_lines=1),
        replace(BOOKS, double_messages=1),
        replace(BOOKS, healths=parked),
        replace(BOOKS, delivered=13),
        replace(BOOKS, sms_delivered=[]),
        replace(BOOKS, dossiers=[*BOOKS.dossiers, stranger]),
    ):
        assert not drawn_up(wrong, ACKNOWLEDGED).add_up
