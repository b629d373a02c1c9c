"""How routing hands a call to a program (``ivr``) and gets it back: channel variables, and one sealed text.

Routing answers with the ``socket`` application and says in `PROGRAM` which program the call is for. The program leaves
by a transfer to `LEAVE` with a `Leaving` in `LEAVING`, sealed, so that nobody else can send a call somewhere in the
tenant's name; when nobody took the call there and it ``comes_back``, routing hands it over again, with why in `CAUSE`.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from shared.telephony.destinations import Destination

__all__ = [
    "CALLED",
    "CAUSE",
    "HOLD",
    "LEAVE",
    "LEAVING",
    "NOT_TAKEN",
    "PROGRAM",
    "PROGRAM_STATE",
    "TURN",
    "Leaving",
    "NotTaken",
    "TextSeal",
]

PROGRAM: Final = "seda_program"
"""Variable: the program, ``flow:<slug>`` or ``<built-in>:<argument>``."""
PROGRAM_STATE: Final = "seda_program_state"
"""Variable: where the call is in the program; written and read by the program alone."""
CALLED: Final = "seda_program_called"
"""Variable: the number that was called, as routing read it."""
CAUSE: Final = "seda_program_cause"
"""Variable: why nobody took the call where the program had sent it."""
NOT_TAKEN: Final = "seda_program_not_taken"
"""Variable: why who was called before did not take the call, a `NotTaken`; unset when nobody was, or all is usual."""
TURN: Final = "seda_program_turn"
"""Variable: counts how often routing handed the call over, so that a program tells a new beginning from its end."""
HOLD: Final = "hold:agent"
"""A program that is none: the leg waits in park for whoever sent it on (``acd``, of an agent who asks somebody)."""
LEAVING: Final = "seda_leaving"
"""Variable: where the program sends the call, sealed."""
LEAVE: Final = "seda-leave"
"""What a program transfers the call to."""

NotTaken = Literal["busy", "no_answer", "unavailable"]
"""Why somebody did not take a call. Do-not-disturb is busy."""

_BYTES: Final = 15
_NOT_TAKEN: Final = frozenset({"", *get_args(NotTaken)})
_PROGRAM: Final = re.compile(r"[a-z][a-z-]{0,31}:[A-Za-z0-9-]{0,63}")


class TextSeal:
    """Signs a text and binds it to one channel (HMAC-SHA-256 with a key of its own for each purpose).

    Args:
        secret: known to every replica of the services that share it, and to nobody who could set channel variables.
        purpose: texts of one purpose are of no use for another.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = hmac.digest(secret.encode(), purpose.encode(), "sha256")

    def close(self, text: str, leg_id: str) -> str:
        """The text for a channel variable of the leg ``leg_id``."""
        return f"{text};{self._signature(text, leg_id)}"

    def open(self, sealed: str, leg_id: str) -> str | None:
        """The text, when this leg was given it; none otherwise."""
        text, _, signature = sealed.rpartition(";")
        if not hmac.compare_digest(signature.encode(), self._signature(text, leg_id).encode()):
            return None
        return text

    def _signature(self, text: str, leg_id: str) -> str:
        digest = hmac.digest(self._key, f"{leg_id}\n{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:_BYTES]).decode()


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where a program sends its call.

    Args:
        destination: where to.
        program: who gets it back when nobody took it there; empty: nobody.
        ring_seconds: how long to ring, 5-120; none: as routing would.
        accept_key: whether who answers outside must press 1 to be connected.
        after: the program that gets the caller when who answered has hung up (a survey); empty: the call ends.
        not_taken: why who was called before did not take the call, for the program it is sent to; empty: nobody was.
    """

    destination: Destination
    program: str = ""
    ring_seconds: int | None = None
    accept_key: bool = False
    after: str = ""
    not_taken: NotTaken | Literal[""] = ""

    def encode(self) -> str:
        """As one short text. Raises ValueError: a part is none."""
        if not all(_PROGRAM.fullmatch(one) for one in (self.program, self.after) if one):
            raise ValueError("a program is written name:argument")
        if self.ring_seconds is not None and not 5 <= self.ring_seconds <= 120:
            raise ValueError("rings for 5-120 seconds")
        if self.not_taken not in _NOT_TAKEN:
            raise ValueError("nobody fails to take a call for that reason")
        text = f"1,{self.destination},{self.program},{self.ring_seconds or ''},{int(self.accept_key)},{self.after}"
        # Only where there is one: a routing of the last release reads all the others.
        return f"{text},{self.not_taken}" if self.not_taken else text

    @classmethod
    def decode(cls, text: str) -> Leaving | None:
        """What ``encode`` wrote; none when it is something else."""
        parts = text.split(",")
        if len(parts) not in (6, 7) or parts[0] != "1":
            return None
        try:
            ring_seconds = int(parts[3]) if parts[3] else None
            not_taken = cast("NotTaken", "".join(parts[6:]))
            found = cls(Destination.parse(parts[1]), parts[2], ring_seconds, parts[4] == "1", parts[5], not_taken)
            found.encode()
            return found
        except ValueError:
            return None
