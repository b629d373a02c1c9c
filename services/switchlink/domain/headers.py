"""Reading a FreeSWITCH event: the headers Seda relies on, by name, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

Headers = Mapping[str, str | list[str]]

READ_VARIABLES: Final = (
    "seda_call_id",
    "seda_tenant_id",
    "seda_direction",
    "seda_extension",
    "seda_extension_id",
    "seda_device_id",
    "seda_trunk_id",
    "seda_via",
    "seda_fallback",
    "seda_hop_peer",
    "seda_hide_digits",
    "seda_agent_leg",
    "seda_queue",
    "seda_queue_turn",
    "seda_queue_priority",
    "seda_queue_language",
    "seda_language",
)
"""Channel variables of Seda's own that are read from events and records."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """Typed access to the headers of one event. What is absent or malformed reads as nothing."""

    headers: Headers

    def text(self, name: str) -> str | None:
        """A header's value (the first of several); none when absent or empty."""
        value = self.headers.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        return value or None

    def variable(self, name: str) -> str | None:
        """A channel variable."""
        return self.text(f"variable_{name}")

    def number(self, name: str) -> int | None:
        """A whole number of 0 or more."""
        value = self.text(name)
        return int(value) if value and value.isascii() and value.isdigit() else None

    def moment(self, name: str) -> datetime | None:
        """A time given in microseconds since 1970; none when 0, as FreeSWITCH writes what has not happened."""
        microseconds = self.number(name)
        return moment(microseconds) if microseconds else None

    @property
    def name(self) -> str:
        """The event's name; of a CUSTOM event its subclass."""
        name = self.text("Event-Name") or ""
        return (self.text("Event-Subclass") or "") if name == "CUSTOM" else name

    @property
    def occurred_at(self) -> datetime:
        """When the switch made the event."""
        return self.moment("Event-Date-Timestamp") or _EPOCH

    @property
    def leg_id(self) -> str | None:
        """The channel the event is about."""
        return self.text("Unique-ID")

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant, when the leg is known to belong to one."""
        return uuid_or_none(self.variable("seda_tenant_id"))


def uuid_or_none(value: str | None) -> UUID | None:
    """A UUID, or none for anything else."""
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def moment(microseconds: int) -> datetime:
    """Microseconds since 1970 as an instant; what lies outside the calendar is 1970."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return _EPOCH
