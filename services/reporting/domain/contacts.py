"""How a contact ended: where callers are passed on to, in the few kinds that a report tells apart."""

from __future__ import annotations

from typing import Final, Literal, get_args

PassedTo = Literal["agent", "queue", "extension", "outside", "elsewhere"]

PLACES: Final[tuple[PassedTo, ...]] = get_args(PassedTo)

_KINDS: Final[dict[str, PassedTo]] = {
    "agent": "agent",
    "queue": "queue",
    "extension": "extension",
    "external": "outside",
}


def passed_to(ended: str, destination: str | None) -> PassedTo | None:
    """The kind of place that a caller was passed on to; none: was not transferred.

    Args:
        ended: how the contact ended.
        destination: such as ``queue:sales``; none: it is not known, as of a transfer by the phone itself.
    """
    if ended != "transferred":
        return None
    return _KINDS.get((destination or "").partition(":")[0], "elsewhere")
