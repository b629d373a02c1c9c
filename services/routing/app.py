"""Composition of routing."""

from __future__ import annotations

from services.routing.agent_codes import AgentCodes
from services.routing.api import Here, add_routes
from services.routing.changes import Changes
from services.routing.commands import WaysOut
from services.routing.consumers import UsageConsumer, forget_usage
from services.routing.effects import Effects
from services.routing.live_calls import LiveCalls
from services.routing.metrics import RoutingMetrics
from services.routing.replica import Replica
from services.routing.seal import Seal
from services.routing.settings import RoutingSettings
from services.routing.switch_dialplan import DialplanAnswers
from shared.bus.port import Bus
from shared.db import idempotency, inbox
from shared.db.engine import Database
from shared.db.housekeeping import Housekeeping
from shared.db.http_errors import add_database_errors
from shared.db.idempotency import IdempotencyStore
from shared.db.outbox import Outbox, OutboxRelay
from shared.http.app import create_app
from shared.http.switch_secret import SwitchRouter
from shared.http.tokens import TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics
from shared.telephony.hops import Hops


def build(
    settings: RoutingSettings,
    *,
    bus: Bus,
    database: Database,
    tokens: TokenVerifier,
    metrics: Metrics,
    clock: Clock | None = None,
) -> App:
    """Wire routing; nothing is opened yet."""
    clock = clock or SystemClock()
    measures = RoutingMetrics(metrics)
    outbox = Outbox(database)
    replica = Replica(bus, database, measures, clock)
    changes = Changes(database, outbox, replica)
    health = Health()
    health.add("bus", bus.ping)
    health.add("configuration", replica.check)
    http = create_app(service="routing", title="Seda routing", health=health, metrics=metrics, tokens=tokens)
    add_database_errors(http)
    http.state.idempotency = IdempotencyStore(database)
    live = LiveCalls(bus, replica, ring_seconds=settings.originate_ring_seconds)
    add_routes(http, Here(changes=changes, replica=replica, live=live, clock=clock))
    secret = settings.switch_secret.get_secret_value()
    answers = DialplanAnswers(
        replica=replica,
        effects=Effects(changes),
        agents=AgentCodes(bus),
        seal=Seal(secret),
        hops=Hops(secret, replica.whereabouts),
        metrics=measures,
        clock=clock,
        programs=settings.programs,
    )
    components = [
        database,
        bus,
        replica,
        WaysOut(bus, replica, clock),
        UsageConsumer(bus, database, outbox, replica, measures),
        OutboxRelay(database, bus, metrics),
        Housekeeping(database, inbox.forget_old, idempotency.forget_old, forget_usage(clock), clock=clock),
    ]
    return App(
        name="routing",
        http=http,
        asgi=SwitchRouter(secret=secret, answers={"/switch/dialplan": answers}, otherwise=http, metrics=metrics),
        components=components,
        health=health,
        metrics=metrics,
    )
