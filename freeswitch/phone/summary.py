"""What the message-waiting lamp shows: the body of a NOTIFY of the event message-summary (RFC 3842, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """How many messages wait, and whose."""

    waiting: bool
    account: str = ""
    new: int = 0
    old: int = 0


def read_summary(body: str) -> MessageSummary:
    """The summary written in a NOTIFY. Raises ValueError: the counts are none."""
    lines = (line.partition(":") for line in body.splitlines() if ":" in line)
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    new, _, old = fields.get("voice-message", "0/0").partition(" ")[0].partition("/")
    waiting = fields.get("messages-waiting", "").lower() == "yes"
    return MessageSummary(waiting, fields.get("message-account", ""), int(new), int(old or 0))
