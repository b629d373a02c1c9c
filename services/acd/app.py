"""Composition of acd."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.acd.api import Here, add_routes
from services.acd.asking import Asking
from services.acd.changes import ConfigurationChanges, WholeConfiguration
from services.acd.connecting import Connecting
from services.acd.housekeeping import forget_history
from services.acd.metrics import AcdMetrics
from services.acd.nodes import Nodes
from services.acd.owner import Owners
from services.acd.reaching import Reaching
from services.acd.settings import AcdSettings
from services.acd.store import FloorStore
from services.acd.tenants import Tenants
from services.acd.ways_out import WaysOut
from shared.bus.port import Bus
from shared.db import idempotency, inbox
from shared.db.engine import Database
from shared.db.flushes import Flushes
from shared.db.housekeeping import Housekeeping
from shared.db.http_errors import add_database_errors
from shared.db.idempotency import IdempotencyStore
from shared.db.outbox import Outbox, OutboxRelay
from shared.db.republishing import Republisher
from shared.http.app import create_app
from shared.http.tokens import TokenVerifier
from shared.runtime.app import App, Component
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics

Engine = Callable[[AcdSettings, Bus, FloorStore, AcdMetrics, Clock], Sequence[Component]]
"""Makes the components that own queues, match callers with agents and connect them."""


def owners(
    settings: AcdSettings, bus: Bus, store: FloorStore, metrics: AcdMetrics, clock: Clock
) -> Sequence[Component]:
    """The engine of a real process."""
    nodes = Nodes(bus)
    secret = settings.switch_secret.get_secret_value()
    reaching = Reaching(nodes, WaysOut(bus), clock, switch_secret=secret)
    connecting = Connecting(bus, nodes, reaching, metrics, switch_secret=secret)
    return (nodes, Owners(bus, store, nodes, connecting, clock))


def build(
    settings: AcdSettings,
    *,
    bus: Bus,
    database: Database,
    tokens: TokenVerifier,
    metrics: Metrics,
    clock: Clock | None = None,
    engine: Engine = owners,
) -> App:
    """Wire acd; nothing is opened yet."""
    clock = clock or SystemClock()
    outbox, flushes = Outbox(database), Flushes(database)
    tenants = Tenants(bus)
    health = Health()
    health.add("bus", bus.ping)
    health.add("tenants", tenants.check)
    http = create_app(service="acd", title="Seda queues and agents", health=health, metrics=metrics, tokens=tokens)
    add_database_errors(http)
    http.state.idempotency = IdempotencyStore(database)
    changes = ConfigurationChanges(database, outbox, clock)
    here = Here(changes=changes, asking=Asking(bus), tenants=tenants, ways=WaysOut(bus), clock=clock)
    add_routes(http, here)
    chores = (inbox.forget_old, idempotency.forget_old, forget_history(clock, settings.keep_days))
    components: list[Component] = [
        database,
        bus,
        tenants,
        OutboxRelay(database, bus, metrics),
        flushes,
        *engine(settings, bus, FloorStore(database, outbox, flushes), AcdMetrics(metrics), clock),
        Republisher(database, bus, WholeConfiguration(database, outbox).publish_all, clock=clock),
        Housekeeping(database, *chores, clock=clock),
    ]
    return App(name="acd", http=http, components=components, health=health, metrics=metrics)
