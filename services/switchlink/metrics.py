"""What switchlink counts."""

from __future__ import annotations

from functools import lru_cache

from shared.runtime.metrics import Metrics


class SwitchlinkMetrics:
    """Every metric of switchlink, by the name an operator sees after ``seda_switchlink_``."""

    def __init__(self, metrics: Metrics) -> None:
        events = metrics.counter("events_total", "Events received from the switch", ["event"])
        self.events = lru_cache(maxsize=256)(events.labels)
        """The counter of one kind of event; looked up once, for thousands a second."""
        self.messages = metrics.counter("messages_total", "Messages published", ["message"])
        self.dropped = metrics.counter("messages_dropped_total", "Messages dropped because the bus was away too long")
        self.waiting = metrics.gauge("messages_waiting", "Messages waiting for the bus")
        self.link_up = metrics.gauge("link_up", "1 while the event socket is connected")
        self.link_losses = metrics.counter("link_losses_total", "Lost event-socket connections", ["reason"])
        self.legs = metrics.gauge("legs", "Legs that are up on the node")
        self.commands = metrics.counter("commands_total", "Commands carried out", ["command", "code"])
        self.fallback_calls = metrics.counter(
            "fallback_calls_total", "Ended calls that the switch's own dialplan answered: routing did not"
        )
        self.records_shipped = metrics.counter("records_shipped_total", "Call records stored by reporting")
        self.records_bad = metrics.counter("records_bad_total", "Call records put aside as unreadable or refused")
        self.records_waiting = metrics.gauge("records_waiting", "Call records in the spool")
        self.refused_registrations = metrics.counter("registrations_refused_total", "Registrations the switch refused")
        self.spool_free = metrics.gauge("spool_free_bytes", "Room on the disk of the spool")
