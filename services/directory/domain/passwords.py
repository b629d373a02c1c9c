"""Passwords of people and of SIP devices: how good one must be, and how one is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["MIN_LENGTH", "RANDOM_BYTES", "generate", "weakness"]

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 128
RANDOM_BYTES: Final = 20
"""What `generate` wants; each byte gives one character."""

# No 0/O, 1/l/I: a password may be read out over a phone. 56 characters, so 20 of them hold 116 bits.
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
_MIN_DISTINCT: Final = 6
_WELL_KNOWN: Final = frozenset(
    {"password", "passw0rd", "12345678", "qwertyui", "asdfghjk", "letmein", "abcdefgh", "welcome", "asterisk"}
)


def weakness(password: str, known: Iterable[str] = ()) -> str | None:
    """What makes `password` too easy to guess; none when it is good.

    `known` are words an attacker knows (user name, number, domain, mail address): it must not contain them.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"must be {MIN_LENGTH}-{MAX_LENGTH} characters"
    if len(set(password)) < _MIN_DISTINCT:
        return f"must hold at least {_MIN_DISTINCT} different characters"
    folded = password.casefold()
    if any(word in folded for word in _WELL_KNOWN):
        return "is built on a well-known password"
    if any(len(word) >= 3 and word.casefold() in folded for word in known):
        return "must not contain the user name, number, domain or mail address"
    return None


def generate(randomness: bytes) -> str:
    """A password of one character per byte of `randomness` (RANDOM_BYTES of it)."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in randomness)
