"""What the directory counts. The names stand in the README."""

from __future__ import annotations

from shared.runtime.metrics import Metrics


class DirectoryMetrics:
    """The directory's own metrics, beside those every service has."""

    def __init__(self, metrics: Metrics) -> None:
        self.lookups = metrics.counter(
            "lookups_total", "Questions of FreeSWITCH, by what was asked and what came of it", ("asked", "outcome")
        )
        self.entities = metrics.gauge("replica_entities", "What is held in memory", ("kind",))
        self.sign_ins = metrics.counter("sign_ins_total", "Sign-ins and key exchanges", ("kind", "outcome"))
        self.changes = metrics.counter("changes_total", "Changes made over REST", ("entity", "action"))
