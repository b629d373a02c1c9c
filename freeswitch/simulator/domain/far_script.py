"""What the far end of a call does by itself: ring, answer after n seconds, be busy, talk a while, hang up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

NAMED: dict[str, dict[str, Any]] = {
    "manual": {},
    "answer": {"ring_after": 0.0, "answer_after": 1.0},
    "busy": {"reject_after": 0.0, "reject_status": 486},
    "reject": {"reject_after": 0.0, "reject_status": 603},
    "no-answer": {"ring_after": 0.0},
    "unreachable": {"reject_after": 0.0, "reject_status": 480},
    "machine": {"ring_after": 0.0, "answer_after": 4.0, "greeting_seconds": 6.0, "hangup_after": 30.0},
}
"""Scripts by name; a number's owner may also give the fields one by one."""


class BadScript(ValueError):
    """A script with an unknown name or field, or a value that is no number."""


@dataclass(frozen=True)
class Script:
    """Times in simulated seconds: ringing since the INVITE, the answer since ringing, the rest since the answer."""

    ring_after: float | None = None
    early_media_after: float | None = None
    answer_after: float | None = None
    reject_after: float | None = None
    reject_status: int = 486
    hangup_after: float | None = None
    greeting_seconds: float | None = None
    digits: str = ""
    digits_after: float = 0.0
    digits_every: float = 0.0
    """Between one digit and the next; 0: all at once."""
    talk_seconds: float | None = None
    """How long it talks; None: until the end. What follows is silence."""


def parse_script(given: str | Mapping[str, Any]) -> Script:
    """A script from its name (`busy`) or its fields (`{"answer_after": 3}`), or both (`{"name": "answer", ...}`).

    Raises:
        BadScript: naming what is wrong.
    """
    if isinstance(given, str):
        given = {"name": given}
    wanted = dict(given)
    name = wanted.pop("name", "manual")
    if name not in NAMED:
        raise BadScript(f"no script {name!r}; there are {', '.join(NAMED)}")
    values = {**NAMED[name], **wanted}
    known = {field.name for field in fields(Script)}
    for key, value in values.items():
        if key not in known:
            raise BadScript(f"no script field {key!r}")
        if key != "digits" and value is not None and not isinstance(value, int | float):
            raise BadScript(f"{key} must be a number, not {value!r}")
    return Script(**values)
