"""The keys that sign access tokens: private ones in a file, public ones as a JWKS.

The file holds one or more Ed25519 keys in PEM. The first signs; all are published, so that tokens signed before a
rotation stay good.
Where several directories run they share the file (a mounted secret); it is read again when it changes.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.http.tokens import TokenSigner
from shared.runtime.logs import get_logger

log = get_logger(__name__)

KEPT = 3
"""Keys kept at a rotation; tokens live minutes, so two would do."""
_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\s*", re.DOTALL)


class SigningKeysUnreadable(Exception):
    """The file does not hold Ed25519 private keys in PEM."""


class SigningKeys:
    """Signs, verifies and publishes. A ``KeySource`` of the directory's own tokens.

    Args:
        path: the file; made with one new key, readable by its owner only, when it is not there.
        issuer: named in tokens.
        lifetime: of an access token.
    """

    def __init__(self, path: Path, *, issuer: str, lifetime: timedelta) -> None:
        self._path = path
        self._issuer = issuer
        self._lifetime = lifetime
        self._stamp: tuple[int, int] | None = None
        self._signers: list[TokenSigner] = []
        self._public: dict[str, Ed25519PublicKey] = {}

    def signer(self) -> TokenSigner:
        """Signs with the newest key."""
        self._follow_file()
        return self._signers[0]

    async def key(self, key_id: str) -> Ed25519PublicKey | None:
        """The public key of that id, if it is one of ours."""
        self._follow_file()
        return self._public.get(key_id)

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        self._follow_file()
        return {"keys": [signer.jwk() for signer in self._signers]}

    def _follow_file(self) -> None:
        """Read the file if it changed. What was read once stays in use while the file cannot be read."""
        try:
            if not self._path.exists() and not self._signers:
                create(self._path)
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            keys = read(self._path)
        except (OSError, SigningKeysUnreadable) as error:
            if not self._signers:
                raise
            log.warning("signing keys not read again", reason=str(error))
            return
        self._signers = [
            TokenSigner(key, key_id(key.public_key()), issuer=self._issuer, lifetime=self._lifetime) for key in keys
        ]
        self._public = {key_id(key.public_key()): key.public_key() for key in keys}
        self._stamp = stamp


def key_id(key: Ed25519PublicKey) -> str:
    """A short name that depends on the key alone."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def read(path: Path) -> list[Ed25519PrivateKey]:
    """The keys in a file, newest first.

    Raises:
        SigningKeysUnreadable: there are none, or others than Ed25519.
        OSError: the file cannot be read.
    """
    try:
        keys = [serialization.load_pem_private_key(pem, None) for pem in _PEM.findall(path.read_bytes())]
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeysUnreadable(f"{path} holds a broken key") from error
    found = [key for key in keys if isinstance(key, Ed25519PrivateKey)]
    if not found or len(found) != len(keys):
        raise SigningKeysUnreadable(f"{path} must hold Ed25519 private keys in PEM")
    return found


def create(path: Path) -> None:
    """Make the file with one new key; when another process makes it at the same moment, that one's key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    _write(draft, [Ed25519PrivateKey.generate()])
    try:
        with suppress(FileExistsError):
            os.link(draft, path)  # whole, or not at all
    finally:
        draft.unlink()


def rotate(path: Path) -> str:
    """Put a new key in front and keep the last ones; returns the new key's id."""
    new = Ed25519PrivateKey.generate()
    held = read(path) if path.exists() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    _write(draft, [new, *held][:KEPT])
    draft.replace(path)
    return key_id(new.public_key())


def _write(path: Path, keys: list[Ed25519PrivateKey]) -> None:
    pem = b"".join(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for key in keys
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
