"""python -m tests.torture.nursery: imports everything once, then forks a service per line on stdin, so that a restart costs little.

Each child is a process of its own, as if started by `python -m`: its environment, session and log are its own, and kill -9 ends it
and nobody else. In: {"module", "environment", "log"}, one JSON a line; out: {"started": pid}, in order, and {"ended": pid, "code"}.
At the end of stdin all children are told to stop.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import runpy
import selectors
import signal
import sys
import time
import traceback
from typing import Any, NoReturn

USED_BY_ALL = (
    "alembic.command",
    "asyncpg",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "services.intake.app",
    "services.processing.app",
    "services.notifications.app",
)
STOPPING_SECONDS = 15


def main() -> None:
    for name in USED_BY_ALL:
        importlib.import_module(name)
    gc.freeze()
    children: set[int] = set()
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, _wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    chooser = selectors.DefaultSelector()
    chooser.register(0, selectors.EVENT_READ)
    chooser.register(woken, selectors.EVENT_READ)
    asked = b""
    while True:
        ready = {key.fd for key, _ in chooser.select()}
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _bury(children)
        if 0 in ready:
            if not (more := os.read(0, 1 << 16)):
                break
            *lines, asked = (asked + more).split(b"\n")
            for line in lines:
                children.add(pid := _give_birth(json.loads(line)))
                _say({"started": pid})
    _stop(children)


def _wake(_number: int, _frame: object) -> None:
    """A handler there must be, or the pipe is not written to."""


def _give_birth(order: dict[str, Any]) -> int:
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    try:
        _live(order)
    finally:
        os._exit(70)


def _live(order: dict[str, Any]) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(order["environment"])
    random.seed()  # or all children would wait the same back-off
    code = 0
    try:
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


def _bury(children: set[int]) -> None:
    for pid in list(children):
        dead, status = os.waitpid(pid, os.WNOHANG)
        if dead:
            children.discard(pid)
            _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _stop(children: set[int]) -> None:
    for order in (signal.SIGTERM, signal.SIGKILL):
        for pid in children:
            os.kill(pid, order)
        until = time.monotonic() + STOPPING_SECONDS
        while children and time.monotonic() < until:
            _bury(children)
            time.sleep(0.02)


def _say(fact: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main()
