"""A call this phone makes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freeswitch.phone.call import DEFAULT_TIMEOUT_SECONDS, SDP_TYPE, Call, CallEnd
from freeswitch.phone.dialog import Dialog
from freeswitch.phone.message import Headers, Request, Response
from freeswitch.phone.rtp import RtpStream
from freeswitch.phone.transaction import NoAnswerError

if TYPE_CHECKING:
    from freeswitch.phone.phone import SipPhone


class OutgoingCall(Call):
    """From INVITE to the end. `provisional` holds the status of every 1xx that came."""

    def __init__(self, phone: SipPhone, dialog: Dialog, stream: RtpStream) -> None:
        super().__init__(phone, dialog, stream)
        self.provisional: list[int] = []
        self._rang: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._invite: Request | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Send the INVITE, with `headers` besides its own."""
        fields = (*self.phone.standard_headers(), SDP_TYPE, *headers)
        invite = self.dialog.request("INVITE", headers=fields, body=self._offer())
        self._running = asyncio.create_task(self._run(invite))

    async def ringing(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Response:
        """Wait for 180 or 183.

        Raises:
            CallEndedError: refused before it rang.
            TimeoutError: neither in `timeout` seconds.
        """
        return await self._until(asyncio.shield(self._rang), timeout)

    async def answered(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        """Wait for 200, acknowledged and with media running; raises as `ringing`."""
        await self._until(asyncio.shield(self._answered), timeout)

    async def cancel(self) -> CallEnd:
        """CANCEL the INVITE and wait for its final answer."""
        if self._invite is not None and not self._ended.done():
            via, sequence = self._invite.headers.get("Via"), self._invite.headers.get("CSeq").split()[0]
            kept = [(name, value) for name, value in self._invite.headers if name in {"From", "To", "Call-ID", "Route"}]
            fields = [("Via", via), *kept, ("CSeq", f"{sequence} CANCEL"), ("Max-Forwards", "70")]
            await self.phone.send(Request("CANCEL", self._invite.uri, Headers(fields)))
        return await self.ended()

    async def _run(self, invite: Request) -> None:
        try:
            response = await self.phone.send(invite, on_provisional=self._on_provisional, on_sent=self._on_sent)
        except NoAnswerError:
            self._end(CallEnd(408, "Request Timeout", "local"))
            return
        if response.status >= 300:
            self._end(CallEnd(response.status, response.reason, "remote", response.headers.get("Reason")))
            return
        self.dialog.learn(response, outgoing=True)
        self.phone.acknowledge(self.dialog, response)
        self._connect_media(response.body)
        self._answered.set_result(None)

    def _on_sent(self, request: Request) -> None:
        self._invite = request
        self.dialog.sequence = int(request.headers.get("CSeq").split()[0])

    def _on_provisional(self, response: Response) -> None:
        self.provisional.append(response.status)
        if response.status == 100:
            return
        if response.body:
            self._connect_media(response.body)  # early media: an announcement before the answer
        if not self._rang.done():
            self._rang.set_result(response)
