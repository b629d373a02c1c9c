"""Composition of switchlink."""

from __future__ import annotations

from services.switchlink.consumers import Consumers
from services.switchlink.lamps import Lamps
from services.switchlink.locations import Locations
from services.switchlink.metrics import SwitchlinkMetrics
from services.switchlink.node import SwitchNode
from services.switchlink.publisher import Publisher
from services.switchlink.settings import SwitchlinkSettings
from services.switchlink.spool import SpoolShipper
from services.switchlink.switch_commands import CommandExecutor
from shared.bus.port import Bus
from shared.http.app import create_app
from shared.runtime.app import App
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.disk import FreeSpace
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics


def build(settings: SwitchlinkSettings, *, bus: Bus, metrics: Metrics, clock: Clock | None = None) -> App:
    """Wire one switchlink; nothing is opened yet."""
    health = Health()
    counted = SwitchlinkMetrics(metrics)
    publisher = Publisher(bus, counted)
    spool = SpoolShipper(
        bus,
        settings.spool_dir,
        counted,
        node_id=settings.node_id,
        scan_seconds=settings.spool_scan_seconds,
        quarantine_after_seconds=settings.quarantine_after_seconds,
    )
    node = SwitchNode(settings, publisher, counted, clock or SystemClock(), waiting_records=lambda: spool.waiting)
    executor = CommandExecutor(node, counted, recordings=settings.recordings_dir)
    lamps = Lamps(node)
    consumers = Consumers(bus, node, executor, lamps, Locations(node, publisher))
    health.add("bus", bus.ping)
    health.add("switch", node.check)
    http = create_app(service="switchlink", title="Seda switchlink", health=health, metrics=metrics)
    return App(
        name="switchlink",
        http=http,
        components=[bus, publisher, node, lamps, consumers, spool, FreeSpace(counted.spool_free, settings.spool_dir)],
        health=health,
        metrics=metrics,
    )
