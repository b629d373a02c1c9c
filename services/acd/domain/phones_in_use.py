"""Which extensions' phones are in calls outside the queues, leg by leg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PhoneLeg:
    """A leg of an extension's device.

    Args:
        extension: its number.
        call_id: the call that it is part of.
        since: when it was heard of.
    """

    leg_id: str
    node_id: str
    extension: str
    call_id: str
    since: datetime


class PhonesInUse:
    """Legs of extensions' devices; a phone is in use while it has any. Not thread-safe."""

    def __init__(self) -> None:
        self._legs: dict[str, PhoneLeg] = {}
        self._of: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[PhoneLeg]:
        return iter(list(self._legs.values()))

    def __contains__(self, leg_id: str) -> bool:
        return leg_id in self._legs

    def is_used(self, extension: str) -> bool:
        """Whether a phone of that extension is in a call."""
        return extension in self._of

    def add(self, leg: PhoneLeg) -> None:
        """A leg began; telling it twice is telling it once."""
        if leg.leg_id not in self._legs:
            self._legs[leg.leg_id] = leg
            self._of.setdefault(leg.extension, set()).add(leg.leg_id)

    def remove(self, leg_id: str) -> str | None:
        """A leg ended: its extension's number; none: it was no phone's."""
        leg = self._legs.pop(leg_id, None)
        if leg is None:
            return None
        legs = self._of[leg.extension]
        legs.remove(leg_id)
        if not legs:
            del self._of[leg.extension]
        return leg.extension
