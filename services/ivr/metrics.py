"""What an operator sees of ivr."""

from __future__ import annotations

from collections.abc import Callable

from shared.runtime.metrics import Metrics

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class IvrMetrics:
    """Counters of the calls in flows."""

    def __init__(self, metrics: Metrics) -> None:
        self.calls = metrics.gauge("calls", "calls in flows now")
        self.cap = metrics.gauge("calls_cap", "calls this process takes at most")
        self.taken = metrics.counter("calls_taken_total", "calls taken, by how they came", ["how"])
        for how in ("new", "again"):
            self.taken.labels(how)  # shown as 0, so that the first one is seen as a growth
        self.refused = metrics.counter(
            "calls_refused_total", "calls let go of at once: the process has its cap of them"
        )
        self.left = metrics.counter("calls_left_total", "calls that left their flow, by reason", ["reason"])
        self.inputs = metrics.counter("inputs_total", "questions to callers, by what came of them", ["outcome"])
        self.requests = metrics.counter("flow_requests_total", "HTTP requests of flows, by outcome", ["outcome"])
        self.step_seconds = metrics.histogram(
            "step_seconds", "from the switch's answer to the next command: ivr's own share", buckets=_BUCKETS
        )
        self.notes_dropped = metrics.counter("events_dropped_total", "events of flows that NATS did not take in time")
        self.mails = metrics.counter(
            "voicemail_mails_total", "tries to send a mail about a message, by outcome", ["outcome"]
        )
        self.mails_waiting = metrics.gauge("voicemail_mails_waiting", "mails about messages that wait to be sent")
        self.mails_given_up = metrics.gauge(
            "voicemail_mails_given_up", "mails that no server takes, as long as their message is there"
        )

        self.media_free = metrics.gauge("media_free_bytes", "room on the disk of prompts and messages")

    def watch(self, calls: Callable[[], int]) -> None:
        """Show how many calls there are."""
        self.calls.set_function(calls)
