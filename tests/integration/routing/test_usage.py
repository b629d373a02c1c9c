"""International minutes: counted once, known to every process, ending calls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from shared.bus.memory import MemoryBus
from shared.contracts.calls import CallHungUp
from shared.contracts.routing import InternationalUsageChanged, RoutingConfigChanged
from tests.integration.routing.world import Routing, app_for, extension_event
from tests.support.nats_server import until
from tests.unit.routing.questions import called
from tests.unit.routing.town import ACME, NOON, id_of

LONDON = "00442079460000"


def hung_up(seconds: float, leg_id: str | None = None, **values: Any) -> CallHungUp:
    leg = leg_id or str(uuid4())
    about = {
        "node_id": "node-1",
        "core_id": "core",
        "call_id": leg,
        "leg_id": leg,
        "tenant_id": ACME.id,
        "cause": "NORMAL_CLEARING",
        "leg_direction": "outbound",
        "trunk_id": str(id_of("carrier")),
        "number_class": "international",
        "billed_extension_id": str(id_of("acme/101")),
        "billable_seconds": seconds,
        "answered_at": NOON,
        **values,
    }
    return CallHungUp(**about)


async def used(routing: Routing) -> int:
    return int((await routing.admin.get("/v1/limits")).json()["international_seconds_today"])


async def test_a_leg_uses_minutes_once_however_often_it_is_told(routing: Routing) -> None:
    leg = str(uuid4())
    for event in (hung_up(90.2, leg), hung_up(90.2, leg), hung_up(9, number_class="national"), hung_up(29)):
        await routing.bus.publish(event)
    replica = routing.app.http.state.here.replica
    key = (ACME.id, NOON.date())
    await until(lambda: replica.usage.international_seconds.get(key, 0) >= 120)
    assert await used(routing) == 91 + 29
    own = await routing.admin.get(f"/v1/extensions/{id_of('acme/101')}/limits")
    assert own.json()["international_seconds_today"] == 120
    await until(lambda: len(routing.bus.published(InternationalUsageChanged)) == 4)
    assert {event.tenant_id for event in routing.bus.published(InternationalUsageChanged)} == {ACME.id}


async def test_what_is_left_ends_the_next_call_and_nothing_left_refuses_it(routing: Routing) -> None:
    await routing.admin.patch("/v1/limits", {"max_international_minutes_per_day": 2})
    await routing.bus.publish(hung_up(50))
    replica = routing.app.http.state.here.replica
    await until(lambda: replica.usage.international_seconds.get((ACME.id, NOON.date())) == 50)
    actions = await routing.dial(LONDON)
    assert ("set", "execute_on_answer=sched_hangup +70 ALLOTTED_TIMEOUT") in actions
    assert called(actions).on_channel(0, 0)["seda_number_class"] == "international"
    await routing.bus.publish(hung_up(70))
    await until(lambda: replica.usage.international_seconds.get((ACME.id, NOON.date())) == 120)
    assert (await routing.dial(LONDON))[1] == ("hangup", "OUTGOING_CALL_BARRED")


async def test_a_leg_counts_on_the_day_it_was_answered_in_the_tenants_time(routing: Routing) -> None:
    late = datetime(2026, 3, 14, 20, 45, tzinfo=UTC)  # 00:15 on the 15th in Tehran
    await routing.bus.publish(hung_up(30, answered_at=late))
    replica = routing.app.http.state.here.replica
    await until(lambda: (ACME.id, date(2026, 3, 15)) in replica.usage.international_seconds)
    assert await used(routing) == 0


async def test_another_process_knows_routes_and_usage_from_the_start_and_follows(routing: Routing) -> None:
    path = f"/v1/extensions/{id_of('acme/102')}/forwarding"
    await routing.admin.patch(path, {"always": "extension:103"})
    await routing.bus.publish(hung_up(50))
    first = routing.app.http.state.here.replica
    await until(lambda: first.usage.international_seconds.get((ACME.id, NOON.date())) == 50)
    bus = MemoryBus(routing.bus.broker)
    second_app = app_for(bus, routing.database, routing.clock)
    # The database belongs to the first process; here only what follows the bus is started.
    second = second_app.http.state.here.replica
    await bus.start()
    await second.start()
    try:
        await until(lambda: second.is_ready)
        assert str(second.config.tenant(ACME.id).routes.forwarding[id_of("acme/102")].always) == "extension:103"
        assert second.usage.international_seconds[ACME.id, NOON.date()] == 50
        await routing.admin.patch(path, {"always": None})
        await until(lambda: second.config.tenant(ACME.id).routes.forwarding[id_of("acme/102")].always is None)
        await routing.bus.publish(hung_up(10))
        await until(lambda: second.usage.international_seconds[ACME.id, NOON.date()] == 60)
        await routing.bus.publish(extension_event(ACME, "150"))
        await until(lambda: "150" in second.config.tenant(ACME.id).by_number)
    finally:
        await second.stop()
        await bus.stop()
    assert routing.bus.published(RoutingConfigChanged)[-1].revision == 2
