"""Callbacks over REST."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.acd.domain.callbacks import Callback, CallbackState
from services.acd.records import Entry
from services.acd.store import FloorStore
from shared.contracts.acd import FloorReply, QueueJoined
from shared.db.outbox import Outbox
from shared.telephony.ids import new_id, new_leg_id
from tests.integration.acd.world import ACME, Acd, FakeFloor

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


async def kept(acd: Acd, queue_id: UUID, state: CallbackState, number: str = "+989121234567") -> Entry:
    store = FloorStore(acd.database, Outbox(acd.database))
    callback = Callback(state, NOON, number, attempts=1)
    entry = Entry(queue_id=queue_id, joined_at=NOON, leg_id=str(new_leg_id()), callback=callback, attempts=1)
    told = QueueJoined(tenant_id=ACME.id, queue_id=queue_id, queue="support", entry_id=entry.id, joined_at=NOON)
    await store.join(ACME.id, [entry], lambda _: told)
    (found,) = [one for one in (await store.load(ACME.id)).entries if one.id == entry.id]
    assert found.callback == callback, "a new owner finds it as it was"
    if state is not CallbackState.WAITING:
        await store.save(ACME.id, entries=[replace(found, state="left")])
    return entry


async def test_callbacks_are_listed_by_queue_and_state(acd: Acd) -> None:
    queue = UUID((await acd.admin.made("/v1/queues", {"slug": "support"}))["id"])
    waiting = await kept(acd, queue, CallbackState.WAITING)
    over = await kept(acd, queue, CallbackState.GIVEN_UP)

    async def listed(**query: Any) -> list[str]:
        answer = await acd.supervisor.get("/v1/callbacks", **query)
        assert answer.status_code == 200, answer.text
        return [one["entry_id"] for one in answer.json()["items"]]

    assert await listed() == [str(one.id) for one in sorted((waiting, over), key=lambda one: one.id)]
    assert await listed(state="waiting") == [str(waiting.id)]
    assert await listed(state="given_up", queue_id=str(queue)) == [str(over.id)]
    assert await listed(queue_id=str(new_id())) == []
    page = (await acd.supervisor.get("/v1/callbacks", limit=1)).json()
    assert len(page["items"]) == 1
    assert len((await acd.supervisor.get("/v1/callbacks", limit=1, cursor=page["next_cursor"])).json()["items"]) == 1
    assert (await acd.rival.get("/v1/callbacks")).json()["items"] == []
    shown = (await acd.supervisor.get("/v1/callbacks", state="waiting")).json()["items"][0]["callback"]
    assert (shown["number"], shown["attempts"], shown["asked_at"]) == ("+989121234567", 1, "2026-03-14T12:00:00Z")
    assert (await acd.supervisor.get("/v1/callbacks", state="later")).status_code == 422


async def test_callbacks_are_cancelled_and_moved_by_whoever_owns_the_floor(acd: Acd) -> None:
    queue = await acd.admin.made("/v1/queues", {"slug": "support"})
    floor = FakeFloor()
    await floor.serve(acd.bus, ACME.id)
    entry_id = new_id()
    assert (await acd.supervisor.post(f"/v1/callbacks/{entry_id}/cancel")).status_code == 200
    assert floor.asked[-1].action == "cancel_callback"  # type: ignore[attr-defined]
    moved = await acd.supervisor.post(f"/v1/callbacks/{entry_id}/move", {"queue_id": queue["id"]})
    assert (moved.status_code, floor.asked[-1].action) == (200, "move")  # type: ignore[attr-defined]
    unknown = await acd.supervisor.post(f"/v1/callbacks/{entry_id}/move", {"queue_id": str(new_id())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "queue_unknown")
    floor.refusal = FloorReply(ok=False, code="not_found", detail="no such callback")
    gone = await acd.supervisor.post(f"/v1/callbacks/{entry_id}/cancel")
    assert (gone.status_code, gone.json()["code"]) == (404, "callback_unknown")
    assert (await acd.sara.post(f"/v1/callbacks/{entry_id}/cancel")).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"callback": {"key": "12"}}, "callback.key"),
        ({"callback": {"retry_seconds": 1}}, "callback.retry_seconds"),
        ({"callback": {"key": "1"}, "leave_keys": {"1": "voicemail:101"}}, "callback.key"),
    ],
)
async def test_rules_that_make_no_sense_are_refused_with_their_field(
    acd: Acd, body: dict[str, Any], field: str
) -> None:
    answer = await acd.admin.post("/v1/queues", {"slug": "support", **body})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


async def test_a_queue_shows_how_it_calls_back(acd: Acd) -> None:
    rules = {"key": "2", "most_attempts": 5, "hours": {"weekly": {"monday": "09:00-17:00"}}}
    made = await acd.admin.made("/v1/queues", {"slug": "support", "callback_enabled": True, "callback": rules})
    assert (made["callback_enabled"], made["callback"]["key"], made["callback"]["abroad"]) == (True, "2", False)
    assert made["callback"]["hours"]["time_zone"] == "Asia/Tehran"
    store = FloorStore(acd.database, Outbox(acd.database))
    config = (await store.configuration(ACME.id)).queues[UUID(made["id"])]
    assert (config.callback_key, config.callback.most_attempts, config.callback.retry_seconds) == ("2", 5, 900)
    assert config.callback.hours is not None
