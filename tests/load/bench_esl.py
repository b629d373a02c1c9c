"""Events per second from the socket to the asyncio side: greenswitch as it is against ``shared.esl``, in one run.

    python -m tests.load.bench_esl [--events 30000] [--rounds 3]

A feeder process plays a switch and replays real events of one SIP call (``data/call_events.jsonl``, about 5 kB each,
as FreeSWITCH 1.11 sent them), plain for greenswitch, JSON for ours; each carries its own ``Event-Sequence``, and the
receiver checks that every one arrives, once, in order. Each measurement runs in a fresh process, so its peak memory is
its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import queue
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

DATA = Path(__file__).parent / "data" / "call_events.jsonl"
BLOCK_EVENTS = 50
MARK = "000000000"
TARGET_RATIO = 3.0
RECEIVERS = ("greenswitch_handler", "greenswitch", "seda")
_ESCAPED = '\r\n #%&+:;<=>?@[\\]^`{|}"'  # FreeSWITCH's SWITCH_URL_UNSAFE


# The feeder


def _encoded(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED else c for c in value)


def _plain(event: dict[str, str]) -> bytes:
    return ("".join(f"{name}: {_encoded(value)}\n" for name, value in event.items()) + "\n").encode()


def templates(form: str) -> list[tuple[bytes, bytes]]:
    """Every event of the data file as a whole message, cut at the place of its sequence number."""
    cut = []
    for line in DATA.read_bytes().splitlines():
        event = orjson.loads(line) | {"Event-Sequence": MARK}
        body = orjson.dumps(event) if form == "json" else _plain(event)
        before, after = body.split(MARK.encode())
        cut.append((f"Content-Length: {len(body)}\nContent-Type: text/event-{form}\n\n".encode() + before, after))
    return cut


def _blocks(form: str, count: int) -> Iterator[bytes]:
    parts = templates(form)
    for first in range(1, count + 1, BLOCK_EVENTS):
        numbers = range(first, min(first + BLOCK_EVENTS, count + 1))
        yield b"".join(b"%b%09d%b" % (parts[n % len(parts)][0], n, parts[n % len(parts)][1]) for n in numbers)


def feed(listener: socket.socket, count: int) -> None:
    """Serves one connection: any password, ``+OK`` to anything, and ``count`` events once some are subscribed to."""
    peer, _ = listener.accept()
    peer.sendall(b"Content-Type: auth/request\n\n")
    buffer = b""
    while data := peer.recv(65536):
        buffer += data
        while b"\n\n" in buffer:
            command, _, buffer = buffer.partition(b"\n\n")
            text = b"+OK accepted" if command.startswith(b"auth ") else b"+OK"
            peer.sendall(b"Content-Type: command/reply\nReply-Text: %b\n\n" % text)
            if command.startswith(b"event "):
                for block in _blocks(command.split()[1].decode(), count):
                    peer.sendall(block)


# The receivers, each in a process of its own


def _in_order(sequences: list[int], count: int) -> int:
    """How many of 1..count did not arrive; anything out of order or twice counts as well."""
    return sum(1 for got, expected in zip(sequences, range(1, count + 1), strict=False) if got != expected) + abs(
        count - len(sequences)
    )


def receive_greenswitch_handler(port: int, count: int) -> tuple[float, list[int]]:
    """greenswitch as it is, no further than its own handler."""
    import gevent.event
    import greenswitch

    sequences: list[int] = []
    done = gevent.event.Event()

    def take(event: Any) -> None:
        sequences.append(int(event.headers["Event-Sequence"]))
        if len(sequences) == count:
            done.set()

    link = greenswitch.InboundESL("127.0.0.1", port, "x")
    link.connect()
    link.register_handle("*", take)
    started = time.perf_counter()
    link.send("event plain CHANNEL_CREATE")
    done.wait()
    return time.perf_counter() - started, sequences


def receive_greenswitch(port: int, count: int) -> tuple[float, list[int]]:
    """greenswitch as it is, in a thread, each event handed to asyncio from its handler."""
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    started: queue.Queue[float] = queue.Queue()

    def thread(loop: asyncio.AbstractEventLoop) -> None:
        import gevent
        import greenswitch

        link = greenswitch.InboundESL("127.0.0.1", port, "x")
        link.connect()
        link.register_handle("*", lambda event: loop.call_soon_threadsafe(arrived.put_nowait, event))
        started.put(time.perf_counter())
        link.send("event plain CHANNEL_CREATE")
        gevent.sleep(3600)

    async def take() -> list[int]:
        threading.Thread(target=thread, args=(asyncio.get_running_loop(),), daemon=True).start()
        return [int((await arrived.get()).headers["Event-Sequence"]) for _ in range(count)]

    sequences = asyncio.run(take())
    return time.perf_counter() - started.get(), sequences


def receive_seda(port: int, count: int) -> tuple[float, list[int]]:
    """``shared.esl``: an ``InboundLink`` and ``async for``."""
    from shared.esl import InboundLink

    async def take() -> tuple[float, list[int]]:
        link = InboundLink("127.0.0.1", port, "x", events=["CHANNEL_CREATE"])
        started = time.perf_counter()
        await link.connect()
        sequences: list[int] = []
        async for event in link.events():
            sequences.append(event.sequence)
            if len(sequences) == count:
                break
        elapsed = time.perf_counter() - started
        await link.close()
        return elapsed, sequences

    return asyncio.run(take())


def _measure_here(name: str, port: int, count: int) -> dict[str, Any]:
    import greenswitch  # noqa: F401 - what the receivers import is not to be measured

    import shared.esl  # noqa: F401

    cpu = time.process_time()
    elapsed, sequences = globals()[f"receive_{name}"](port, count)
    cpu = time.process_time() - cpu
    return {
        "cpu_us_per_event": round(cpu / count * 1e6, 1),
        "events_per_second": round(count / elapsed),
        "lost": _in_order(sequences, count),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _measure(name: str, count: int) -> dict[str, Any]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        module = [sys.executable, "-m", "tests.load.bench_esl"]
        feeder = subprocess.Popen(
            [*module, "--feed", str(listener.fileno()), "--events", str(count)], pass_fds=[listener.fileno()]
        )
        try:
            command = [*module, "--receive", name, "--port", str(port), "--events", str(count)]
            output = subprocess.run(command, check=True, capture_output=True, timeout=300).stdout
        finally:
            feeder.kill()
            feeder.wait()
    result: dict[str, Any] = json.loads(output)
    return result


def run(events: int = 30_000, rounds: int = 3) -> dict[str, Any]:
    """Measures all receivers in turn, ``rounds`` times, and reports the medians, the ratio and whether it is enough.

    ``ratio`` compares both at the asyncio side; ``ratio_to_handler`` grants greenswitch the hand-over for nothing;
    ``cpu_ratio`` compares CPU time, which neighbours on the machine disturb less.
    """
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in RECEIVERS}
    for _ in range(rounds):
        for name in RECEIVERS:
            taken[name].append(_measure(name, events))
    report: dict[str, Any] = {
        name: {
            "events_per_second": round(statistics.median(each["events_per_second"] for each in results)),
            "cpu_us_per_event": round(statistics.median(each["cpu_us_per_event"] for each in results), 1),
            "lost": sum(each["lost"] for each in results),
            "peak_memory_mb": max(each["peak_memory_mb"] for each in results),
        }
        for name, results in taken.items()
    }
    ours = report["seda"]["events_per_second"]
    sizes = [len(line) for line in DATA.read_bytes().splitlines()]
    return {
        **report,
        "events": events,
        "event_bytes": round(statistics.mean(sizes)),
        "ratio": round(ours / report["greenswitch"]["events_per_second"], 2),
        "ratio_to_handler": round(ours / report["greenswitch_handler"]["events_per_second"], 2),
        "cpu_ratio": round(report["greenswitch"]["cpu_us_per_event"] / report["seda"]["cpu_us_per_event"], 2),
        "met": ours >= TARGET_RATIO * report["greenswitch"]["events_per_second"] and report["seda"]["lost"] == 0,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--feed", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--receive", choices=RECEIVERS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.feed is not None:
        feed(socket.socket(fileno=args.feed), args.events)
        return 0
    if args.receive:
        print(json.dumps(_measure_here(args.receive, args.port, args.events)))
        return 0
    report = run(args.events, args.rounds)
    print(json.dumps(report, indent=2))
    return 0 if report["met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
