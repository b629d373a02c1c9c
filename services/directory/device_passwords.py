"""Passwords of devices, given or made."""

from __future__ import annotations

import secrets

from services.directory.domain.passwords import RANDOM_BYTES, generate, weakness
from services.directory.errors import WeakPassword


def new_sip_password() -> str:
    """A password for a device, from the system's randomness."""
    return generate(secrets.token_bytes(RANDOM_BYTES))


def checked_sip_password(password: str | None, username: str, domain: str) -> str | None:
    """`password` itself, if one is given.

    Raises:
        WeakPassword: it is too easy to guess.
    """
    if password is not None and (reason := weakness(password, (username, domain))):
        raise WeakPassword(f"the password {reason}", field="password")
    return password
