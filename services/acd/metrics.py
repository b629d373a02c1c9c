"""What acd counts."""

from __future__ import annotations

from shared.runtime.metrics import Metrics


class AcdMetrics:
    """Made once a process."""

    def __init__(self, metrics: Metrics) -> None:
        self.offers_failed = metrics.counter("offers_failed_total", "agents' calls that were not answered", ["cause"])
        self.tenants_owned = metrics.gauge("tenants_owned", "tenants whose queues this process owns")
