"""A service process: its parts start in order, then it listens; at a stop everything goes in reverse."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from shared.runtime.health import Health
from shared.runtime.logs import configure, get_logger
from shared.runtime.memory import settle
from shared.runtime.metrics import Metrics
from shared.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

log = get_logger(__name__)


class Component(Protocol):
    """Something with a life: a connection, a consumer, a loop."""

    name: str

    async def start(self) -> None:
        """Begin; returns when it works. Raises when it cannot."""
        ...

    async def stop(self) -> None:
        """End in good order; safe to call after a failed start."""
        ...


@dataclass(slots=True)
class App:
    """A built service: nothing has been opened or connected yet."""

    name: str
    http: FastAPI
    components: Sequence[Component] = ()
    health: Health = field(default_factory=Health)
    metrics: Metrics | None = None
    asgi: Any = None
    """What is served instead of ``http`` when plain ASGI endpoints stand before it."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """All components started; stopped again in reverse at the end, whatever happened."""
        async with AsyncExitStack() as stack:
            for component in self.components:
                stack.push_async_callback(_stop, component)
                await component.start()
            yield self
            self.health.stopping = True


async def _stop(component: Component) -> None:
    try:
        await component.stop()
    except Exception:
        log.exception("part did not stop cleanly", part=component.name)


def run(app: App, settings: ServiceSettings) -> None:
    """Serve until SIGINT or SIGTERM. A component that cannot start ends the process with status 1 and the reason."""
    from uvicorn.config import Config

    configure(app.name, level=settings.log_level, fmt=settings.log_format)

    config = Config(
        app.asgi or app.http,
        host=settings.http_host,
        port=settings.http_port,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_grace_seconds)),
        backlog=2048,
    )
    server = _server(config)

    async def serve() -> None:
        async with app.running():
            settle()
            log.info("ready", address=f"http://{settings.http_host}:{settings.http_port}")
            await server.serve()

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve())
    except KeyboardInterrupt:
        return
    except Exception as error:
        log.error("cannot start", reason=str(error) or type(error).__name__, exc_info=settings.log_level == "debug")
        raise SystemExit(1) from error


def _server(config: Any) -> Any:
    """A uvicorn server that ends at SIGINT or SIGTERM and lets the parts stop afterwards.

    uvicorn's own handling raises the signal again once it has served, which would end the process before they do.
    """
    from uvicorn import server

    class Server(server.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield

    return Server(config)


def _loop_factory() -> Any:
    import uvloop

    return uvloop.new_event_loop
