"""Events as the switch sends them: headers, and their JSON and plain forms (switch_event.c, mod_event_socket.c)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

import orjson

from freeswitch.simulator.domain.channel import Value

Headers = dict[str, Value]

# switch_event.c urlencodes with this set left plain.
_PLAIN = "!\"#$'()*+,-./:;<=>?@[\\]^_`{|}~&"


@dataclass(frozen=True)
class Node:
    """What every event says about the switch that sent it."""

    core_uuid: str
    hostname: str
    ipv4: str = "127.0.0.1"
    ipv6: str = "::1"

    def headers(self, now: int, sequence: int) -> Headers:
        """Headers common to all events; `now` in microseconds since 1970."""
        local, gmt = _dates(now // 1_000_000)
        return {
            "Core-UUID": self.core_uuid,
            "FreeSWITCH-Hostname": self.hostname,
            "FreeSWITCH-Switchname": self.hostname,
            "FreeSWITCH-IPv4": self.ipv4,
            "FreeSWITCH-IPv6": self.ipv6,
            "Event-Date-Local": local,
            "Event-Date-GMT": gmt,
            "Event-Date-Timestamp": str(now),
            "Event-Calling-File": "simulator",
            "Event-Calling-Function": "simulator",
            "Event-Calling-Line-Number": "0",
            "Event-Sequence": str(sequence),
        }


@dataclass(frozen=True)
class Event:
    """One event: name, subclass for CUSTOM, headers and, for some, a body."""

    name: str
    headers: Headers
    subclass: str = ""
    body: str | None = None

    def as_json(self) -> bytes:
        """One JSON object; arrays stay arrays, the body stands in `_body`."""
        if self.body is None:
            return orjson.dumps(self.headers)
        return orjson.dumps({**self.headers, "Content-Length": str(len(self.body.encode())), "_body": self.body})

    def as_plain(self) -> bytes:
        """`Name: value` lines with URL-encoded values, then the body."""
        head = plain_headers(self.headers)
        if self.body is None:
            return (head + "\n").encode()
        body = self.body.encode()
        return f"{head}Content-Length: {len(body)}\n\n".encode() + body


@lru_cache(maxsize=8)
def _dates(second: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(second, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S"), moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


def plain_headers(headers: Mapping[str, Value]) -> str:
    """`Name: value` lines, values URL-encoded, arrays as `ARRAY::a|:b`."""
    return "".join(f"{name}: {quote(_text(value), safe=_PLAIN)}\n" for name, value in headers.items())


def _text(value: Value) -> str:
    return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)
