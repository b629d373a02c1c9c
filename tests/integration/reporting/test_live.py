"""The live view, from events to what a supervisor sees, on a clock that is stepped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from services.reporting.api_live import lines
from services.reporting.event_stream import EventStreams
from services.reporting.live import LOOK_SECONDS, LiveFloors
from services.reporting.live_writer import GATHER_SECONDS
from services.reporting.store_live import LiveStore, forget_entries
from shared.contracts.acd import (
    AgentChanged,
    AgentOtherCallChanged,
    AgentStatusChanged,
    QueueChanged,
    QueueJoined,
    QueueLeft,
)
from shared.contracts.directory import TenantChanged
from tests.support.reporting import OTHER, TENANT, token
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(60)

SUPPORT, SALES, SARA = UUID(int=21), UUID(int=22), UUID(int=23)
NAMES = {SUPPORT: "support", SALES: "sales"}


def about(entry: int, queue_id: UUID, at: datetime) -> dict[str, object]:
    return {
        "tenant_id": TENANT, "occurred_at": at, "queue_id": queue_id, "queue": NAMES[queue_id],
        "entry_id": UUID(int=entry),
    }  # fmt: skip


def joined(entry: int, at: datetime, queue_id: UUID = SUPPORT, *, told: datetime | None = None) -> QueueJoined:
    return QueueJoined(**about(entry, queue_id, told or at), joined_at=at)


def left(entry: int, outcome: str, waited: float, at: datetime, queue_id: UUID = SUPPORT) -> QueueLeft:
    since = at - timedelta(seconds=waited)
    return QueueLeft(**about(entry, queue_id, at), outcome=outcome, joined_at=since, left_at=at, waited_seconds=waited)


def does(status: str, at: datetime, **more: object) -> AgentStatusChanged:
    return AgentStatusChanged(
        tenant_id=TENANT, occurred_at=at, agent_id=SARA, status=status, reason="test", before="offline",
        before_seconds=0, **more,
    )  # fmt: skip


def other_call(at: datetime, *, on: bool) -> AgentOtherCallChanged:
    return AgentOtherCallChanged(tenant_id=TENANT, occurred_at=at, agent_id=SARA, on=on)


class Live:
    def __init__(self, reporting) -> None:
        self.reporting, self.clock, self.bus = reporting, reporting.clock, reporting.bus
        self.floors = next(one for one in reporting.app.components if isinstance(one, LiveFloors))
        self.store = LiveStore(reporting.database)

    async def tell(self, *events) -> None:
        """Events are told."""
        for event in events:
            await self.bus.publish(event)

    async def view(self, **query):
        answer = await self.reporting.client.get("/v1/live", params=query)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return {one["slug"]: one for one in found["queues"]}, {one["display_name"]: one for one in found["agents"]}

    async def until(self, holds) -> None:
        """Wait until the writer has written."""

        async def look() -> bool:
            return holds(*await self.view())

        await eventually(look)


@pytest.fixture
async def live(reporting):
    found = Live(reporting)
    await found.tell(
        TenantChanged(
            revision=1, tenant_id=TENANT, id=TENANT, slug="acme", display_name="Acme", domain="acme.example",
            country="IR", time_zone="Asia/Tehran",
        ),
        QueueChanged(revision=1, tenant_id=TENANT, id=SUPPORT, slug="support"),
        QueueChanged(revision=1, tenant_id=TENANT, id=SALES, slug="sales"),
        AgentChanged(
            revision=1, tenant_id=TENANT, id=SARA, display_name="Sara", phone="extension:101", queue_ids=(SUPPORT,)
        ),
    )  # fmt: skip
    await found.until(lambda queues, agents: len(queues) == 2 and "Sara" in agents)
    return found


async def test_the_view_is_never_more_than_a_second_old(live):
    idle = live.clock.sleepers
    async with live.floors.watch(TENANT) as changes:
        first = await anext(changes)
        await eventually(lambda: _is(live.clock.sleepers > idle))
        assert first.queues[SUPPORT].waiting == 0
        told = live.clock.now()  # just after a look: the longest that it can take
        await live.tell(joined(1, told))
        await live.until(lambda queues, _: queues["support"]["waiting"] == 1)
        await live.clock.advance(LOOK_SECONDS)
        seen = await anext(changes)
        assert (seen.queues[SUPPORT].waiting, seen.queues[SUPPORT].longest_since) == (1, told)
        assert SALES not in seen.queues, "only what changed"
        assert live.clock.now() - told + timedelta(seconds=GATHER_SECONDS) <= timedelta(seconds=1)
        await eventually(lambda: _is(live.clock.sleepers > idle))
        await live.clock.advance(LOOK_SECONDS)
        quiet = await anext(changes)
        assert (quiet.queues, quiet.agents) == ({}, {})
        assert quiet.at - seen.at <= timedelta(seconds=1), "that nothing changed is told as well"


async def _is(holds: bool) -> bool:
    return holds


async def test_a_queue_shows_who_waits_and_how_the_day_went(live):
    now = live.clock.now()
    before_midnight = datetime(2025, 12, 31, 20, 0, tzinfo=UTC)  # 23:30 in Tehran
    await live.tell(
        left(1, "answered", 12, now),
        left(2, "answered", 40, now),
        left(3, "abandoned", 30, now),
        left(4, "short_abandoned", 2, now),
        left(5, "answered", 1, before_midnight),
        joined(6, now - timedelta(seconds=9)),
        joined(7, now - timedelta(seconds=4)),
    )
    await live.until(lambda queues, _: queues["support"]["waiting"] == 2)
    queues, _ = await live.view()
    support = queues["support"]
    assert datetime.fromisoformat(support["longest_since"]) == now - timedelta(seconds=9)
    assert (support["offered"], support["answered"], support["abandoned"], support["short_abandoned"]) == (3, 2, 1, 1)
    assert support["service_level"] == pytest.approx(1 / 3)
    assert support["mean_wait_seconds"] == 26
    assert queues["sales"]["service_level"] is None


async def test_agents_show_what_they_do_and_queues_how_many_do_what(live):
    now = live.clock.now()
    await live.tell(does("paused", now, pause_reason="lunch"))
    await live.until(lambda _, agents: agents["Sara"]["status"] == "paused")
    queues, agents = await live.view()
    assert (agents["Sara"]["pause_reason"], queues["support"]["agents"]) == ("lunch", {"paused": 1})
    assert queues["sales"]["agents"] == {}
    assert not agents["Sara"]["on_other_call"]
    await live.tell(other_call(now, on=True))
    await live.until(lambda _, agents: agents["Sara"]["on_other_call"])
    assert (await live.view())[1]["Sara"]["status"] == "paused", "beside what the agent does"


async def test_who_was_moved_waits_in_the_other_queue_with_the_time_waited_so_far(live):
    since = live.clock.now()
    await live.tell(joined(1, since))
    await live.until(lambda queues, _: queues["support"]["waiting"] == 1)
    await live.tell(joined(1, since, SALES, told=since + timedelta(seconds=5)))
    await live.until(lambda queues, _: queues["sales"]["waiting"] == 1)
    queues, _ = await live.view()
    assert queues["support"]["waiting"] == 0
    assert datetime.fromisoformat(queues["sales"]["longest_since"]) == since


async def test_what_is_told_late_or_twice_changes_nothing(live):
    now = live.clock.now()
    gone, back = left(1, "abandoned", 30, now), joined(1, now - timedelta(seconds=30))
    await live.store.take([gone, does("available", now), other_call(now, on=True)])
    before = now - timedelta(seconds=1)
    await live.store.take([back, gone, does("paused", before), other_call(before, on=False)])
    queues, agents = await live.view()
    assert (queues["support"]["waiting"], queues["support"]["abandoned"]) == (0, 1)
    assert (agents["Sara"]["status"], agents["Sara"]["on_other_call"]) == ("available", True)


async def test_a_stream_begins_with_the_whole_view(live):
    streams = EventStreams(live.bus)
    streams.admit()
    stream = lines(live.floors, streams, TENANT)
    first = orjson.loads((await anext(stream)).removeprefix("data: "))
    await stream.aclose()
    assert [one["slug"] for one in first["queues"]] == ["support", "sales"]
    assert [one["display_name"] for one in first["agents"]] == ["Sara"]


async def test_a_view_is_for_those_who_lead_and_of_their_own_tenant(live):
    client = live.reporting.client
    assert (await client.get("/v1/live", headers=token("agent"))).status_code == 403
    assert (await client.get("/v1/live", headers=token("supervisor"))).status_code == 200
    assert (await client.get("/v1/live", params={"tenant_id": str(OTHER)})).status_code == 404
    other = await client.get("/v1/live", headers=token("manager", tenant=OTHER))
    assert (other.json()["queues"], other.json()["agents"]) == ([], [])


async def test_times_in_line_of_last_week_are_forgotten(live):
    now = live.clock.now()
    await live.tell(
        joined(1, now - timedelta(days=8)),
        left(1, "answered", 5, now - timedelta(days=8)),
        joined(2, now - timedelta(days=8)),
        joined(3, now - timedelta(days=6)),
        joined(4, now - timedelta(days=8), told=now),
    )
    await live.until(lambda queues, _: queues["support"]["waiting"] == 3)
    async with live.reporting.database.platform() as session:
        assert await forget_entries(live.clock)(session) == 2
    await live.until(lambda queues, _: queues["support"]["waiting"] == 2)
