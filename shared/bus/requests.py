"""Commands and their replies."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Generic

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from pydantic import ValidationError

from shared.bus.connection import PENDING_BYTES, Connection
from shared.bus.encoding import TRACEPARENT, check_size, trace_headers
from shared.bus.lanes import is_cancelled
from shared.bus.measures import Measures
from shared.bus.port import BusError, BusTimeout, BusUnavailable, C, CommandHandler, ConnectionLost, NoResponder
from shared.bus.waiting import first_of
from shared.contracts.message import Command, Reply, token
from shared.runtime.logs import get_logger
from shared.runtime.tracing import use_traceparent

log = get_logger(__name__)

GIVEN_UP_AT = "Seda-Given-Up-At"
"""Header: when the sender stops waiting, in Unix milliseconds."""

CLOCKS_MAY_DIFFER_SECONDS = 5.0
_STOP_SECONDS = 10.0


def internal_failure(command: type[Command], error: BaseException) -> Reply:
    """What is answered when a handler raised."""
    log.exception("command failed", command=command.name, exc_info=error)
    return command.reply(ok=False, code="internal", detail="the command failed; its server's log says why")


def unreadable(command: type[Command], error: ValidationError) -> Reply:
    """What is answered to a command that does not fit its class."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return command.reply(ok=False, code="invalid", detail=f"{where}: {fault['msg']}")


def read_reply(command: Command, body: bytes) -> Reply:
    """The reply, in the class that the command names.

    Raises:
        BusError: it cannot be read. The command may have been carried out.
    """
    try:
        return command.reply.model_validate_json(body)
    except ValidationError as error:
        raise BusError(f"the reply to {command.name} cannot be read: {error.errors()[0]['msg']}") from error


class Requester:
    """Sends commands."""

    def __init__(self, connection: Connection, measures: Measures) -> None:
        self._connection = connection
        self._measures = measures

    async def request(self, command: Command, timeout: float) -> Reply:
        """As ``Bus.request``."""
        try:
            reply = await self._request(command, timeout)
        except BusError as error:
            self._measures.command("sent", command.name, type(error).__name__)
            raise
        self._measures.command("sent", command.name, reply.code)
        return reply

    async def _request(self, command: Command, timeout: float) -> Reply:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        client = await self._connection.wait_connected(timeout)
        timeout = max(0.001, deadline - loop.time())
        given_up_at = str(int((time.time() + timeout) * 1000))
        headers = {GIVEN_UP_AT: given_up_at, **trace_headers()}
        subject, body = command.subject(), command.encode()
        check_size(body, headers, client.max_payload)
        asking = asyncio.create_task(client.request(subject, body, timeout=timeout, headers=headers))
        try:
            # Who served it may be cut off as well, and replies are kept for nobody: do not wait for the deadline.
            await first_of(asyncio.wait([asking]), self._connection.wait_lost())
            if not asking.done():
                raise ConnectionLost(f"the connection was lost while waiting for the reply to {subject}")
            answer = asking.result()
        except NoRespondersError:
            raise NoResponder(f"nobody serves {subject}") from None
        except NatsTimeout:
            raise BusTimeout(f"no reply to {subject} within {timeout:.3g} s") from None
        except Error as error:
            raise BusUnavailable(str(error) or type(error).__name__) from error
        finally:
            asking.cancel()
        return read_reply(command, answer.data)


class CommandServer(Generic[C]):
    """Serves one class of commands, each in a task of its own."""

    def __init__(
        self,
        connection: Connection,
        measures: Measures,
        command: type[C],
        handler: CommandHandler[C],
        *,
        key: str | None,
        queue: str | None,
        max_in_flight: int,
    ) -> None:
        self._connection = connection
        self._measures = measures
        self._command = command
        self._handler = handler
        self._subject = f"{command.prefix()}.{'*' if key is None else token(key)}"
        self._queue = queue or ""
        self._free = asyncio.Semaphore(max_in_flight)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None
        self._stopped = False

    async def start(self) -> None:
        """Serve from now on, or from the moment the connection comes."""
        await self._connection.attach(self._attach)

    async def stop(self) -> None:
        """Take no more commands; finish those under way."""
        self._connection.detach(self._attach)
        self._stopped = True
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(Error, OSError):
                if self._connection.connected:
                    await subscription.drain()  # type: ignore[no-untyped-call]
                else:  # the client would subscribe again with the next connection, and hand commands to nobody
                    await subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=_STOP_SECONDS)
        await self.abort()

    async def abort(self) -> None:
        """End at once."""
        self._connection.detach(self._attach)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attach(self, client: Client) -> None:
        subscription = await client.subscribe(
            self._subject, queue=self._queue, cb=self._arrived, pending_bytes_limit=PENDING_BYTES
        )
        if self._stopped:  # meanwhile
            await subscription.unsubscribe()
            return
        self._subscription = subscription
        await client.flush()  # type: ignore[no-untyped-call,unused-ignore]

    async def _arrived(self, msg: Msg) -> None:
        await self._free.acquire()
        task = asyncio.create_task(self._serve(msg))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free.release()

    async def _serve(self, msg: Msg) -> None:
        headers = msg.headers or {}
        if is_given_up(headers.get(GIVEN_UP_AT)):
            self._measures.command("served", self._command.name, "too_late")
            log.warning("command came too late and was not carried out", command=self._command.name)
            return
        with use_traceparent(headers.get(TRACEPARENT)):
            reply = await self._reply(msg.data)
        if reply is None:
            self._measures.command("served", self._command.name, "silent")
            return
        self._measures.command("served", self._command.name, reply.code)
        try:
            await self._connection.client.publish(msg.reply, reply.model_dump_json().encode())
        except (Error, BusUnavailable):
            log.warning("reply could not be sent", command=self._command.name, code=reply.code)

    async def _reply(self, body: bytes) -> Reply | None:
        try:
            command = self._command.decode(body)
        except ValidationError as error:
            return unreadable(self._command, error)
        try:
            return await self._handler(command)
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled(error):
                raise
            return internal_failure(self._command, error)


def is_given_up(given_up_at: str | None) -> bool:
    """Whether nobody waits for the answer any more: doing it now would surprise. Clocks may differ a little."""
    if given_up_at is None or not given_up_at.isdigit():
        return False
    return time.time() > int(given_up_at) / 1000 + CLOCKS_MAY_DIFFER_SECONDS
