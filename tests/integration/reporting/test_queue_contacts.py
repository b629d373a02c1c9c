"""What became of queues' contacts, by queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from services.reporting.store_contacts import ContactStore
from shared.contracts.acd import QueueContactEnded
from shared.contracts.directory import TenantChanged
from tests.support.reporting import OTHER, TENANT, token
from tests.support.waiting import eventually

SUPPORT, SALES = UUID(int=10), UUID(int=11)
SARA, REZA = UUID(int=20), UUID(int=21)
SLUGS = {SUPPORT: "support", SALES: "sales"}
_entries = count(1)


def ended(
    at: datetime,
    how: str = "hung_up",
    to: str | None = None,
    *,
    queue_id: UUID = SUPPORT,
    tenant_id: UUID = TENANT,
    agent_id: UUID = SARA,
    **more: Any,
) -> QueueContactEnded:
    return QueueContactEnded(
        tenant_id=tenant_id,
        occurred_at=at,
        queue_id=queue_id,
        queue=SLUGS[queue_id],
        entry_id=UUID(int=next(_entries)),
        agent_id=agent_id,
        agent_leg_id="leg",
        talk_seconds=60,
        ended=how,
        destination=to,
        **more,
    )


async def figures(reporting: Any, **query: Any) -> dict[str, dict[str, Any]]:
    answer = await reporting.client.get("/v1/queue-contacts", params=query)
    assert answer.status_code == 200, answer.text
    return {one["slug"]: one for one in answer.json()["items"]}


async def test_transfers_are_counted_by_queue_kind_and_place(reporting: Any) -> None:
    now = reporting.clock.now()
    for event in (
        ended(now),
        ended(now, "transferred", "queue:sales"),
        ended(now, "transferred", f"agent:{REZA}", warm=True, consults=2, hold_seconds=30),
        ended(now, "transferred", "external:+982112345678", warm=True, consults=1, hold_seconds=12),
        ended(now, "transferred", "extension:102"),
        ended(now, "transferred"),
        ended(now, "put_back", consults=1),
        ended(now, "switch_lost"),
        ended(now, "transferred", "queue:support", queue_id=SALES),
        ended(now, tenant_id=OTHER),
    ):
        await reporting.bus.publish(event)

    async def all_there() -> bool:
        found = await figures(reporting, until=(now + timedelta(seconds=1)).isoformat())
        return sum(one["contacts"] for one in found.values()) == 9

    await eventually(all_there)
    found = await figures(reporting, until=(now + timedelta(seconds=1)).isoformat())
    assert list(found) == ["sales", "support"]
    assert found["support"] == {
        "queue_id": str(SUPPORT),
        "slug": "support",
        "contacts": 8,
        "talk_seconds": 480,
        "hold_seconds": 42,
        "held": 2,
        "consulted": 3,
        "consults": 4,
        "transferred": 5,
        "blind": 3,
        "warm": 2,
        "to_agent": 1,
        "to_queue": 1,
        "to_extension": 1,
        "outside": 1,
        "elsewhere": 1,
        "put_back": 1,
        "switch_lost": 1,
    }
    assert (found["sales"]["transferred"], found["sales"]["to_queue"]) == (1, 1)


async def test_figures_are_of_a_period_a_queue_and_an_agent(reporting: Any) -> None:
    store, now = ContactStore(reporting.database), reporting.clock.now()
    told = [
        ended(now, "put_back"),
        ended(now + timedelta(hours=1), agent_id=REZA),
        ended(now + timedelta(hours=1), queue_id=SALES),
    ]
    await store.take(told)
    await store.take(told)  # what is told twice counts once
    begin, end = now.isoformat(), (now + timedelta(hours=1)).isoformat()
    assert {slug: one["contacts"] for slug, one in (await figures(reporting, since=begin, until=end)).items()} == {
        "support": 1
    }
    later = {"since": end, "until": (now + timedelta(hours=2)).isoformat()}
    assert set(await figures(reporting, **later)) == {"sales", "support"}
    assert set(await figures(reporting, **later, queue_id=str(SALES))) == {"sales"}
    assert set(await figures(reporting, **later, agent_id=str(REZA))) == {"support"}


async def test_today_is_the_tenants_where_no_period_is_given(reporting: Any) -> None:
    await reporting.bus.publish(
        TenantChanged(
            revision=1, tenant_id=TENANT, id=TENANT, slug="acme", display_name="Acme", domain="acme.example",
            country="IR", time_zone="Asia/Tehran",
        )
    )  # fmt: skip

    async def period() -> list[str]:
        answer = await reporting.client.get("/v1/queue-contacts")
        return [answer.json()[name] for name in ("since", "until")]

    since, until = await eventually(period, lambda found: found[0].endswith(("20:30:00Z", "+03:30")))
    assert datetime.fromisoformat(until) == reporting.clock.now()
    assert timedelta() <= datetime.fromisoformat(until) - datetime.fromisoformat(since) < timedelta(days=1)


async def test_wrong_periods_and_readers_are_refused(reporting: Any) -> None:
    wrong = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    answer = await reporting.client.get("/v1/queue-contacts", params=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_period")
    answer = await reporting.client.get("/v1/queue-contacts", params={"since": "2026-01-02T00:00:00"})
    assert answer.status_code == 422, "without a time zone it is no moment"
    answer = await reporting.client.get("/v1/queue-contacts", headers=token("agent"))
    assert answer.status_code == 403
