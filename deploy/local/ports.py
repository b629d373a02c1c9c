"""Are the ports free? Asked before anything is started, so that the answer is one clear line."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

import psutil


class PortsTaken(Exception):
    """One or more ports are taken; the text says which, by whom, and which setting moves them."""


def check(ports: Mapping[str, int]) -> None:
    """Return when every port is free on 127.0.0.1, for TCP and (SIP) UDP.

    Raises:
        PortsTaken: some are not.
    """
    taken = [(name, port) for name, port in ports.items() if not _is_free(port, udp=name.startswith("sip"))]
    if taken:
        raise PortsTaken("\n".join(_explain(name, port) for name, port in taken))


def _is_free(port: int, *, udp: bool) -> bool:
    kinds = [socket.SOCK_STREAM, *([socket.SOCK_DGRAM] if udp else [])]
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT is free
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _explain(name: str, port: int) -> str:
    return f"port {port} ({name}) is taken{_by(port)}; stop it, or set SEDA_{name.upper()}_PORT to another"


def _by(port: int) -> str:
    with contextlib.suppress(psutil.Error, PermissionError):
        for connection in psutil.net_connections("inet"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return " by another program"
