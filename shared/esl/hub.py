"""A gevent hub in a thread of its own, beside asyncio and without monkey-patching.

In: ``submit`` puts a call into a deque and wakes the hub through its ``async_()`` watcher; such wake-ups coalesce, so
each one drains the deque. Out: ``LoopMailbox`` does the same in the other direction with ``loop.call_soon_threadsafe``.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event

log = logging.getLogger(__name__)


class HubStopped(RuntimeError):
    """The hub thread has been stopped; nothing runs in it any more."""


class HubThread:
    """The thread. Start it once; links and servers of one process may share it.

    ``submit`` and ``run`` may be called from any thread, the rest from the thread that owns it.
    """

    def __init__(self, name: str = "esl-hub") -> None:
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._ready = threading.Event()
        self._lock = threading.Lock()  # a watcher must not be woken after its loop is gone
        self._watcher: Any = None
        self._stop: Any = None

    def start(self) -> None:
        """Starts the thread unless it runs already; returns when the hub takes calls."""
        if not self._ready.is_set():
            self._thread.start()
            self._ready.wait()

    def submit(self, call: Callable[..., object], *args: Any) -> None:
        """Runs ``call`` in the hub's thread soon. It must not block: give ``gevent.spawn`` for what does."""
        with self._lock:
            if self._watcher is None:
                raise HubStopped("the event-socket thread is not running")
            self._calls.append((call, args))
            self._watcher.send()

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Runs ``call`` in a greenlet of the hub and returns its result to asyncio."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        mailbox = LoopMailbox(loop)

        def body() -> None:
            try:
                result = call(*args)
            except BaseException as error:  # handed over to whoever awaits
                mailbox.post(_settle, future, None, error)
            else:
                mailbox.post(_settle, future, result, None)

        self.submit(gevent.spawn, body)
        return await future

    def stop(self) -> None:
        """Ends the thread, with every greenlet still in it. Blocks while that lasts, at most 5 s."""
        if not self._ready.is_set():
            return
        try:
            self.submit(self._stop.set)
        except HubStopped:
            return
        if threading.current_thread() is not self._thread:
            self._thread.join(5.0)

    def _main(self) -> None:
        hub = gevent.get_hub()
        self._stop = gevent.event.Event()
        self._watcher = hub.loop.async_()
        self._watcher.start(self._drain)
        self._ready.set()
        self._stop.wait()
        with self._lock:
            watcher, self._watcher = self._watcher, None
            watcher.stop()
            watcher.close()
        self._calls.clear()
        hub.destroy(destroy_loop=True)

    def _drain(self) -> None:
        while self._calls:
            call, args = self._calls.popleft()
            try:
                call(*args)
            except Exception:
                log.exception("a call in the event-socket thread failed")


class LoopMailbox:
    """Calls into an asyncio loop from another thread, in order, with one wake-up for as many as are waiting."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Runs ``call`` in the loop soon; does nothing once the loop is closed."""
        self._calls.append((call, args))
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:  # the loop is closed: nobody is left to tell
                self._calls.clear()

    def _drain(self) -> None:
        self._woken = False  # before draining: what is appended from now on wakes the loop again
        while self._calls:
            call, args = self._calls.popleft()
            try:
                call(*args)
            except Exception:
                log.exception("a call from the event-socket thread failed")


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
