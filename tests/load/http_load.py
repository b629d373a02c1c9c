"""Asks over HTTP as mod_xml_curl does, a new connection each time, from a process of its own.

python -m tests.load.http_load PORT FILE flood COUNT AT_ONCE      as fast as the server answers
python -m tests.load.http_load PORT FILE steady COUNT RATE        each at its own time, answered or not

``FILE`` holds whole requests as a JSON list of text (Latin-1). The result is one JSON object on standard output. A
request that is sent late counts from when it was due, so a slow server cannot slow its own measurement down.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path

TIMEOUT_SECONDS = 10.0


@dataclass(slots=True)
class Result:
    """What was seen."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    bad: int = 0
    """Answers that were not 200, were cut off, or did not come."""
    own_cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds


@dataclass(slots=True)
class Asked:
    """A request under way."""

    due: float
    socket: socket.socket
    answer: bytes = b""


class Load:
    """Many requests at once, in one thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self.under_way = 0
        self.result = Result()

    def send(self, message: bytes, due: float) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
        connection.sendall(message)  # it fits into the socket's buffer
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, Asked(due, connection))
        self.under_way += 1

    def wait(self, timeout: float | None) -> None:
        """Take what has arrived, waiting for it at most so long (seconds)."""
        for key, _ in self._selector.select(timeout):
            self._receive(key.data)

    def _receive(self, asked: Asked) -> None:
        part = asked.socket.recv(65536)
        asked.answer += part
        if part and not is_whole(asked.answer):
            return
        if asked.answer.startswith(b"HTTP/1.1 200 ") and is_whole(asked.answer):
            self.result.latencies_ms.append((time.perf_counter() - asked.due) * 1000)
        else:
            self.result.bad += 1
        self._selector.unregister(asked.socket)
        asked.socket.close()
        self.under_way -= 1


def is_whole(answer: bytes) -> bool:
    """Whether an answer with a Content-Length is all there."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length or 0)


def flood(port: int, messages: Iterator[bytes], at_once: int) -> Result:
    """As many as the server can take, with ``at_once`` under way all the time."""
    load = Load(port)
    began = time.perf_counter()
    for message in messages:
        load.send(message, time.perf_counter())
        while load.under_way >= at_once:
            load.wait(TIMEOUT_SECONDS)
    return _finish(load, began)


def steady(port: int, messages: Iterator[bytes], rate: float) -> Result:
    """So many a second, evenly."""
    load = Load(port)
    began = time.perf_counter()
    for place, message in enumerate(messages):
        due = began + place / rate
        while (left := due - time.perf_counter()) > 0:
            load.wait(left)
        load.send(message, due)
        load.wait(0)
    return _finish(load, began)


def _finish(load: Load, began: float) -> Result:
    deadline = time.perf_counter() + TIMEOUT_SECONDS
    while load.under_way and time.perf_counter() < deadline:
        load.wait(0.1)
    load.result.bad += load.under_way
    load.result.seconds = time.perf_counter() - began
    load.result.own_cpu_seconds = time.process_time()
    return load.result


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("manner", choices=["flood", "steady"])
    parser.add_argument("count", type=int)
    parser.add_argument("pace", type=int)
    wanted = parser.parse_args(arguments)
    messages = [text.encode("latin-1") for text in json.loads(wanted.file.read_text())]
    many = islice(cycle(messages), wanted.count)
    print(json.dumps(asdict((flood if wanted.manner == "flood" else steady)(wanted.port, many, wanted.pace))))


if __name__ == "__main__":
    main(sys.argv[1:])
