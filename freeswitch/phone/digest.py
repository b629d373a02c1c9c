"""Digest authentication without I/O: MD5, with and without qop=auth (RFC 2617, RFC 7616)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_PARAM = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class UnsupportedChallengeError(ValueError):
    """The challenge is not Digest with MD5 and (if it names one) qop=auth."""


@dataclass(frozen=True)
class Challenge:
    """What a WWW-Authenticate or Proxy-Authenticate header asked for."""

    realm: str
    nonce: str
    qop: str = ""
    opaque: str = ""


def parse_challenge(header: str) -> Challenge:
    """Read a challenge.

    Raises:
        UnsupportedChallengeError: it cannot be answered by this module.
    """
    scheme, _, rest = header.strip().partition(" ")
    values = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PARAM.finditer(rest)}
    offered = [item.strip() for item in values.get("qop", "").split(",") if item.strip()]
    if scheme.lower() != "digest" or values.get("algorithm", "MD5").upper() != "MD5":
        raise UnsupportedChallengeError(f"not Digest with MD5: {header[:80]!r}")
    if offered and "auth" not in offered:
        raise UnsupportedChallengeError(f"no qop=auth among {offered}")
    return Challenge(values["realm"], values["nonce"], "auth" if offered else "", values.get("opaque", ""))


def a1_hash(user: str, realm: str, password: str) -> str:
    """MD5 of `user:realm:password`, the only form of a password that Seda stores."""
    return _md5(f"{user}:{realm}:{password}")


def digest_response(
    a1: str, challenge: Challenge, *, method: str, uri: str, nonce_count: int = 1, cnonce: str = ""
) -> str:
    """The `response` value for one request; `nonce_count` from 1 up for each use of the nonce."""
    a2 = _md5(f"{method}:{uri}")
    if challenge.qop:
        return _md5(f"{a1}:{challenge.nonce}:{nonce_count:08x}:{cnonce}:{challenge.qop}:{a2}")
    return _md5(f"{a1}:{challenge.nonce}:{a2}")


def authorization(
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, cnonce: str, nonce_count: int = 1
) -> str:
    """The value of an Authorization or Proxy-Authorization header answering `challenge`."""
    a1 = a1_hash(user, challenge.realm, password)
    response = digest_response(a1, challenge, method=method, uri=uri, nonce_count=nonce_count, cnonce=cnonce)
    parts = [f'username="{user}"', f'realm="{challenge.realm}"', f'nonce="{challenge.nonce}"', f'uri="{uri}"']
    parts += [f'response="{response}"', "algorithm=MD5"]
    if challenge.opaque:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={nonce_count:08x}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
