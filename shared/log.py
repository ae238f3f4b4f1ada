"""Structured logs, one JSON line a fact, and the trace that ties a request to everything it caused."""

import logging
import os
import re
import sys
from contextvars import ContextVar
from typing import Any, Final

import structlog

# W3C Trace Context. The trace id travels in events, so that one search shows the whole way.
_TRACEPARENT: Final = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_trace: ContextVar[str] = ContextVar("trace", default="")


def set_up(level: str = "INFO") -> None:
    """Write what is worth telling to standard error; requests and library chatter stay silent below warnings."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format='{"event": "%(name)s", "message": "%(message)s"}')
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def start_trace(traceparent: str | None = None, request_id: str | None = None) -> str:
    """Begin a trace, or go on with the one that came along; returns the trace id, which is our request id."""
    if known := _TRACEPARENT.match(traceparent or ""):
        trace = known[1]
    elif request_id and re.fullmatch(r"[0-9a-f]{32}", request_id.replace("-", "")):
        trace = request_id.replace("-", "")
    else:
        trace = os.urandom(16).hex()
    _trace.set(trace)
    return trace


def traceparent() -> str:
    """The present trace as a W3C traceparent, for events and calls."""
    return f"00-{_trace.get() or start_trace()}-{os.urandom(8).hex()}-01"


def _with_trace(_logger: object, _method: str, fact: Any) -> Any:
    if trace := _trace.get():
        fact.setdefault("trace", trace)
    return fact
