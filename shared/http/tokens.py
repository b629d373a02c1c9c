"""Access tokens: EdDSA-signed JWTs (RFC 8037), made by ``directory`` and verified offline by everyone else."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from shared.http.errors import Unauthorized, Unavailable

ALGORITHM = "EdDSA"
AUDIENCE = "seda-api"
_FETCH_SECONDS = 2.0
_MOST_BYTES = 1 << 20


class InvalidToken(Unauthorized):
    """The token is broken, expired, or signed by somebody else."""

    code = "invalid_token"
    title = "The access token is not valid"


class KeysUnavailable(Unavailable):
    """The public keys cannot be had just now, and none are remembered."""

    code = "keys_unavailable"
    title = "Tokens cannot be checked just now"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    ``scopes`` is none for a person (roles decide) and a set for a token made from an API key (scopes decide).
    """

    subject: str
    tenant_id: UUID | None
    roles: frozenset[str]
    scopes: frozenset[str] | None = None


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, key_id: str) -> Ed25519PublicKey | None:
        """The key of that id, or none."""
        ...


class StaticKeySource:
    """Keys that are known here (in directory, and in tests)."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    async def key(self, key_id: str) -> Ed25519PublicKey | None:
        return self._keys.get(key_id)


class JwksKeySource:
    """Keys fetched from directory and remembered.

    An unknown key id asks again, at most once in ``min_refresh_seconds``.
    Keys once seen stay usable while directory is away.
    """

    name = "jwks"

    def __init__(self, url: str, *, refresh_seconds: float = 300.0, min_refresh_seconds: float = 2.0) -> None:
        self._url = url
        self._refresh = refresh_seconds
        self._min_refresh = min_refresh_seconds
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> Ed25519PublicKey | None:
        known = self._keys.get(key_id)
        if known is not None and self._lock.locked():
            return known  # somebody asks already, and directory may be away
        if self._is_due(key_id):
            await self._fetch(key_id)
        if not self._keys:
            raise KeysUnavailable()
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        age = time.monotonic() - self._fetched_at
        return age > self._refresh or (key_id not in self._keys and age > self._min_refresh)

    async def _fetch(self, key_id: str) -> None:
        async with self._lock:
            if not self._is_due(key_id):
                return  # the answer came while this one waited
            try:
                answer = await asyncio.to_thread(_get_json, self._url)
                self._keys = dict(public_key(entry) for entry in answer["keys"])
            except (OSError, HTTPException, ValueError, KeyError, TypeError):
                return  # what is remembered stays
            finally:
                self._fetched_at = time.monotonic()


def _get_json(url: str) -> Any:
    """What a URL answers, with the standard library: httpx would cost every service 9 MB for this one question."""
    place = urlsplit(url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    with closing(kind(place.netloc, timeout=_FETCH_SECONDS)) as connection:
        connection.request("GET", f"{place.path or '/'}?{place.query}".rstrip("?"))
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            raise HTTPException(f"{url} answers {answer.status}")
        return json.loads(answer.read(_MOST_BYTES))


def public_key(entry: Mapping[str, Any]) -> tuple[str, Ed25519PublicKey]:
    """A key id and key from an entry of a JWKS.

    Raises:
        ValueError: not an Ed25519 public key.
    """
    try:
        key = OKPAlgorithm.from_jwk(dict(entry))
    except jwt.InvalidKeyError as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return str(entry["kid"]), key


class TokenSigner:
    """Makes access tokens.

    Args:
        key: the private key. Never leaves directory.
        key_id: names it in the token's header and in the JWKS.
        issuer: who signs.
        lifetime: how long a token is good for; there is no way to call one back, so minutes.
    """

    def __init__(
        self, key: Ed25519PrivateKey, key_id: str, *, issuer: str = "seda", lifetime: timedelta = timedelta(minutes=15)
    ) -> None:
        self._key = key
        self.key_id = key_id
        self._issuer = issuer
        self.lifetime = lifetime

    def sign(self, principal: Principal, *, now: datetime | None = None) -> str:
        """A token for ``principal``, good from ``now`` for ``lifetime``."""
        issued = now or datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": principal.subject,
            "jti": str(uuid4()),
            "iat": issued,
            "exp": issued + self.lifetime,
            "roles": sorted(principal.roles),
        }
        if principal.tenant_id:
            claims["tenant"] = str(principal.tenant_id)
        if principal.scopes is not None:
            claims["scope"] = " ".join(sorted(principal.scopes))
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def jwk(self) -> dict[str, Any]:
        """The public half, as an entry of a JWKS."""
        entry: dict[str, Any] = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**entry, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}


class TokenVerifier:
    """Checks access tokens.

    Args:
        keys: where public keys come from.
        issuer: the only issuer accepted.
    """

    def __init__(self, keys: KeySource, *, issuer: str = "seda") -> None:
        self._keys = keys
        self._issuer = issuer

    async def verify(self, token: str) -> Principal:
        """Who the token speaks for.

        Raises:
            InvalidToken: it is broken, expired, for somebody else or signed by an unknown key.
            KeysUnavailable: no key has ever been fetched and directory is away.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(str(header.get("kid", "")))
            if header.get("alg") != ALGORITHM or key is None:
                raise InvalidToken()
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
            return _principal(claims)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise InvalidToken() from error


def _principal(claims: Mapping[str, Any]) -> Principal:
    roles: Sequence[str] = claims.get("roles", [])
    scope = claims.get("scope")
    tenant = claims.get("tenant")
    return Principal(
        subject=str(claims["sub"]),
        tenant_id=UUID(tenant) if tenant else None,
        roles=frozenset(roles),
        scopes=frozenset(scope.split()) if scope is not None else None,
    )
