"""What an operator does for the agency's officers by command: a list registered whole or not at all, work counted afresh."""

from pathlib import Path

from tests.operator_command import kept_open, motcua, within

__all__ = ["kept_open"]

HEAD = "subject,name,office,roles,valid_from,valid_to\n"


def test_officers_of_no_office_are_refused_and_work_is_counted_afresh(tmp_path: Path, kept_open: Path) -> None:
    listed = tmp_path / "officers.csv"
    listed.write_text(HEAD + "lan,Nguyễn Thị Lan,H50.02,case_officer,,\n", "utf-8")

    refused = motcua(kept_open, "officer", "load", str(listed))
    rebuilt = within(kept_open, "stats", "rebuild")

    assert (refused.returncode, rebuilt.returncode) == (2, 0), rebuilt.stderr
    assert "lan: there is no office H50.02" in refused.stderr
    assert rebuilt.stdout == "0 places counted\n"


def test_a_list_of_nobody_changes_nothing(tmp_path: Path, kept_open: Path) -> None:
    listed = tmp_path / "officers.csv"
    listed.write_text(HEAD, "utf-8")

    done = within(kept_open, "officer", "load", str(listed))

    assert (done.returncode, done.stdout) == (0, "0 officers new or changed\n"), done.stderr
