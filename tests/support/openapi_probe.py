"""Everything an OpenAPI document allows, and much that it does not, sent to a running service.

No 5xx, no status that is not documented, and answers of the documented shape. Bounded and repeatable: a few
derandomised examples per operation.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.ports import free_port

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 10


@dataclass(frozen=True)
class Probed:
    """What is probed.

    Args:
        asgi: the running application.
        ids: path and query parameters of things that are there, by name.
        tokens: access tokens of people with different rights.
    """

    asgi: Any
    ids: dict[str, str]
    tokens: dict[str, str]


@dataclass(frozen=True)
class Served:
    """The probed application on a port."""

    url: str
    probed: Probed


class Operations:
    """The operations of a document, those that delete last."""

    def __init__(self, document: dict[str, Any]) -> None:
        schema = schemathesis.openapi.from_dict(document)
        self._found = {operation.label: operation for one in schema.get_all_operations() for operation in [one.ok()]}

    @property
    def labels(self) -> list[str]:
        return sorted(self._found, key=lambda label: (label.startswith("DELETE"), label))

    def probe(self, served: Served, label: str, mode: GenerationMode) -> None:
        """Send examples of one operation and check the answers."""

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=self._found[label].as_strategy(generation_mode=mode),
            who=st.sampled_from(sorted(served.probed.tokens)),
            real=st.booleans(),
        )
        def send(case: Any, who: str, real: bool) -> None:
            if real:
                for place in (case.path_parameters, case.query):
                    for name in set(place or {}) & set(served.probed.ids):
                        place[name] = served.probed.ids[name]
            headers = {"Authorization": f"Bearer {served.probed.tokens[who]}"}
            case.call_and_validate(base_url=served.url, headers=headers, checks=CHECKS)

        send()


@contextmanager
def serving(world: Callable[[], AbstractAsyncContextManager[Probed]]) -> Iterator[Served]:
    """Serve what ``world`` makes, from a thread with a loop of its own, as the probes are synchronous."""
    ready: Future[Served] = Future()
    servers: list[uvicorn.Server] = []
    thread = threading.Thread(target=lambda: asyncio.run(_serve(world, ready, servers)), daemon=True)
    thread.start()
    try:
        yield ready.result(60)
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(30)


async def _serve(
    world: Callable[[], AbstractAsyncContextManager[Probed]], ready: Future[Served], servers: list[uvicorn.Server]
) -> None:
    try:
        async with world() as probed:
            port = free_port()
            config = uvicorn.Config(probed.asgi, host="127.0.0.1", port=port, log_config=None, lifespan="off")
            servers.append(uvicorn.Server(config))
            ready.set_result(Served(f"http://127.0.0.1:{port}", probed))
            await servers[0].serve()
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise


__all__ = ["GenerationMode", "Operations", "Probed", "Served", "serving"]
