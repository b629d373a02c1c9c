"""Plays a switch to switchlink: answers what it asks at first, then sends the events of many real calls at once.

python -m tests.load.event_feed LISTENING_FD CALLS      tells on standard output when the first event was sent

``data/whole_call.jsonl`` has every event that switchlink subscribes to of one call between two phones, as FreeSWITCH
1.11 sent them. Each call gets leg ids of its own, and the calls of a group go on side by side.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import orjson

DATA = Path(__file__).parent / "data" / "whole_call.jsonl"
SIDE_BY_SIDE = 50
BEGIN_AFTER = b"show registrations"
BEGIN_AT = 2
"""The last question of a switchlink that connects, and looks once more a second later what is up."""

ANSWERS = {b"fsctl pause_check": b"false", b"show channels": b"{}", b"show registrations": b"{}"}


def recorded() -> list[dict[str, str]]:
    """The events of the one call, in order."""
    return [orjson.loads(line) for line in DATA.read_bytes().splitlines()]


def legs(events: list[dict[str, str]]) -> tuple[str, str]:
    """The leg ids of the one call."""
    first, second = dict.fromkeys(event["Unique-ID"] for event in events)
    return first, second


def blocks(calls: int) -> Iterator[bytes]:
    """The events of so many calls as they stand on the wire; a block is the same moment of a few calls."""
    events = [_now(event) for event in recorded()]
    first, second = (leg.encode() for leg in legs(events))
    bodies = [orjson.dumps(event) for event in events]
    messages = [b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (len(body), body) for body in bodies]
    for begin in range(0, calls, SIDE_BY_SIDE):
        group = [(leg_id(2 * n), leg_id(2 * n + 1)) for n in range(begin, min(begin + SIDE_BY_SIDE, calls))]
        for message in messages:
            yield b"".join(message.replace(first, one).replace(second, other) for one, other in group)


def _now(event: dict[str, str]) -> dict[str, str]:
    """The event as of a channel that was just created: an older one would be expected among the channels listed."""
    return event | {"Caller-Channel-Created-Time": str(time.time_ns() // 1000)}


def leg_id(number: int) -> bytes:
    """A leg id that no other number has."""
    return str(UUID(int=number, version=4)).encode()


def serve(listener: socket.socket, calls: int) -> None:
    """One connection: any password, answers, then the events; ends when the other side goes."""
    core_id = recorded()[0]["Core-UUID"].encode()
    peer, _ = listener.accept()
    peer.sendall(b"Content-Type: auth/request\n\n")
    buffer, looked = b"", 0
    while data := peer.recv(65536):
        buffer += data
        while b"\n\n" in buffer:
            command, _, buffer = buffer.partition(b"\n\n")
            peer.sendall(_answer(command, core_id))
            looked += BEGIN_AFTER in command
            if BEGIN_AFTER in command and looked == BEGIN_AT:
                print(json.dumps({"began": time.monotonic()}), flush=True)
                for block in blocks(calls):
                    peer.sendall(block)


def _answer(command: bytes, core_id: bytes) -> bytes:
    if not command.startswith(b"api "):
        text = b"+OK accepted" if command.startswith(b"auth ") else b"+OK"
        return b"Content-Type: command/reply\nReply-Text: %b\n\n" % text
    if b"core_uuid" in command:
        body = core_id
    else:
        body = next((answer for question, answer in ANSWERS.items() if question in command), b"+OK")
    return b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(body), body)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
