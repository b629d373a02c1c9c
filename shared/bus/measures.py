"""What the bus counts."""

from __future__ import annotations

from shared.runtime.metrics import Metrics


class Measures:
    """Counters of one bus; they count nowhere when there are no metrics."""

    def __init__(self, metrics: Metrics | None) -> None:
        self._on = metrics is not None
        if metrics is None:
            return
        self._published = metrics.counter("bus_published_total", "Events taken by a stream.", ["result"])
        self._consumed = metrics.counter("bus_consumed_total", "Events by consumer and result.", ["consumer", "result"])
        self._commands = metrics.counter("bus_commands_total", "Commands by result.", ["side", "command", "result"])
        self._lost = metrics.counter("bus_disconnects_total", "Lost connections to NATS.")
        self._errors = metrics.counter("bus_errors_total", "Errors reported by the NATS client.", ["kind"])
        self._connected = metrics.gauge("bus_connected", "1 while connected to NATS.")

    def published(self, result: str, count: int = 1) -> None:
        """``stored``, ``duplicate``, ``refused`` or ``failed``."""
        if self._on and count:
            self._published.labels(result).inc(count)

    def consumed(self, consumer: str, result: str) -> None:
        """``handled``, ``failed`` (will be repeated), ``poison`` or ``repeated``."""
        if self._on:
            self._consumed.labels(consumer, result).inc()

    def command(self, side: str, name: str, result: str) -> None:
        """``side`` is ``sent`` or ``served``; ``result`` a reply code, or what went wrong."""
        if self._on:
            self._commands.labels(side, name, result).inc()

    def error(self, kind: str) -> None:
        """An error by the name of its class."""
        if self._on:
            self._errors.labels(kind).inc()

    def connected(self, is_connected: bool) -> None:
        """The connection came or went."""
        if self._on:
            self._connected.set(1 if is_connected else 0)
            if not is_connected:
                self._lost.inc()
