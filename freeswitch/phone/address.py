"""SIP addresses without I/O: `"Name" <sip:user@host:port;uri-param>;param` (RFC 3261, sections 19.1 and 20.10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from freeswitch.phone.message import SipSyntaxError

_NAME_ADDR = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>\s*(.*)\Z', re.DOTALL)
_URI = re.compile(r"sips?:(?:([^@]*)@)?(\[[0-9A-Fa-f:.]+\]|[^:;?\s]+)(?::(\d{1,5}))?(.*)\Z")


@dataclass(frozen=True)
class Address:
    """One From, To, Contact, Refer-To or Route value."""

    uri: str
    display: str = ""
    params: str = ""
    """What follows the angle brackets, with its leading semicolon."""

    def param(self, name: str) -> str:
        """Value of a header parameter such as `tag`; empty when it is absent."""
        return _param(self.params, name)

    def __str__(self) -> str:
        quoted = self.display.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{quoted}" ' if self.display else ""
        return f"{shown}<{self.uri}>{self.params}"


def parse_address(value: str) -> Address:
    """Read one name-addr or addr-spec.

    Raises:
        SipSyntaxError: it has no URI.
    """
    if match := _NAME_ADDR.match(value):
        display = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else (match[2] or "")
        return Address(match[3].strip(), display, match[4].strip())
    uri, semicolon, params = value.strip().partition(";")
    if not uri.lower().startswith(("sip:", "sips:", "tel:")):
        raise SipSyntaxError(f"no URI in {value[:80]!r}")
    return Address(uri, "", semicolon + params)


def uri_user(uri: str) -> str:
    """The user part of a SIP URI, without its parameters; empty when there is none."""
    match = _URI.match(uri)
    return (match[1] or "").split(";")[0].split(":")[0] if match else ""


def uri_host_port(uri: str, default_port: int = 5060) -> tuple[str, int]:
    """Where a SIP URI points.

    Raises:
        SipSyntaxError: not a SIP URI.
    """
    match = _URI.match(uri)
    if match is None:
        raise SipSyntaxError(f"not a SIP URI: {uri[:80]!r}")
    return match[2].strip("[]"), int(match[3] or default_port)


def _param(params: str, name: str) -> str:
    for item in params.split(";"):
        key, _, value = item.strip().partition("=")
        if key.lower() == name.lower():
            return value.strip()
    return ""
