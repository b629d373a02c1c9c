"""``Idempotency-Key`` on POST: asked twice, done once, answered the same.

Semantics after draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Header

from shared.http.errors import Conflict, Invalid

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="the same key with the same body within a day gets the first answer again",
    ),
]


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"


class IdempotencyInProgress(Conflict):
    """The first request of this key is still at work."""

    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still at work"


class KeyTable(Protocol):
    """Where keys are kept, in the transaction of the change itself."""

    async def find(self, session: Any, tenant_id: UUID | None, key: str) -> tuple[str, dict[str, Any] | None] | None:
        """Fingerprint and answer stored under a key."""
        ...


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
