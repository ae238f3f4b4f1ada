"""Small secrets kept in the home directory: made once, readable by their owner only."""

import os
from collections.abc import Callable
from pathlib import Path


def kept(home: Path, name: str, make: Callable[[], str]) -> str:
    """The text kept under `name`; made now if there is none. Of several processes that make it at once, one wins and all read the same."""
    path = home / name
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = home / f".{name}.{os.getpid()}.{os.urandom(4).hex()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
