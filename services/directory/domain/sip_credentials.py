"""What is kept of a device's SIP password."""

from __future__ import annotations

import hashlib

__all__ = ["a1_hash"]


def a1_hash(username: str, domain: str, password: str) -> str:
    """HA1 of digest authentication (RFC 2617, 3.2.2.2): 32 hexadecimal digits.

    FreeSWITCH takes it as the user parameter ``a1-hash``. It stands for the password at this domain only, and the
    password cannot be read back from it.
    """
    return hashlib.md5(f"{username}:{domain}:{password}".encode(), usedforsecurity=False).hexdigest()
