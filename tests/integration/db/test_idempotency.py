"""A request sent twice with one key is served once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from shared.db.engine import Database
from shared.db.idempotency import (
    Claim,
    ClaimLost,
    IdempotencyStore,
    KeyReused,
    StillInProgress,
    StoredAnswer,
    forget_old,
)
from shared.telephony.ids import new_id
from tests.integration.db.models import Extension

ANN = new_id()
CREATED = StoredAnswer(201, {"location": "/v1/extensions/1"}, b'{"number": "101"}')


@pytest.fixture
def store(db: Database) -> IdempotencyStore:
    return IdempotencyStore(db)


async def claimed(
    store: IdempotencyStore, key: str = "k", fingerprint: str = "f", tenant_id: UUID | None = None
) -> Claim:
    claim = await store.begin("ann", key, fingerprint, tenant_id=tenant_id)
    assert isinstance(claim, Claim)
    return claim


async def finish(store: IdempotencyStore, claim: Claim) -> None:
    await store.finish(claim, status=CREATED.status, headers=CREATED.headers, body=CREATED.body)


async def test_second_request_gets_the_first_answer(store: IdempotencyStore) -> None:
    await finish(store, await claimed(store))
    assert await store.begin("ann", "k", "f") == CREATED


async def test_key_with_another_body_is_refused_before_and_after_the_answer(store: IdempotencyStore) -> None:
    claim = await claimed(store)
    with pytest.raises(KeyReused):
        await store.begin("ann", "k", "other")
    await finish(store, claim)
    with pytest.raises(KeyReused):
        await store.begin("ann", "k", "other")


async def test_keys_of_two_owners_are_two_keys(store: IdempotencyStore) -> None:
    await finish(store, await claimed(store))
    assert isinstance(await store.begin("bob", "k", "f"), Claim)


async def test_of_many_requests_at_once_one_works_and_the_others_are_told_to_wait(store: IdempotencyStore) -> None:
    answers = await asyncio.gather(*(store.begin("ann", "k", "f") for _ in range(10)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Claim"] + ["StillInProgress"] * 9


async def test_abandoned_key_can_be_used_again_at_once(store: IdempotencyStore) -> None:
    await store.abandon(await claimed(store))
    await claimed(store)


async def test_answer_and_work_are_committed_together(db: Database, store: IdempotencyStore) -> None:
    claim = await claimed(store, tenant_id=ANN)
    with pytest.raises(RuntimeError):
        await work(db, store, claim, fail=True)
    with pytest.raises(StillInProgress):
        await store.begin("ann", "k", "f")
    await work(db, store, claim)
    assert await store.begin("ann", "k", "f") == CREATED


async def work(db: Database, store: IdempotencyStore, claim: Claim, *, number: str = "101", fail: bool = False) -> None:
    async with db.tenant(ANN) as session:
        session.add(Extension(tenant_id=ANN, number=number))
        await store.finish(claim, status=CREATED.status, headers=CREATED.headers, body=CREATED.body, session=session)
        if fail:
            raise RuntimeError


async def test_key_of_a_vanished_holder_is_taken_over_and_its_late_work_undone(db: Database) -> None:
    store = IdempotencyStore(db, claim_seconds=1e-6)
    late = await claimed(store, tenant_id=ANN)
    with pytest.raises(KeyReused):
        await store.begin("ann", "k", "other")
    await work(db, store, await claimed(store, tenant_id=ANN))
    with pytest.raises(ClaimLost):
        await work(db, store, late, number="102")
    async with db.tenant(ANN) as session:
        assert (await session.exec(select(Extension.number))).all() == ["101"]


async def test_tenant_sees_only_its_own_keys(db: Database, store: IdempotencyStore) -> None:
    await claimed(store, tenant_id=ANN)
    for tenant_id, seen in ((ANN, 1), (new_id(), 0)):
        async with db.tenant(tenant_id) as session:
            assert (await session.execute(text("SELECT count(*) FROM idempotency_keys"))).scalar_one() == seen


async def test_answer_of_yesterday_is_forgotten(db: Database, store: IdempotencyStore) -> None:
    await finish(store, await claimed(store))
    async with db.platform() as session:
        await session.execute(text("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"))
    fresh = await claimed(store, fingerprint="other")
    await finish(store, fresh)
    assert await store.begin("ann", "k", "other") == CREATED
    async with db.platform() as session:
        assert await forget_old(session) == 0
        await session.execute(text("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'"))
        assert await forget_old(session) == 1
