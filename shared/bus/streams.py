"""The streams of the catalogue, as JetStream sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.bus.connection import ApiRefused, Connection
from shared.bus.port import StreamsReady
from shared.contracts.catalogue import StreamSpec
from shared.runtime.logs import get_logger

log = get_logger(__name__)

DUPLICATE_WINDOW_SECONDS = 120
"""How long a repeated message id is recognised. The server keeps every id of that time in memory."""

_NANOSECONDS = 1_000_000_000
_STREAM_NOT_FOUND = 10059
_STREAM_EXISTS = 10058


def stream_config(spec: StreamSpec, replicas: int) -> dict[str, Any]:
    """The JetStream configuration of a stream."""
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "num_replicas": replicas,
        "max_consumers": -1,
        "max_msgs": -1,
        # A replicated table must never lose a row to a limit: it grows with its entities.
        "max_bytes": -1 if spec.compacted else spec.max_bytes,
        "max_age": spec.max_age_seconds * _NANOSECONDS,
        "max_msgs_per_subject": 1 if spec.compacted else -1,
        "duplicate_window": DUPLICATE_WINDOW_SECONDS * _NANOSECONDS,
        "allow_direct": True,
        "allow_msg_ttl": True,
    }


async def ensure_streams(connection: Connection, specs: Sequence[StreamSpec], replicas: int) -> StreamsReady:
    """Create what is missing, update what differs.

    Raises:
        BusUnavailable: JetStream does not answer.
        ApiRefused: it does not allow the change.
    """
    created: set[str] = set()
    identity: dict[str, str] = {}
    for spec in specs:
        is_new, identity[spec.name] = await _ensure(connection, stream_config(spec, replicas))
        if is_new:
            created.add(spec.name)
    return StreamsReady(frozenset(created), identity)


async def _ensure(connection: Connection, wanted: dict[str, Any]) -> tuple[bool, str]:
    name = wanted["name"]
    info = await stream_info(connection, name)
    if info is None:
        try:
            made = await connection.call(f"STREAM.CREATE.{name}", wanted)
            log.info("stream created", stream=name)
            return True, made["created"]
        except ApiRefused as error:
            if error.err_code != _STREAM_EXISTS:  # another service was faster with another configuration
                raise
            info = await connection.call(f"STREAM.INFO.{name}")
    await _update(connection, info["config"], wanted)
    return False, info["created"]


async def _update(connection: Connection, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Bring a stream up to date without taking from it what a newer or better-placed service gave it."""
    # Old and new versions run side by side during an upgrade: neither takes away the other's subjects or replicas.
    subjects = sorted({*found.get("subjects", []), *wanted["subjects"]})
    replicas = max(found.get("num_replicas", 1), wanted["num_replicas"])
    target = {**wanted, "subjects": subjects, "num_replicas": replicas}
    current = {**found, "subjects": sorted(found.get("subjects", []))}
    if all((current.get(field) or 0) == (value or 0) for field, value in target.items()):
        return
    try:
        await connection.call(f"STREAM.UPDATE.{target['name']}", {**found, **target})
    except ApiRefused:  # a subject moved: the union overlaps
        await connection.call(f"STREAM.UPDATE.{target['name']}", {**found, **target, "subjects": wanted["subjects"]})
    log.info("stream updated", stream=target["name"])


async def stream_info(connection: Connection, name: str) -> dict[str, Any] | None:
    """What JetStream says of a stream, or none when it does not exist.

    Raises:
        BusUnavailable: JetStream does not answer.
    """
    try:
        return await connection.call(f"STREAM.INFO.{name}")
    except ApiRefused as error:
        if error.err_code == _STREAM_NOT_FOUND:
            return None
        raise
