"""Write call records as mod_json_cdr does: one JSON file a leg, in the spool directory."""

from __future__ import annotations

from pathlib import Path

import orjson

from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.event import Node
from freeswitch.simulator.domain.record import call_record


def write(spool: Path | None, channel: Channel, node: Node) -> None:
    """Write one leg's record as `<uuid>.cdr.json`; nothing when there is no spool or `process_cdr` is false."""
    wanted = channel.get("process_cdr")
    if spool is None or wanted == "false" or (wanted == "b_only" and channel.direction == "inbound"):
        return
    record = call_record(channel, core_uuid=node.core_uuid, switchname=node.hostname)
    (spool / f"{channel.uuid}.cdr.json").write_bytes(orjson.dumps(record))
