"""Channel states and which may follow which (FreeSWITCH: switch_types.h, switch_channel_perform_set_state)."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """A channel's state; the numbers are the switch's own (`Channel-State-Number`)."""

    NEW = 0
    INIT = 1
    ROUTING = 2
    SOFT_EXECUTE = 3
    EXECUTE = 4
    EXCHANGE_MEDIA = 5
    PARK = 6
    CONSUME_MEDIA = 7
    HIBERNATE = 8
    RESET = 9
    HANGUP = 10
    REPORTING = 11
    DESTROY = 12
    NONE = 13

    @property
    def label(self) -> str:
        """The name in events: `CS_ROUTING`."""
        return f"CS_{self.name}"


class CallState(IntEnum):
    """`Channel-Call-State`: what a person would say the call is doing."""

    DOWN = 0
    DIALING = 1
    RINGING = 2
    EARLY = 3
    ACTIVE = 4
    HELD = 5
    RING_WAIT = 6
    HANGUP = 7
    UNHELD = 8


_LIVE = frozenset(
    {
        State.ROUTING,
        State.SOFT_EXECUTE,
        State.EXECUTE,
        State.EXCHANGE_MEDIA,
        State.PARK,
        State.CONSUME_MEDIA,
        State.HIBERNATE,
        State.RESET,
    }
)

# A missing pair is a refused transition. A state may follow itself only where listed.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.NONE: frozenset({State.NEW, State.INIT, State.HANGUP}),
    State.NEW: _LIVE | {State.INIT, State.HANGUP},
    State.INIT: _LIVE | {State.HANGUP},
    State.ROUTING: _LIVE - {State.ROUTING} | {State.HANGUP},
    State.SOFT_EXECUTE: _LIVE - {State.SOFT_EXECUTE} | {State.HANGUP},
    State.EXECUTE: _LIVE - {State.EXECUTE} | {State.HANGUP},
    State.EXCHANGE_MEDIA: _LIVE - {State.EXCHANGE_MEDIA} | {State.HANGUP},
    State.PARK: _LIVE - {State.PARK} | {State.HANGUP},
    State.CONSUME_MEDIA: _LIVE - {State.CONSUME_MEDIA} | {State.HANGUP},
    State.HIBERNATE: _LIVE - {State.HIBERNATE} | {State.HANGUP},
    State.RESET: _LIVE - {State.RESET} | {State.HANGUP},
    State.HANGUP: frozenset({State.REPORTING, State.DESTROY}),
    State.REPORTING: frozenset({State.DESTROY}),
    State.DESTROY: frozenset(),
}


def may_follow(current: State, wanted: State) -> bool:
    """Whether a channel in `current` may be put into `wanted`."""
    return wanted in TRANSITIONS[current]
