"""One event-socket command: its line, headers and body (mod_event_socket.c: read_packet)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """`name arguments`, then header lines, then a body of Content-Length bytes."""

    name: str
    arguments: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def message(self) -> dict[str, str]:
        """Headers as a `sendmsg` acts on them, as they were sent; body in `_body`."""
        return {**self.headers, "_body": self.body} if self.body else dict(self.headers)


def parse_head(head: str) -> tuple[str, str, dict[str, str]]:
    """Command name, its arguments and the headers after it."""
    first, *lines = head.split("\n")
    name, _, arguments = first.strip("\r").strip().partition(" ")
    headers: dict[str, str] = {}
    for line in lines:
        header, found, value = line.strip("\r").partition(":")
        if found:
            headers[_canonical(header.strip())] = value.strip()
    return name.lower(), arguments.strip(), headers


_KNOWN = {
    name.lower(): name
    for name in (
        "Content-Length", "Event-UUID", "Job-UUID", "call-command", "execute-app-name", "execute-app-arg",
        "hangup-cause", "event-lock", "loops", "async", "Event-Subclass",
    )
}  # fmt: skip


def _canonical(name: str) -> str:
    return _KNOWN.get(name.lower(), name)
