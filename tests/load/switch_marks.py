"""When a few events of the switch happened, by its own clock: a light event-socket listener that keeps nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import orjson

from tests.support.freeswitch_node import FreeSwitchNode


class Mark(NamedTuple):
    """An event of a leg: its name, and its ``Event-Date-Timestamp`` in microseconds."""

    leg: str
    name: str
    at_us: int


@asynccontextmanager
async def marks(node: FreeSwitchNode, *names: str) -> AsyncIterator[list[Mark]]:
    """The events of these names from now on, in the order they come."""
    reader, writer = await asyncio.open_connection(node.host, node.esl_port)
    writer.write(f"auth {node.esl_password}\n\nevent json {' '.join(names)}\n\n".encode())
    found: list[Mark] = []
    reading = asyncio.create_task(_read(reader, found))
    try:
        yield found
    finally:
        reading.cancel()
        writer.close()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def _read(reader: asyncio.StreamReader, found: list[Mark]) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\n\n")
            if not head.startswith(b"Content-Length: "):
                continue
            body = await reader.readexactly(int(head.split(b"\n", 1)[0][16:]))
            if b"text/event-json" in head:
                event = orjson.loads(body)
                found.append(Mark(event["Unique-ID"], event["Event-Name"], int(event["Event-Date-Timestamp"])))


def first_to_first(found: list[Mark], begin: str, end: str) -> list[float]:
    """Milliseconds from each leg's first ``begin`` to its first ``end``; legs without both are left out."""
    first: dict[tuple[str, str], int] = {}
    for mark in found:
        first.setdefault((mark.leg, mark.name), mark.at_us)
    legs = [leg for leg, name in first if name == begin]
    return [(first[leg, end] - first[leg, begin]) / 1000 for leg in legs if (leg, end) in first]


def each_to_next(found: list[Mark], begin: str, end: str) -> list[float]:
    """Milliseconds from every ``begin`` to the next ``end`` of the same leg."""
    waiting: dict[str, int] = {}
    times: list[float] = []
    for mark in sorted(found, key=lambda mark: mark.at_us):
        if mark.name == begin:
            waiting[mark.leg] = mark.at_us
        elif mark.name == end and mark.leg in waiting:
            times.append((mark.at_us - waiting.pop(mark.leg)) / 1000)
    return times
