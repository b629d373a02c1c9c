"""PINs of mailboxes: their shape, and which are too easy to guess."""

from __future__ import annotations

import hashlib
from typing import Final

LEAST_DIGITS: Final = 4
MOST_DIGITS: Final = 10
MOST_WRONG: Final = 5
"""Wrong PINs in a row, over all calls, after which a box is locked."""
LOCKED_MINUTES: Final = 30

_ROWS: Final = ("01234567890123456789", "98765432109876543210", "2580", "0852", "147258369", "963852741", "1397")


def fault_of_pin(pin: str, number: str) -> str:
    """Why this cannot be the PIN of the box with that number, in a sentence; empty: it can."""
    if not (pin.isascii() and pin.isdigit() and LEAST_DIGITS <= len(pin) <= MOST_DIGITS):
        return f"a PIN has {LEAST_DIGITS} to {MOST_DIGITS} digits"
    if number and (pin in {number, number[::-1]} or pin == (number * len(pin))[: len(pin)] or _padded(pin, number)):
        return "a PIN is not the number of the box"
    if any(pin == (pin[:size] * len(pin))[: len(pin)] for size in (1, 2)):
        return "a PIN is not one or two digits again and again"
    if any(pin in row for row in _ROWS):
        return "a PIN is not a row of keys"
    return ""


def is_weak(pin: str, number: str) -> bool:
    """Whether this cannot be the PIN of the box with that number."""
    return bool(fault_of_pin(pin, number))


def fingerprint(pin: str, salt: str) -> str:
    """Tells two entries of one call apart while it waits for the second; no protection of a PIN by itself."""
    return hashlib.sha256(f"{salt}:{pin}".encode()).hexdigest()[:16]


def _padded(pin: str, number: str) -> bool:
    return pin.strip("0") == number.strip("0") != ""
