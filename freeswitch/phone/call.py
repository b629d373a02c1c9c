"""A call on a phone: what both directions have in common."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from freeswitch.phone import sdp
from freeswitch.phone.dialog import Dialog, response_to
from freeswitch.phone.message import Request, Response
from freeswitch.phone.rtp import DTMF_KEYS, RtpCounters, RtpStream
from freeswitch.phone.transaction import ServerTransaction

if TYPE_CHECKING:
    from freeswitch.phone.phone import SipPhone

T = TypeVar("T")
SDP_TYPE = ("Content-Type", "application/sdp")
DTMF_TYPE = ("Content-Type", "application/dtmf-relay")
DEFAULT_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class CallEnd:
    """How a call ended."""

    status: int
    """SIP status that refused it; 200 when an answered call was hung up."""
    reason: str
    """SIP reason phrase."""
    by: str
    """`local` or `remote`."""
    cause: str = ""
    """The Reason header as it came, such as `Q.850;cause=16;text="NORMAL_CLEARING"`."""


class CallEndedError(Exception):
    """The call ended before what was waited for."""

    def __init__(self, end: CallEnd) -> None:
        super().__init__(f"call ended: {end.status} {end.reason} {end.cause}".strip())
        self.end = end


class RequestRefusedError(Exception):
    """The other side refused a request inside a call."""

    def __init__(self, method: str, response: Response) -> None:
        super().__init__(f"{method} refused: {response.status} {response.reason}")
        self.response = response


class Call:
    """One call; made by `SipPhone.dial` and `SipPhone.incoming`."""

    def __init__(self, phone: SipPhone, dialog: Dialog, stream: RtpStream) -> None:
        self.phone = phone
        self.dialog = dialog
        self.stream = stream
        self.held_by_other = False
        """The other side asked us to send nothing."""
        loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[CallEnd] = loop.create_future()
        self._refer_results: asyncio.Queue[int] = asyncio.Queue()
        self._sending: set[asyncio.Future[None]] = set()
        self._local = sdp.AudioStream(stream.local_host, stream.port, payloads=(sdp.PCMU, 101))
        self._sdp_version = 0

    @property
    def rtp(self) -> RtpCounters:
        """Packets and digits so far."""
        return self.stream.counters

    @property
    def rtp_received(self) -> int:
        """Voice and DTMF packets received so far."""
        return self.stream.counters.received

    @property
    def established(self) -> bool:
        """Answered and not ended."""
        return self._answered.done() and not self._ended.done()

    async def ended(self, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> CallEnd:
        """Wait until the call is over.

        Raises:
            TimeoutError: it still stands after `timeout` seconds.
        """
        return await asyncio.wait_for(asyncio.shield(self._ended), timeout)

    async def hang_up(self, reason: str = "") -> CallEnd:
        """BYE, with an optional Reason header."""
        headers = (("Reason", reason),) if reason else ()
        if not self._ended.done():
            response = await self.phone.send(self.dialog.request("BYE", headers=headers))
            self._end(CallEnd(response.status, response.reason, "local"))
        return self._ended.result()

    async def hold(self, direction: str = "sendonly") -> None:
        """Put the other side on hold: `sendonly`, or `inactive` to send it nothing either."""
        await self._reinvite(direction)
        self.stream.sending = direction == "sendonly"

    async def resume(self) -> None:
        """End a hold."""
        await self._reinvite("sendrecv")
        self.stream.sending = True

    def send_dtmf(self, keys: str, how: str = "rtp") -> asyncio.Future[None]:
        """Press keys: `rtp` queues them as RFC 4733 events, `info` sends a SIP INFO each, one after the other.

        What is returned need not be awaited; it is done when the events are queued or the last INFO was accepted.

        Raises:
            ValueError: a key that no phone has, no event payload was agreed, or another `how`.
            RequestRefusedError: (awaited) an INFO was refused.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if how == "rtp":
            self.stream.press(keys)
            done.set_result(None)
        elif how == "info" and set(keys.upper()) <= set(DTMF_KEYS):
            done = asyncio.ensure_future(self._send_info(keys.upper()))
            self._sending.add(done)
            done.add_done_callback(self._sending.discard)
        else:
            raise ValueError(f"cannot send {keys!r} as {how!r}")
        return done

    async def transfer(self, target: str, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> int:
        """Blind transfer to `target` (a number of our domain); the SIP status reported by NOTIFY.

        Raises:
            RequestRefusedError: the REFER was refused.
            TimeoutError: no NOTIFY with a final status.
        """
        return await self._refer(f"<sip:{target}@{self.phone.domain}>", timeout)

    async def transfer_attended(self, other: Call, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> int:
        """Connect the far end of this call with the far end of `other`; raises as `transfer`."""
        return await self._refer(f"<{other.dialog.remote.uri}?Replaces={other.dialog.replaces()}>", timeout)

    def receive(self, request: Request, transaction: ServerTransaction) -> None:
        """Take a request inside the dialog."""
        handler = {"BYE": self._on_bye, "INVITE": self._on_reinvite, "UPDATE": self._on_reinvite}
        handler.get(request.method, self._on_other)(request, transaction)

    def lose(self) -> None:
        """Forget the call without telling anybody, as a phone whose power is cut."""
        self._end(CallEnd(0, "lost", "local"))

    def _offer(self, direction: str = "sendrecv") -> bytes:
        self._local = replace(self._local, direction=direction)
        self._sdp_version += 1
        return sdp.describe(self._local, session_id=self.stream.port, version=self._sdp_version)

    def _connect_media(self, body: bytes) -> None:
        remote = sdp.parse_audio(body)
        self.stream.dtmf_payload = remote.dtmf_payload
        self.held_by_other = remote.direction in {"sendonly", "inactive"}
        self.stream.send_to(remote.host, remote.port)

    async def _send_info(self, keys: str) -> None:
        for key in keys:
            body = f"Signal={key}\r\nDuration=100\r\n".encode()
            response = await self.phone.send(self.dialog.request("INFO", headers=(DTMF_TYPE,), body=body))
            if response.status >= 300:
                raise RequestRefusedError("INFO", response)

    async def _reinvite(self, direction: str) -> None:
        request = self.dialog.request("INVITE", headers=(self.phone.contact, SDP_TYPE), body=self._offer(direction))
        response = await self.phone.send(request)
        if response.status >= 300:
            raise RequestRefusedError("INVITE", response)
        self.phone.acknowledge(self.dialog, response)
        self._connect_media(response.body)

    async def _refer(self, refer_to: str, timeout: float) -> int:
        headers = (("Refer-To", refer_to), ("Referred-By", f"<{self.dialog.local.uri}>"), self.phone.contact)
        response = await self.phone.send(self.dialog.request("REFER", headers=headers))
        if response.status >= 300:
            raise RequestRefusedError("REFER", response)
        async with asyncio.timeout(timeout):
            while (status := await self._refer_results.get()) < 200:
                pass
        return status

    def _on_bye(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.respond(response_to(request, 200, "OK"))
        self._end(CallEnd(200, "OK", "remote", request.headers.get("Reason")))

    def _on_reinvite(self, request: Request, transaction: ServerTransaction) -> None:
        if not request.body:
            body = self._offer() if request.method == "INVITE" else b""
        else:
            self._connect_media(request.body)
            self.dialog.learn(request, outgoing=False)
            body = self._offer(sdp.answer_direction(sdp.parse_audio(request.body).direction))
        headers = (self.phone.contact, SDP_TYPE) if body else (self.phone.contact,)
        transaction.respond(response_to(request, 200, "OK", headers=headers, body=body))

    def _on_other(self, request: Request, transaction: ServerTransaction) -> None:
        transaction.respond(response_to(request, 200, "OK"))
        fragment = re.match(rb"SIP/2\.0 (\d{3})", request.body)
        if request.method == "NOTIFY" and fragment:
            self._refer_results.put_nowait(int(fragment[1]))

    def _end(self, end: CallEnd) -> None:
        if self._ended.done():
            return
        self.stream.close()
        self._ended.set_result(end)

    async def _until(self, awaited: Awaitable[T], timeout: float) -> T:
        """Wait for one thing, unless the call ends first."""
        waiting: asyncio.Future[T] = asyncio.ensure_future(awaited)
        either: set[asyncio.Future[Any]] = {waiting, self._ended}
        try:
            async with asyncio.timeout(timeout):
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not waiting.done():
                waiting.cancel()
        if waiting.done() and not waiting.cancelled():
            return waiting.result()
        raise CallEndedError(self._ended.result())
