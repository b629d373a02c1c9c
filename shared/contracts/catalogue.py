"""The one list of all messages, and the streams that carry the events."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.acd import ACD_COMMANDS, ACD_STATE, QUEUE_EVENTS
from shared.contracts.calls import CALL_EVENTS
from shared.contracts.directory import DIRECTORY_EVENTS
from shared.contracts.ivr import FLOW_EVENTS, IVR_COMMANDS, IVR_STATE
from shared.contracts.message import Command, Delivery, Event, Message
from shared.contracts.nodes import NODE_EVENTS
from shared.contracts.records import RECORD_COMMANDS, RECORD_EVENTS
from shared.contracts.routing import ROUTING_COMMANDS, ROUTING_EVENTS
from shared.contracts.switch import SWITCH_COMMANDS

EVENTS: tuple[type[Event], ...] = (
    *CALL_EVENTS,
    *NODE_EVENTS,
    *DIRECTORY_EVENTS,
    *ROUTING_EVENTS,
    *RECORD_EVENTS,
    *IVR_STATE,
    *FLOW_EVENTS,
    *ACD_STATE,
    *QUEUE_EVENTS,
)
COMMANDS: tuple[type[Command], ...] = (
    *SWITCH_COMMANDS,
    *RECORD_COMMANDS,
    *ACD_COMMANDS,
    *ROUTING_COMMANDS,
    *IVR_COMMANDS,
)
MESSAGES: tuple[type[Message], ...] = (*EVENTS, *COMMANDS)


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A JetStream stream.

    Args:
        name: stream name.
        subjects: what it takes in.
        compacted: keep only the last message of each subject, for ever.
        max_age_seconds: how long messages stay (0: for ever).
        max_bytes: size at which the oldest go.
    """

    name: str
    subjects: tuple[str, ...]
    compacted: bool = False
    max_age_seconds: int = 0
    max_bytes: int = 1 << 30


CALLS = StreamSpec(
    "SEDA_CALLS",
    tuple(
        event.pattern()
        for event in (*CALL_EVENTS, *NODE_EVENTS, *RECORD_EVENTS, *FLOW_EVENTS, *QUEUE_EVENTS)
        if event.delivery is Delivery.STREAM
    ),
    max_age_seconds=3 * 24 * 3600,
)
"""What happened on the switches, kept for three days: longer than any consumer may be away."""

STATE = StreamSpec(
    "SEDA_STATE",
    tuple(event.pattern() for event in EVENTS if event.delivery is Delivery.COMPACTED),
    compacted=True,
)
"""Replicated tables: the last state of every entity."""

STREAMS: tuple[StreamSpec, ...] = (CALLS, STATE)


def by_name(name: str) -> type[Message]:
    """The class of a message by its name, such as ``call.answered``.

    Raises:
        KeyError: no such message.
    """
    for message in MESSAGES:
        if message.name == name:
            return message
    raise KeyError(name)
