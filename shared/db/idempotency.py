"""Answers kept under an ``Idempotency-Key``: whoever asks twice is answered twice and served once.

``begin`` claims the key, the work is done, ``finish`` stores the answer. Given the session of the work, ``finish``
commits answer and work together: then a crash at any moment leaves either both or neither. A claim whose holder
vanished can be taken over after ``claim_seconds``; the former holder's ``finish`` then fails, and takes its work down
with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text

from shared.db.engine import Database, Session
from shared.telephony.ids import new_id

KEEP: Final = timedelta(days=1)
"""How long an answer is given again; later the key is new."""

_CLAIM = text(
    """
    INSERT INTO idempotency_keys AS held (owner, key, tenant_id, fingerprint, claim, claimed_until)
    VALUES (:owner, :key, :tenant_id, :fingerprint, :claim, clock_timestamp() + :lease)
    ON CONFLICT (owner, key) DO UPDATE SET
        tenant_id = excluded.tenant_id, fingerprint = excluded.fingerprint, claim = excluded.claim,
        claimed_until = excluded.claimed_until, created_at = clock_timestamp(),
        status = NULL, headers = NULL, body = NULL
    WHERE held.created_at < clock_timestamp() - :keep
       OR (held.status IS NULL AND held.claimed_until < clock_timestamp() AND held.fingerprint = excluded.fingerprint)
    RETURNING claim
    """
)
_FIND = text("SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE owner = :owner AND key = :key")
_FINISH = text(
    "UPDATE idempotency_keys SET status = :status, headers = cast(:headers AS jsonb), body = :body"
    " WHERE owner = :owner AND key = :key AND claim = :claim AND status IS NULL"
)
_ABANDON = text(
    "DELETE FROM idempotency_keys WHERE owner = :owner AND key = :key AND claim = :claim AND status IS NULL"
)
_FORGET = text("DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - :keep")


class KeyReused(Exception):
    """The key belongs to another request."""


class StillInProgress(Exception):
    """The first request with this key has not been answered yet."""


class ClaimLost(Exception):
    """The work took so long that somebody else took the key over; it must not be committed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one key."""

    owner: str
    key: str
    token: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class IdempotencyStore:
    """The keys of one service.

    Args:
        database: the service's own.
        claim_seconds: how long the work may take; over 0.
    """

    def __init__(self, database: Database, *, claim_seconds: float = 60) -> None:
        self._database = database
        self._lease = timedelta(seconds=claim_seconds)

    async def begin(
        self, owner: str, key: str, fingerprint: str, *, tenant_id: UUID | None = None
    ) -> Claim | StoredAnswer:
        """Claim a key, or get the answer that is stored under it.

        Args:
            owner: who asks, tenant included; the keys of two owners have nothing to do with each other.
            key: what the client sent.
            fingerprint: of method, path and body.
            tenant_id: the tenant whose transaction ``finish`` will be given; none for platform transactions.

        Raises:
            KeyReused: the key was used with another fingerprint.
            StillInProgress: its first request is still at work.
        """
        claim = Claim(owner, key)
        claiming = {"tenant_id": tenant_id, "fingerprint": fingerprint, "claim": claim.token}
        while True:
            async with self._database.platform() as session:
                row = {"owner": owner, "key": key}
                taken = await session.execute(_CLAIM, {**row, **claiming, "lease": self._lease, "keep": KEEP})
                if taken.first() is not None:
                    return claim
                held = (await session.execute(_FIND, row)).first()
            if held is not None:  # else it was abandoned just now
                return _answer(held, fingerprint)

    async def finish(
        self, claim: Claim, *, status: int, headers: Mapping[str, str], body: bytes, session: Session | None = None
    ) -> None:
        """Store the answer, in the transaction of the work when ``session`` is given.

        Raises:
            ClaimLost: somebody else has taken the key over.
        """
        if session is None:
            async with self._database.platform() as own:
                await self.finish(claim, status=status, headers=headers, body=body, session=own)
            return
        values = {"status": status, "headers": orjson.dumps(dict(headers)).decode(), "body": body}
        done = await session.execute(_FINISH, {**_identity(claim), **values})
        if done.rowcount != 1:
            raise ClaimLost(claim.key)

    async def abandon(self, claim: Claim) -> None:
        """Give the key back unanswered, so that the client may try again at once (after a failure of ours)."""
        async with self._database.platform() as session:
            await session.execute(_ABANDON, _identity(claim))


async def forget_old(session: Session, keep: timedelta = KEEP) -> int:
    """Delete keys older than ``keep``; returns how many."""
    result = await session.execute(_FORGET, {"keep": keep})
    return int(result.rowcount)


def _identity(claim: Claim) -> dict[str, Any]:
    return {"owner": claim.owner, "key": claim.key, "claim": claim.token}


def _answer(held: Any, fingerprint: str) -> StoredAnswer:
    if held.fingerprint != fingerprint:
        raise KeyReused
    if held.status is None:
        raise StillInProgress
    return StoredAnswer(held.status, held.headers, bytes(held.body))
