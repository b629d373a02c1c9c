"""A call this phone gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freeswitch.phone import sdp
from freeswitch.phone.address import parse_address
from freeswitch.phone.call import SDP_TYPE, Call, CallEnd
from freeswitch.phone.dialog import Dialog, response_to
from freeswitch.phone.message import Request
from freeswitch.phone.rtp import RtpStream
from freeswitch.phone.transaction import ServerTransaction

if TYPE_CHECKING:
    from freeswitch.phone.phone import SipPhone

_REASONS = {
    302: "Moved Temporarily",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}


class IncomingCall(Call):
    """From their INVITE to the end; `invite` is what came."""

    def __init__(self, phone: SipPhone, dialog: Dialog, stream: RtpStream, transaction: ServerTransaction) -> None:
        super().__init__(phone, dialog, stream)
        self._transaction = transaction

    @property
    def invite(self) -> Request:
        return self._transaction.request

    @property
    def caller_name(self) -> str:
        """Display name of the caller, as it came."""
        return parse_address(self.invite.headers.get("From")).display

    @property
    def caller_uri(self) -> str:
        return parse_address(self.invite.headers.get("From")).uri

    def ring(self) -> None:
        """180 Ringing."""
        self._respond(180, "Ringing")

    def answer(self) -> None:
        """200 OK, and start the media."""
        offer = sdp.parse_audio(self.invite.body)
        self._respond(200, "OK", (SDP_TYPE,), self._offer(sdp.answer_direction(offer.direction)))
        self._connect_media(self.invite.body)
        self._answered.set_result(None)

    def reject(self, status: int = 486, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Refuse with any final status, 486 Busy Here by default; `headers` may hold a Reason or a Contact."""
        phrase = _REASONS.get(status, "Refused")
        self._respond(status, phrase, headers)
        self._end(CallEnd(status, phrase, "local"))

    def cancelled(self, cause: str) -> None:
        """The caller gave up: 487, and the Reason of the CANCEL as the cause."""
        if not self._transaction.answered:
            self._respond(487, _REASONS[487])
            self._end(CallEnd(487, _REASONS[487], "remote", cause))

    def _respond(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> None:
        fields = headers if status >= 300 else (self.phone.contact, *headers)
        tag = self.dialog.local_tag
        self._transaction.respond(response_to(self.invite, status, reason, tag=tag, headers=fields, body=body))
