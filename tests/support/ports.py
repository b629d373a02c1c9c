"""Ports for servers under test."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket

WORKERS = 8
"""Workers of `pytest -n` whose ports do not overlap."""
REMEMBERED = 400
_given_lately: dict[int, None] = {}
"""Ports, the oldest first."""


def free_port() -> int:
    """A loopback port free for UDP and TCP, below the range the system gives to sockets that ask for any port.

    FreeSWITCH binds it seconds later: from that range another test's socket could have got it meanwhile. A launcher
    that is stopped and started again leaves its ports free for a while, so each worker of `pytest -n` has its own. For
    the same reason a port that was given out lately is not given out again: who asked for it may not listen yet.
    """
    return free_ports_in_a_row(1).start


def free_ports_in_a_row(count: int) -> range:
    """So many neighbours, each as of ``free_port``: what is told only where to begin uses those behind it, too."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    each = 10_000 // WORKERS
    first = 10_000 + worker % WORKERS * each
    for _ in range(1000):
        start = first + secrets.randbelow(each - count)
        ports = range(start, start + count)
        if not _given_lately.keys().isdisjoint(ports):
            continue
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in ports:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    stack.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            _given_lately.update(dict.fromkeys(ports))
            while len(_given_lately) > REMEMBERED:
                del _given_lately[next(iter(_given_lately))]
            return ports
    raise RuntimeError("no port is free for both UDP and TCP")


def free_ports(count: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
