"""Runs a program as somebody who is not root, for PostgreSQL refuses to be root.

A program of its own, with the standard library only: python unprivileged.py DIRECTORY... -- COMMAND ARGUMENT...
The directories are those the program writes to.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path
from typing import Final

CLONE_NEWUSER: Final = 0x10000000


def become_unprivileged(directories: list[Path]) -> None:
    """In a user namespace of its own root is called nobody and still owns its files. Where the kernel refuses that, be nobody."""
    nobody = pwd.getpwnam("nobody")
    was_nobodys = directories[0].stat().st_uid == nobody.pw_uid
    if was_nobodys or not _enter_namespace(nobody):
        for directory in directories:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)


def _enter_namespace(user: pwd.struct_passwd) -> bool:
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "unshare") or libc.unshare(CLONE_NEWUSER) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user.pw_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{user.pw_gid} {gid} 1")
    return True


def in_the_way(path: Path) -> Path | None:
    """The first directory on the way to `path` that we may not enter."""
    return next((parent for parent in reversed(path.absolute().parents) if not os.access(parent, os.X_OK)), None)


def main(arguments: list[str]) -> None:
    end = arguments.index("--")
    directories, command = [Path(name) for name in arguments[:end]], arguments[end + 1 :]
    become_unprivileged(directories)
    for path in (*directories, Path(command[0])):
        if blocked := in_the_way(path):
            sys.exit(
                f"PostgreSQL must not run as root, and the unprivileged user it runs as may not enter {blocked}, "
                f"which is in the way to {path}. Open that directory to others (chmod o+x), or choose a place outside it."
            )
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
