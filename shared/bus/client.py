"""The NATS client, with four faults of nats-py (seen in 2.16.0) mended; ``test_nats_faults.py`` shows them.

Two leave a client that calls itself connected and hears nothing, until its own pings go unanswered 15 seconds later.
The third makes ``flush`` return, and ``drain`` give up messages, before the server has seen what came before. The
fourth lets a client that is closed while it reconnects go on trying for ever.
"""

from __future__ import annotations

import asyncio

from nats.aio.client import PING_PROTO, Client
from nats.aio.subscription import Subscription
from nats.errors import UnexpectedEOF

from shared.bus.waiting import cancelled


class ListeningClient(Client):
    """A client that does not stop listening while it is connected, and does not unpack what nobody wants."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted: dict[int, frozenset[bytes]] = {}

    def want_only(self, subscription: Subscription, prefixes: frozenset[bytes]) -> None:
        """Pass over, from now on, what comes on other subjects than these, but for their last two words.

        Of a wide subscription most messages are for others, and unpacking one costs more than looking at its subject.
        What is wanted comes without headers.
        """
        self._wanted[subscription._id] = prefixes

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        wanted = self._wanted.get(sid)
        if wanted is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        elif subject.rsplit(b".", 2)[0] in wanted:
            await super()._process_msg(sid, subject, reply, data, b"")

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        super()._remove_sub(sid, max_msgs)
        if sid not in self._subs:
            self._wanted.pop(sid, None)

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        """The library cancels its reconnecting once, which may be forgotten, and goes on without looking."""
        reconnecting = self._reconnection_task
        if reconnecting is not None and reconnecting is not asyncio.current_task():
            await cancelled(reconnecting)
        await super()._close(status, do_cbs)

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        """The library writes a ping past the commands that still wait to be written: put it behind them."""
        self._pongs.append(future or asyncio.get_running_loop().create_future())
        await self._send_command(PING_PROTO)
        await self._flush_pending()

    async def _process_pong(self) -> None:
        """A pong whose asker gave up waiting (``rtt``, ``flush``) raises, which ends the library's read loop."""
        try:
            await super()._process_pong()
        except asyncio.InvalidStateError:
            self._pings_outstanding = 0

    async def _read_loop(self) -> None:
        """Any unforeseen error ends the library's read loop and nothing else: reconnect instead."""
        await super()._read_loop()
        if self.is_connected and not self.is_draining:
            await self._process_op_err(UnexpectedEOF())
