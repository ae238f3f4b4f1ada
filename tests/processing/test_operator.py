"""What an operator does for the agency's officers by command: a list registered whole or not at all, work counted afresh."""

import os
import subprocess
import sys
from pathlib import Path

HEAD = "subject,name,office,roles,valid_from,valid_to\n"


def motcua(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_") and name != "DATABASE_URL"}
    environment = kept | {"MOTCUA_HOME": str(home), "MOTCUA_MODE": "development"}
    command = [sys.executable, "-m", "services", *words]
    return subprocess.run(command, env=environment, capture_output=True, timeout=180, check=False, encoding="utf-8")


def test_officers_of_no_office_are_refused_and_work_is_counted_afresh(tmp_path: Path) -> None:
    listed = tmp_path / "officers.csv"
    listed.write_text(HEAD + "lan,Nguyễn Thị Lan,H50.02,case_officer,,\n", "utf-8")

    refused = motcua(tmp_path / "home", "officer", "load", str(listed))
    rebuilt = motcua(tmp_path / "home", "stats", "rebuild")

    assert (refused.returncode, rebuilt.returncode) == (2, 0), rebuilt.stderr
    assert "lan: there is no office H50.02" in refused.stderr
    assert rebuilt.stdout == "0 places counted\n"


def test_a_list_of_nobody_changes_nothing(tmp_path: Path) -> None:
    listed = tmp_path / "officers.csv"
    listed.write_text(HEAD, "utf-8")

    done = motcua(tmp_path / "home", "officer", "load", str(listed))

    assert (done.returncode, done.stdout) == (0, "0 officers new or changed\n"), done.stderr
