"""The operator's command: as a process of its own, as an operator types it, or within this one, which saves it the imports."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

import pytest

from services.__main__ import main
from shared.local_postgres import LocalPostgres

MOTCUA: Final = Path(sys.executable).with_name("motcua")


def motcua(home: Path, *words: str, told: str = "") -> "subprocess.CompletedProcess[str]":
    done = motcua_in_bytes(home, *words, told=told.encode())
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def motcua_in_bytes(home: Path, *words: str, told: bytes) -> "subprocess.CompletedProcess[bytes]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_") and name != "DATABASE_URL"}
    environment = kept | {"MOTCUA_HOME": str(home), "MOTCUA_MODE": "development"}
    return subprocess.run([str(MOTCUA), *words], env=environment, input=told, capture_output=True, timeout=180, check=False)


def within(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("MOTCUA_")]:
            patched.delenv(name)
        patched.setenv("MOTCUA_HOME", str(home))
        patched.setenv("MOTCUA_MODE", "development")
        patched.setattr(sys, "argv", ["motcua", *words])
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def kept_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose database somebody keeps running meanwhile, as the services would."""
    home = tmp_path_factory.mktemp("operator") / "home"
    with LocalPostgres(home, durable=False):
        yield home
