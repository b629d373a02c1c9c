"""A call's state, sealed for the channel variable that carries it from one process to the next.

It holds what callers typed, so it is encrypted (AES-256-GCM), and bound to the channel. What does not fit into a
variable stands in the table ``call_states`` instead.
"""

from __future__ import annotations

import base64
import os
import zlib
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.ivr.domain.state import State, UnreadableState

MOST_CHARACTERS: Final = 1900
"""Of a channel variable (VALUE_MAX_LENGTH is 2,048)."""
IN_TABLE: Final = "table"
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A state with what tells whether it is still the call's.

    Args:
        program: the program it belongs to.
        turn: which handing-over by routing.
        recording: name of what was being recorded; empty: nothing.
    """

    program: str
    turn: int
    state: State
    recording: str = ""


class StateBox:
    """Seals states.

    Args:
        secret: what every replica knows.
    """

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"seda ivr call state").derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, kept: Kept, leg_id: str) -> bytes:
        """The sealed state."""
        plain = orjson.dumps([kept.program, kept.turn, kept.state.to_document(), kept.recording])
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(plain, 6), leg_id.encode())

    def open(self, sealed: bytes, leg_id: str) -> Kept:
        """What was sealed.

        Raises:
            UnreadableState: it was not sealed here, or for another leg.
        """
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], leg_id.encode())
            program, turn, document, recording = orjson.loads(zlib.decompress(plain))
        except (InvalidTag, ValueError, zlib.error) as error:
            raise UnreadableState("not a state of this call") from error
        return Kept(str(program), int(turn), State.from_document(document), str(recording))


def as_text(sealed: bytes) -> str | None:
    """For a channel variable; none when it does not fit."""
    text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return text if len(text) <= MOST_CHARACTERS else None


def from_text(text: str) -> bytes:
    """The sealed state that stands in a channel variable.

    Raises:
        UnreadableState: nothing of the kind stands there.
    """
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise UnreadableState("not base64") from error
