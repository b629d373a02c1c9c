"""FreeSWITCH events as they reach the services: decoded once from ``event json``, then only read.

Values arrive decoded: a caller's display name may hold a newline, a quote or ``${...}``. Nothing here may be written
back to a switch except through the builders of ``shared.telephony`` and ``shared.esl.commands``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from shared.esl.errors import ProtocolError

JsonValue = str | list[str]

CHANNEL_EVENTS: Final = (
    "CHANNEL_CREATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_PROGRESS_MEDIA",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_PARK",
    "CHANNEL_UNPARK",
    "CHANNEL_HANGUP_COMPLETE",
)
"""The events that tell a call's life; a reasonable list to begin a subscription with."""


class Event:
    """One event. Reading a header that is absent gives ``None``, or an empty string where a property says so.

    Args:
        headers: the decoded JSON object; a header FreeSWITCH holds as an array is a list.
        size: bytes it took on the wire (for accounting what is waiting).
    """

    __slots__ = ("_headers", "size")

    def __init__(self, headers: Mapping[str, JsonValue], size: int = 0) -> None:
        self._headers = headers
        self.size = size

    def get(self, header: str) -> str | None:
        """Value of a header by its exact name; the first one of an array."""
        value = self._headers.get(header)
        return value if value is None or isinstance(value, str) else next(iter(value), None)

    def get_all(self, header: str) -> tuple[str, ...]:
        """Every value of a header: none, one, or the elements of an array."""
        value = self._headers.get(header)
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def variable(self, name: str) -> str | None:
        """A channel variable (header ``variable_<name>``)."""
        return self.get(f"variable_{name}")

    @property
    def headers(self) -> Mapping[str, JsonValue]:
        """Every header; not to be changed."""
        return self._headers

    @property
    def name(self) -> str:
        """``Event-Name``, for example ``CHANNEL_ANSWER``; empty if the switch sent none."""
        return self.get("Event-Name") or ""

    @property
    def subclass(self) -> str:
        """``Event-Subclass`` of a ``CUSTOM`` event, for example ``sofia::register``; empty for the others."""
        return self.get("Event-Subclass") or ""

    @property
    def uuid(self) -> str | None:
        """``Unique-ID``: the channel (the leg) the event is about."""
        return self.get("Unique-ID")

    @property
    def body(self) -> str:
        """The event's body; empty if it has none."""
        return self.get("_body") or ""

    @property
    def job_uuid(self) -> str | None:
        """``Job-UUID`` of a ``BACKGROUND_JOB``."""
        return self.get("Job-UUID")

    @property
    def application_uuid(self) -> str | None:
        """``Application-UUID`` of ``CHANNEL_EXECUTE`` and ``CHANNEL_EXECUTE_COMPLETE``."""
        return self.get("Application-UUID")

    @property
    def core_uuid(self) -> str | None:
        """``Core-UUID``: changes when FreeSWITCH is restarted."""
        return self.get("Core-UUID")

    @property
    def sequence(self) -> int:
        """``Event-Sequence``, growing by one for every event of the switch, seen by us or not; 0 if absent."""
        return _whole_number(self.get("Event-Sequence"))

    @property
    def timestamp(self) -> int:
        """``Event-Date-Timestamp``: microseconds since the epoch, UTC; 0 if absent."""
        return _whole_number(self.get("Event-Date-Timestamp"))

    def __repr__(self) -> str:
        return f"<Event {self.name}{' ' + self.subclass if self.subclass else ''} {self.uuid or ''} #{self.sequence}>"


def _whole_number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else 0


def decode_event(body: bytes) -> Event:
    """An event from the body of a ``text/event-json`` message.

    Bytes that are not UTF-8 (a phone may send any) become U+FFFD. Raises ``ProtocolError`` if it is no JSON object.
    """
    try:
        try:
            decoded = orjson.loads(body)
        except orjson.JSONDecodeError:
            decoded = orjson.loads(body.decode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"an event that is not JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise ProtocolError("an event that is not a JSON object")
    return Event(decoded, len(body))
