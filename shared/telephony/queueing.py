"""How routing sends a leg to a queue: channel variables, and one event that says it is there.

The leg is answered and hears music from the dialplan itself, so it waits on whatever dies. ``switchlink`` tells of it
as ``call.queued``; ``acd`` connects an agent's leg to it.
"""

from __future__ import annotations

from typing import Final

QUEUE: Final = "seda_queue"
"""Variable: id of the queue."""
LAST_QUEUE: Final = "seda_last_queue"
"""Variable: slug of the queue that the leg was in last; it stays when the leg goes on, for a survey."""
QUEUE_TURN: Final = "seda_queue_turn"
"""Variable: counts how often the leg was sent to a queue: the same leg in the same turn is the same joining."""
QUEUE_PRIORITY: Final = "seda_queue_priority"
"""Variable: -100 to 100; one point is worth a minute of waiting. Unset: 0."""
QUEUE_LANGUAGE: Final = "seda_queue_language"
"""Variable: in which language the caller is spoken to."""
QUEUED: Final = "seda::queued"
"""Subclass of the CUSTOM event that the dialplan fires when the caller begins to wait."""
LAST_BRIDGE: Final = "last_bridge_to"
"""Variable of FreeSWITCH: the leg that this one was connected to last."""
OUTLIVES_AGENT: Final = "uuid_bridge_continue_on_cancel"
"""Variable of FreeSWITCH, true of a leg that waits. When the agent's leg ends in the very moment of ``uuid_bridge``,
the caller's goes on in the dialplan; without it, one caller in ten such moments was hung up (seen)."""
MEDIA_TIMEOUT: Final = "media_timeout"
"""Variable of FreeSWITCH: a leg that sends no sound for so many milliseconds is hung up."""
SILENT_PHONE_MS: Final = 120_000
"""Of an agent's leg: a phone that was unplugged sends nothing, not even BYE, and its caller should not wait long."""
