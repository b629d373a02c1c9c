"""What an operator sees of routing."""

from __future__ import annotations

from typing import get_args

from prometheus_client import Counter

from services.routing.domain.route import Refuse, Route, Step
from shared.runtime.metrics import Metrics

_BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05)


class RoutingMetrics:
    """Counters of the decisions."""

    def __init__(self, metrics: Metrics) -> None:
        routes = metrics.counter("routes_total", "questions answered, by what the call is told to do", ["step"])
        self._routes: dict[type[Step], Counter] = {one: routes.labels(one.__name__.lower()) for one in get_args(Step)}
        self.refusals = metrics.counter("refusals_total", "calls that were sent nowhere, by reason", ["reason"])
        self.seconds = metrics.histogram("route_seconds", "time to decide and write one answer", buckets=_BUCKETS)
        self.unsafe = metrics.counter("unsafe_routes_total", "answers that could not be written safely")
        self.stale = metrics.gauge("stale_tenants", "tenants whose changed routes have not been read yet")
        self.usage_events = metrics.counter("usage_legs_total", "ended legs whose minutes were counted")

    def answered(self, route: Route, seconds: float | None) -> None:
        """Count one answer; ``seconds`` none: it waited for a change to be stored."""
        self._routes[type(route.step)].inc()
        if isinstance(route.step, Refuse):
            self.refusals.labels(route.step.reason.value).inc()
        if seconds is not None:
            self.seconds.observe(seconds)
