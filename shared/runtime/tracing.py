"""W3C trace context, carried through HTTP headers, bus messages and logs (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent(parent: str | None = None) -> str:
    """A ``traceparent`` with a new span: in the parent's trace when that is valid, else in a new trace."""
    span = secrets.token_hex(8)
    if parent and _TRACEPARENT.match(parent):
        _, trace, _, flags = parent.split("-")
        return f"00-{trace}-{span}-{flags}"
    return f"00-{secrets.token_hex(16)}-{span}-01"


def current_traceparent() -> str | None:
    """The context of the work under way, if there is one."""
    return _current.get()


@contextmanager
def use_traceparent(traceparent: str | None) -> Iterator[None]:
    """Do the work inside under this context; something that is no valid ``traceparent`` counts as none."""
    valid = traceparent if traceparent and _TRACEPARENT.match(traceparent) else None
    token = _current.set(valid)
    try:
        yield
    finally:
        _current.reset(token)
