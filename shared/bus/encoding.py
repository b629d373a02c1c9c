"""Events to bytes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic

from pydantic import ValidationError

from shared.bus.port import E, MessageRefused, Poison
from shared.contracts.message import Delivery, Encoded, Event
from shared.runtime.tracing import current_traceparent

TRACEPARENT = "traceparent"
MESSAGE_ID = "Nats-Msg-Id"


def trace_headers() -> dict[str, str]:
    """The headers that carry the trace context of the work under way."""
    traceparent = current_traceparent()
    return {TRACEPARENT: traceparent} if traceparent else {}


def encode(event: Event) -> Encoded:
    """An event ready for its stream.

    Raises:
        TypeError: messages of this class do not go into a stream.
    """
    if event.delivery not in (Delivery.STREAM, Delivery.COMPACTED):
        raise TypeError(f"{event.name} travels as {event.delivery}, not through a stream")
    return Encoded(event.subject(), event.encode(), str(event.message_id), trace_headers())


def check_size(body: bytes, headers: Mapping[str, str], limit: int) -> None:
    """Refuse what the server would refuse; it ends the connection of who sends too much.

    Raises:
        MessageRefused: body and headers together are more than ``limit`` bytes.
    """
    # "NATS/1.0" and an empty line around the headers, ": " and a line end in each.
    size = len(body) + 12 + sum(len(name) + len(value.encode()) + 4 for name, value in headers.items())
    if size > limit:
        raise MessageRefused(f"{size} bytes are more than the {limit} that NATS takes")


class Decoder(Generic[E]):
    """Reads the events of some classes, told apart by subject."""

    def __init__(self, events: Sequence[type[E]]) -> None:
        self._classes = {event.prefix(): event for event in events}
        self.prefixes = list(self._classes)
        self.patterns = [event.pattern() for event in events]

    def knows(self, subject: str) -> bool:
        """Whether a subject is that of one of the classes."""
        return subject.rsplit(".", 2)[0] in self._classes

    def decode(self, subject: str, body: bytes) -> E:
        """The event in a message.

        Raises:
            Poison: it cannot be read.
        """
        event = self._classes.get(subject.rsplit(".", 2)[0])
        if event is None:
            raise Poison(f"no class for subject {subject}")
        try:
            return event.decode(body)
        except ValidationError as error:
            raise Poison(f"{event.name}: {error.error_count()} faults, first: {error.errors()[0]['msg']}") from error
