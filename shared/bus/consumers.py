"""Durable consumers: every event at least once, shared among the processes of a service."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from nats.aio.msg import Msg
from nats.errors import Error

from shared.bus.connection import Connection
from shared.bus.encoding import MESSAGE_ID, TRACEPARENT, Decoder
from shared.bus.lanes import Lanes, Outcome, until_handled
from shared.bus.measures import Measures
from shared.bus.port import BusUnavailable, E, EventHandler, Poison
from shared.bus.pulling import Pull
from shared.contracts.catalogue import StreamSpec
from shared.contracts.message import token
from shared.runtime.logs import get_logger
from shared.runtime.tracing import use_traceparent

log = get_logger(__name__)

_NANOSECONDS = 1_000_000_000
_REMEMBERED = 10_000
_STOP_SECONDS = 10.0
_LINGER_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """What a durable consumer is told at its making."""

    durable: str
    stream: StreamSpec
    max_in_flight: int
    ack_wait_seconds: float
    backoff_seconds: Sequence[float]


class DurableConsumer(Generic[E]):
    """Pulls events, works them off in lanes (one a subject), acknowledges what is done."""

    def __init__(
        self,
        connection: Connection,
        measures: Measures,
        spec: ConsumerSpec,
        decoder: Decoder[E],
        handler: EventHandler[E],
    ) -> None:
        token(spec.durable)
        self._connection = connection
        self._measures = measures
        self._spec = spec
        self._decoder = decoder
        self._handler = handler
        self._stopping = asyncio.Event()
        self._held: dict[str, tuple[Msg, float]] = {}
        self._done: OrderedDict[str, None] = OrderedDict()
        self._lanes: Lanes[Msg] = Lanes(self._work)
        self._keeper: asyncio.Task[None] | None = None
        self._pull = Pull(
            connection,
            spec.durable,
            prepare=self._prepare,
            take=self._take,
            room=lambda: spec.max_in_flight - self._lanes.size,
            batch=spec.max_in_flight,
        )

    async def start(self, timeout: float) -> None:
        """Begin. Returns when the consumer exists, or after ``timeout`` seconds while it goes on trying."""
        self._pull.start()
        self._keeper = asyncio.create_task(self._keep())
        try:
            async with asyncio.timeout(timeout):
                await self._pull.ready.wait()
        except TimeoutError:
            log.warning("consumer is not there yet; trying on", consumer=self._spec.durable)

    async def stop(self) -> None:
        """Finish what is being handled and give back the rest."""
        self._stopping.set()
        await self._pull.stop(linger_seconds=_LINGER_SECONDS)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._lanes.finished()
        except TimeoutError:
            log.warning("handlers did not finish; their events come again", consumer=self._spec.durable)
        await self.abort()

    async def abort(self) -> None:
        """End at once."""
        self._stopping.set()
        await self._pull.stop()
        if self._keeper is not None:
            self._keeper.cancel()
        await self._lanes.cancel()

    async def _prepare(self) -> str:
        spec = self._spec
        config = {
            "durable_name": spec.durable,
            "name": spec.durable,
            "deliver_policy": "all",
            "replay_policy": "instant",
            "ack_policy": "explicit",
            "ack_wait": int(spec.ack_wait_seconds * _NANOSECONDS),
            "filter_subjects": self._decoder.patterns,
            "max_ack_pending": max(1000, 16 * spec.max_in_flight),
            "max_deliver": -1,
        }
        request = {"stream_name": spec.stream.name, "config": config}
        await self._connection.call(f"CONSUMER.CREATE.{spec.stream.name}.{spec.durable}", request)
        return f"{spec.stream.name}.{spec.durable}"

    def _take(self, msg: Msg) -> None:
        identity = _identity(msg)
        if identity in self._held:  # delivered again while still in work here
            return
        self._held[identity] = (msg, asyncio.get_running_loop().time())
        self._lanes.put(msg.subject, msg)

    async def _work(self, msg: Msg) -> None:
        identity = _identity(msg)
        try:
            if identity in self._done:  # the acknowledgement was lost with a connection
                self._measures.consumed(self._spec.durable, "repeated")
                await self._tell(msg, b"+ACK")
                return
            outcome = await self._handle(msg)
            if outcome is Outcome.GIVEN_BACK:
                await self._tell(msg, b"-NAK")
                return
            self._measures.consumed(self._spec.durable, outcome.value)
            self._remember(identity)
            await self._tell(msg, b"+ACK" if outcome is Outcome.HANDLED else b"+TERM")
        finally:
            self._held.pop(identity, None)
            self._pull.made_room()

    async def _handle(self, msg: Msg) -> Outcome:
        try:
            event = self._decoder.decode(msg.subject, msg.data)
        except Poison as error:
            log.error("unreadable event dropped", consumer=self._spec.durable, subject=msg.subject, reason=str(error))
            return Outcome.POISON

        async def work() -> None:
            with use_traceparent((msg.headers or {}).get(TRACEPARENT)):
                await self._handler(event)

        return await until_handled(
            self._spec.durable,
            work,
            self._spec.backoff_seconds,
            self._stopping,
            lambda: self._measures.consumed(self._spec.durable, "failed"),
        )

    def _remember(self, identity: str) -> None:
        self._done[identity] = None
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)

    async def _tell(self, msg: Msg, answer: bytes) -> None:
        """Acknowledge, as soon as there is a connection. Lost all the same: the event comes again."""
        while True:
            try:
                await self._connection.client.publish(msg.reply, answer)
                return
            except (Error, BusUnavailable):
                if self._stopping.is_set():
                    return
                await self._connection.wait_connected()

    async def _keep(self) -> None:
        """Tell NATS that what takes long is still in work, so that nobody else gets it."""
        every = self._spec.ack_wait_seconds / 3
        while True:
            await asyncio.sleep(every)
            old = asyncio.get_running_loop().time() - every / 2
            for msg, since in list(self._held.values()):
                if since < old and self._connection.connected:
                    try:
                        await self._connection.client.publish(msg.reply, b"+WPI")
                    except (Error, BusUnavailable):
                        break


def _identity(msg: Msg) -> str:
    """What tells a repetition: the message id; an event without one counts as new each time."""
    return (msg.headers or {}).get(MESSAGE_ID) or msg.reply
