"""Secrets at rest: encrypted with a key from the settings (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

import base64
import binascii

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """It was encrypted with a key that is not among the settings' keys, or was tampered with."""


class SecretBox:
    """Encrypts with the first key, opens with any: a new key is put in front of the old one.

    Args:
        keys: Fernet keys (url-safe base64 of 32 bytes), separated by commas.
    """

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in checked_keys(keys)])

    def seal(self, secret: str) -> str:
        """`secret`, encrypted."""
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            SecretUnreadable: none of the keys opens it.
        """
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeError) as error:
            raise SecretUnreadable from error


def checked_keys(keys: str) -> list[str]:
    """The keys in `keys`, one or more.

    Raises:
        ValueError: one of them is not url-safe base64 of 32 bytes.
    """
    found = [key.strip() for key in keys.split(",") if key.strip()]
    if not found:
        raise ValueError("needs at least one Fernet key")
    for key in found:
        try:
            right = len(base64.urlsafe_b64decode(key)) == 32
        except (binascii.Error, ValueError):
            right = False
        if not right:
            raise ValueError("a Fernet key is url-safe base64 of 32 bytes")
    return found
