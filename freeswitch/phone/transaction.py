"""Making UDP dependable (RFC 3261, section 17): repeat requests until answered, answers until acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from freeswitch.phone.message import Request, Response, serialise

T1_SECONDS = 0.5
T2_SECONDS = 4.0
TIMEOUT_SECONDS = 64 * T1_SECONDS

Send = Callable[[bytes], None]


class NoAnswerError(Exception):
    """Nobody answered a request within 64 x T1 (32 s)."""


class ClientTransaction:
    """One request of ours and what came back.

    Args:
        request: with its Via; sent at `start`.
        send: puts a datagram on the wire.
        on_provisional: told every 1xx, before the final answer.
    """

    def __init__(self, request: Request, send: Send, on_provisional: Callable[[Response], None]) -> None:
        self.request = request
        self._send = send
        self._on_provisional = on_provisional
        self._final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._resend: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(TIMEOUT_SECONDS, self._expire)
        self._transmit(T1_SECONDS)

    async def final(self) -> Response:
        """The final answer.

        Raises:
            NoAnswerError: none came.
        """
        return await asyncio.shield(self._final)

    def receive(self, response: Response) -> None:
        """Take a response that carries this transaction's branch."""
        if response.status < 200:
            self._stop_resending()
            if self.request.method == "INVITE" and self._deadline is not None:
                self._deadline.cancel()
            self._on_provisional(response)
        elif not self._final.done():
            self.stop()
            self._final.set_result(response)

    def stop(self) -> None:
        """No more retransmission."""
        self._stop_resending()
        if self._deadline is not None:
            self._deadline.cancel()

    def _transmit(self, interval: float) -> None:
        self._send(serialise(self.request))
        following = interval * 2 if self.request.method == "INVITE" else min(interval * 2, T2_SECONDS)
        self._resend = asyncio.get_running_loop().call_later(interval, self._transmit, following)

    def _stop_resending(self) -> None:
        if self._resend is not None:
            self._resend.cancel()

    def _expire(self) -> None:
        self.stop()
        if not self._final.done():
            self._final.set_exception(NoAnswerError(f"no answer to {self.request.method} {self.request.uri}"))
            self._final.exception()  # nobody may be waiting


class ServerTransaction:
    """One request of the other side and our answers to it.

    Args:
        request: as it came.
        send: puts a datagram on the wire.
    """

    def __init__(self, request: Request, send: Send) -> None:
        self.request = request
        self._send = send
        self._last: bytes | None = None
        self._resend: asyncio.TimerHandle | None = None
        self.answered = False

    def respond(self, response: Response) -> None:
        """Send an answer; a final answer to an INVITE again and again until `acknowledged`."""
        self._last = serialise(response)
        if response.status < 200:
            self._send(self._last)
            return
        self.answered = True
        if self.request.method == "INVITE":
            self._transmit(T1_SECONDS, TIMEOUT_SECONDS)
        else:
            self._send(self._last)

    def repeated(self) -> None:
        """The same request came again: repeat the last answer."""
        if self._last is not None:
            self._send(self._last)

    def acknowledged(self) -> None:
        """The ACK came."""
        if self._resend is not None:
            self._resend.cancel()

    def _transmit(self, interval: float, remaining: float) -> None:
        assert self._last is not None  # noqa: S101 - set by respond
        self._send(self._last)
        if remaining > interval:
            following = min(interval * 2, T2_SECONDS)
            timer = asyncio.get_running_loop().call_later
            self._resend = timer(interval, self._transmit, following, remaining - interval)
