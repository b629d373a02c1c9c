"""Digest authentication as mod_sofia checks it, and as a phone answers it (RFC 2617, sofia_reg.c)."""

from __future__ import annotations

import hashlib


def a1_hash(user: str, realm: str, password: str) -> str:
    """The hash a directory stores in place of the password."""
    return _md5(f"{user}:{realm}:{password}")


def response(a1: str, *, nonce: str, nc: str, cnonce: str, method: str, uri: str) -> str:
    """The digest answer with `qop=auth` for a challenge."""
    return _md5(f"{a1}:{nonce}:{nc}:{cnonce}:auth:{_md5(f'{method}:{uri}')}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
