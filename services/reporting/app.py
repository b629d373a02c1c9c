"""Composition of reporting."""

from __future__ import annotations

from services.reporting import api, api_contacts, api_events, api_live
from services.reporting.consumers import Consumers
from services.reporting.event_stream import EventStreams
from services.reporting.live import LiveFloors
from services.reporting.live_writer import LiveWriter
from services.reporting.metrics import ReportingMetrics
from services.reporting.recorder import Recorder
from services.reporting.settings import ReportingSettings
from services.reporting.store import RecordStore
from services.reporting.store_contacts import ContactStore
from services.reporting.store_live import LiveStore, forget_entries
from services.reporting.tracker import LegTracker
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.db.housekeeping import Housekeeping
from shared.db.http_errors import add_database_errors
from shared.db.outbox import Outbox, OutboxRelay
from shared.http.app import create_app
from shared.http.tokens import TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics


def build(
    settings: ReportingSettings,
    *,
    bus: Bus,
    database: Database,
    tokens: TokenVerifier,
    metrics: Metrics,
    clock: Clock | None = None,
) -> App:
    """Wire reporting; nothing is opened yet."""
    clock = clock or SystemClock()
    health = Health()
    health.add("bus", bus.ping)
    health.add("database", database.ping)
    store = RecordStore(database)
    recorder = Recorder(store, Outbox(database), settings, ReportingMetrics(metrics), clock)
    tracker = LegTracker(store, recorder, clock)
    http = create_app(service="reporting", title="Seda call records", health=health, metrics=metrics, tokens=tokens)
    add_database_errors(http)
    http.include_router(api.router(database))
    streams, live_store, contacts = EventStreams(bus), LiveStore(database), ContactStore(database)
    floors, live_writer = LiveFloors(bus, live_store, clock), LiveWriter(live_store, contacts)
    http.include_router(api_events.router(streams))
    http.include_router(api_live.router(floors, streams))
    http.include_router(api_contacts.router(contacts, floors, clock))
    relay = OutboxRelay(database, bus, metrics)
    consumers = Consumers(bus, recorder, tracker, live_writer)
    tidying = Housekeeping(database, forget_entries(clock), clock=clock)
    components = [database, bus, recorder, tracker, live_writer, floors, consumers, relay, tidying]
    return App(name="reporting", http=http, components=components, health=health, metrics=metrics)
