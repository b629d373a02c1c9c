"""The SIP side of a call that both ends agree on (RFC 3261, section 12): tags, target, route set, sequence numbers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import quote

from freeswitch.phone.address import Address, parse_address
from freeswitch.phone.message import Headers, Message, Request, Response

COPIED_TO_RESPONSE = ("Via", "From", "To", "Call-ID", "CSeq", "Record-Route")


def new_tag() -> str:
    """A tag, branch suffix or call id that nobody else has."""
    return secrets.token_hex(8)


@dataclass
class Dialog:
    """One dialog as this phone sees it."""

    call_id: str
    local: Address
    """Our From or To, with our tag."""
    remote: Address
    """Theirs; without a tag until they answered."""
    target: str
    """Their Contact, where requests of the dialog go."""
    routes: tuple[str, ...] = ()
    sequence: int = 1

    @property
    def local_tag(self) -> str:
        return self.local.param("tag")

    @property
    def remote_tag(self) -> str:
        return self.remote.param("tag")

    def learn(self, message: Message, *, outgoing: bool) -> None:
        """Take the remote tag, target and routes from a response to our INVITE, or from their INVITE."""
        self.remote = parse_address(message.headers.get("To" if outgoing else "From"))
        if contact := message.headers.get("Contact"):
            self.target = parse_address(contact).uri
        routes = [part.strip() for value in message.headers.all("Record-Route") for part in value.split(",")]
        if routes:
            self.routes = tuple(reversed(routes) if outgoing else routes)

    def request(self, method: str, *, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Request:
        """The next request of this dialog, without Via; ACK and CANCEL keep the sequence number of their INVITE."""
        if method not in {"ACK", "CANCEL"}:
            self.sequence += 1
        fields = [
            *(("Route", route) for route in self.routes),
            ("Max-Forwards", "70"),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.sequence} {method}"),
            *headers,
        ]
        return Request(method, self.target, Headers(fields), body)

    def replaces(self) -> str:
        """This dialog as an escaped `Replaces` for a Refer-To URI (RFC 3891)."""
        return quote(f"{self.call_id};to-tag={self.remote_tag};from-tag={self.local_tag}", safe="")


def response_to(
    request: Request,
    status: int,
    reason: str,
    *,
    tag: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """An answer to `request`; `tag` is added to To when it has none."""
    fields = [(name, value) for name in COPIED_TO_RESPONSE for value in request.headers.all(name)]
    if tag:
        fields = [(name, _tagged(value, tag) if name == "To" else value) for name, value in fields]
    return Response(status, reason, Headers([*fields, *headers]), body)


def _tagged(value: str, tag: str) -> str:
    return value if parse_address(value).param("tag") else f"{value};tag={tag}"
