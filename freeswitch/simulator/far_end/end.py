"""What a leg of the switch needs of its far end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


class FarEnd(Protocol):
    """A phone, a carrier, or the other half of a loopback."""

    def attach(self, session: Session) -> None:
        """The switch made its leg."""

    def invited(self) -> None:
        """The switch calls."""

    def switch_ringing(self) -> None:
        """The switch says that it rings."""

    def switch_early_media(self) -> None:
        """The switch sends early media."""

    def switch_answered(self) -> None:
        """The switch answers."""

    def switch_shows(self, name: str, number: str) -> None:
        """The switch tells who is on the other side of a bridge."""

    def switch_hung_up(self, session: Session) -> None:
        """The leg is over."""

    def hear(self, digits: str) -> None:
        """DTMF comes from the switch."""

    def silent_from(self) -> int | None:
        """From when on nothing is said (microseconds since 1970); None: it talks to the end."""
