"""The operator's command, as a process of its own with a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import OFFICIAL_CALENDAR
from tests.operator_command import MOTCUA, kept_open, motcua, motcua_in_bytes, within

__all__ = ["kept_open"]

DATA = Path(__file__).parents[2] / "demo" / "data"
CASE: dict[str, Any] = {
    "id": "c1",
    "accepted_at": "2026-03-09T14:30:00+07:00",
    "limit": {"amount": "3", "unit": "working_day"},
    "due_clock": "same_clock",
    "cutoff": None,
    "sessions": None,
    "stops": [{"from": "2026-03-10T09:00:00+07:00", "to": "2026-03-12T10:15:00+07:00", "policy": "pause"}],
}


def test_loading_says_in_its_last_line_what_was_new_and_a_second_time_that_nothing_was(kept_open: Path) -> None:
    first = motcua(kept_open, "catalogue", "load", str(DATA / "procedures.yaml"))
    again = within(kept_open, "catalogue", "load", str(DATA / "procedures.yaml"))

    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    warnings = first.stdout.splitlines()[-1].split(", ")[-1]
    assert first.stdout.splitlines()[-1] == f"86 new, 0 changed, 0 unchanged, {warnings}"
    assert again.stdout.splitlines()[-1] == f"0 new, 0 changed, 86 unchanged, {warnings}"
    assert warnings.endswith(" warnings")
    told = [line for line in first.stderr.splitlines() if line.startswith("warning: ")]
    assert len(told) == int(warnings.split()[0])


@pytest.mark.parametrize("content", ["procedures: 7", "\xff"])
def test_a_file_that_is_no_catalogue_is_refused_whole(tmp_path: Path, content: str) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(content.encode("latin-1"))

    done = motcua(tmp_path / "home", "catalogue", "load", str(wrong))

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_calendars_are_loaded_listed_and_shown_with_whose_each_day_is(tmp_path: Path, kept_open: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("date,kind,name,source,status\n2026-06-17,off,Lễ hội,QĐ 12,provisional\n", "utf-8")

    done = [
        within(kept_open, *words)
        for words in (
            ("office", "load", str(DATA / "offices.csv")),
            ("calendar", "load", str(OFFICIAL_CALENDAR)),
            ("calendar", "load", str(own), "--for", "H14"),
            ("calendar", "load", str(own), "--for", "H14"),
            ("calendar", "list"),
            ("calendar", "show", "--for", "H14.020", "--year", "2026"),
            ("calendar", "load", str(own), "--for", "H99"),
        )
    ]

    assert [one.returncode for one in done] == [0, 0, 0, 0, 0, 0, 2], [one.stderr for one in done]
    assert [one.stdout for one in done[1:4]] == ["a new version\n", "a new version\n", "unchanged\n"]
    national, province = done[4].stdout.splitlines()
    assert national.startswith("national  version 1 of ")
    assert national.endswith("132 own days")
    assert province.startswith("H14  version 1 of ")
    assert province.endswith("1 own days over national")
    shown = done[5].stdout.splitlines()
    assert "2026-06-17  off     provisional  H14  Lễ hội (QĐ 12)" in shown
    assert all(line.startswith("2026-") for line in shown)
    assert any("  national  " in line for line in shown)
    assert done[6].stderr == "error: There is no office H99, and no calendar of that name.\n"


def test_due_answers_line_by_line_goes_on_after_a_bad_one_and_starts_no_database(tmp_path: Path) -> None:
    lines = [
        json.dumps(CASE),
        "{",
        json.dumps(CASE | {"id": "c2", "limit": {"amount": "-1", "unit": "working_day"}}),
        json.dumps(CASE | {"id": "c3"}),
    ]

    done = motcua(tmp_path / "home", "due", told="\n".join(lines) + "\n")

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer.get("id") for answer in answers] == ["c1", None, "c2", "c3"]
    assert answers[0] == {"id": "c1", "due_at": "2026-03-16T15:45:00+07:00", "period_ends_at": "2026-03-17T00:00:00+07:00"}
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert not (tmp_path / "home").exists()


GOOD = json.dumps(CASE).encode()
BAD_LINES = {
    "empty": b"",
    "blank": b" \t ",
    "cut off": GOOD[:-1],
    "two on one line": GOOD + GOOD,
    "not JSON": b"id: c1",
    "a list": b"[" + GOOD + b"]",
    "a text": b'"c1"',
    "NaN": b"NaN",
    "not UTF-8": GOOD.replace(b"c1", b"\xff"),
    "nested without end": b"[" * 100_000,
    "a number without end": GOOD.replace(b'"3"', b"9" * 10_000),
}
BAD_CASES = {
    "NaN for an id": GOOD.replace(b'"c1"', b"NaN"),
    "NaN for an amount": GOOD.replace(b'"3"', b"NaN"),
    "the text NaN": GOOD.replace(b'"3"', b'"NaN"'),
    "a huge number": GOOD.replace(b'"3"', b"1e999"),
    "a huge text": GOOD.replace(b'"3"', b'"1' + b"0" * 5_000 + b'"'),
    "a huge exponent": GOOD.replace(b'"3"', b'"1e999999999"'),
    "missing fields": b'{"id": "c1"}',
    "wrong types": json.dumps({"id": ["c1"], "accepted_at": 3, "limit": [], "stops": "none"}).encode(),
    "the end of time": json.dumps(
        {"id": "c1", "accepted_at": "9999-12-31T23:59:59-23:59", "limit": {"amount": "1", "unit": "month"}}
    ).encode(),
}


def test_due_answers_each_bad_line_with_an_error_and_goes_on(tmp_path: Path) -> None:
    lines = [line for bad in (BAD_LINES | BAD_CASES).values() for line in (bad, GOOD)]

    done = motcua_in_bytes(tmp_path, "due", told=b"\n".join(lines) + b"\n")

    answers = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, b"")
    assert len(answers) == len(lines)
    for name, bad, good in zip(BAD_LINES | BAD_CASES, answers[::2], answers[1::2], strict=True):
        assert set(bad) == {"id", "error"}, name
        assert bad["id"] == ("c1" if name in BAD_CASES and name not in ("NaN for an id", "wrong types") else None), name
        assert good == {"id": "c1", "due_at": "2026-03-16T15:45:00+07:00", "period_ends_at": "2026-03-17T00:00:00+07:00"}, name


def test_due_reads_what_other_systems_write(tmp_path: Path) -> None:
    """A byte order mark, carriage returns, no newline at the end, half a surrogate pair in an id."""
    lines = b"\xef\xbb\xbf" + GOOD + b"\r\n" + GOOD.replace(b"c1", b"\\ud800") + b"\r\n" + GOOD.replace(b"c1", "hồ sơ".encode())

    done = motcua_in_bytes(tmp_path, "due", told=lines)

    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["c1", "\ud800", "hồ sơ"]
    assert "hồ sơ".encode() in done.stdout


def test_due_with_good_cases_only_is_done(tmp_path: Path) -> None:
    done = motcua(tmp_path, "due", told=json.dumps(CASE) + "\n")

    assert (done.returncode, done.stderr) == (0, "")


def test_due_dates_need_neither_a_service_nor_a_database_driver() -> None:
    code = "import sys, services.due_lines; print(*sorted({'fastapi', 'sqlalchemy', 'asyncpg', 'services.intake'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert loaded.stdout.strip() == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = motcua(tmp_path, "due", "--calendar", str(tmp_path / "lịch.csv"))

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: There is no file {tmp_path / 'lịch.csv'}.\n")


def test_production_gives_no_development_tokens(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "MOTCUA_HOME": str(tmp_path)}
    words = [str(MOTCUA), "token", "--as", "desk_officer", "--office", "H27.001"]

    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "MOTCUA_MODE=development" in done.stderr
