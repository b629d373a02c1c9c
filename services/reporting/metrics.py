"""What reporting counts."""

from __future__ import annotations

from services.reporting.domain.lost import ENDED_UNSEEN, SWITCH_LOST
from shared.runtime.metrics import Metrics


class ReportingMetrics:
    """Every metric of reporting, by the name an operator sees after ``seda_reporting_``."""

    def __init__(self, metrics: Metrics) -> None:
        self.legs_stored = metrics.counter("legs_stored_total", "Leg records taken from the switches")
        self.legs_closed = metrics.counter(
            "legs_closed_total", "Legs closed without a record of the switch's own", ["cause"]
        )
        for cause in (SWITCH_LOST, ENDED_UNSEEN):
            self.legs_closed.labels(cause)  # shown as 0, so that the first one is seen as a growth
        self.record_delay = metrics.histogram(
            "record_delay_seconds",
            "From the end of a leg to its record being stored",
            buckets=(0.1, 0.25, 0.5, 1, 2, 5, 30),
        )
