"""Names of devices."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

__all__ = ["free_username"]


def free_username(extension_number: str, taken: Collection[str]) -> str:
    """The SIP user name of an extension's next device: its number, then ``101-2``, ``101-3``, ..."""
    if extension_number not in taken:
        return extension_number
    return next(name for index in count(2) if (name := f"{extension_number}-{index}") not in taken)
