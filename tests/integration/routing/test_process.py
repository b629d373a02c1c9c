"""Routing as its own process, with a real PostgreSQL and a real NATS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from shared.bus.nats import NatsBus
from shared.db.migrations import upgrade
from shared.db.provision import provision
from tests.integration.routing.world import SECRET, SIGNER, directory_events, extension_event
from tests.support.ports import free_port
from tests.support.postgres import PROJECT
from tests.support.waiting import eventually
from tests.unit.routing.questions import question, read
from tests.unit.routing.town import ACME, id_of

FORWARDING = f"/v1/extensions/{id_of('acme/102')}/forwarding"


@contextlib.asynccontextmanager
async def jwks() -> AsyncIterator[str]:
    """The directory's public keys, and nothing else of it."""
    import orjson

    body = orjson.dumps({"keys": [SIGNER.jwk()]})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"


def environment(url: str, owner_url: str, nats_url: str, jwks_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "ROUTING_DATABASE_URL": url,
        "ROUTING_MIGRATIONS_URL": owner_url,
        "ROUTING_HTTP_PORT": str(free_port()),
        "ROUTING_NATS_URL": nats_url,
        "ROUTING_SWITCH_SECRET": SECRET,
        "ROUTING_JWKS_URL": jwks_url,
    }


async def command(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.routing", *arguments, env=env, cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@contextlib.asynccontextmanager
async def running(env: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.routing", env=env, cwd=PROJECT, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


class Asker:
    """The switch, and the tenant's administrator."""

    def __init__(self, env: dict[str, str]) -> None:
        from shared.http.tokens import Principal

        token = SIGNER.sign(Principal("user:1", ACME.id, frozenset({"tenant_admin"})))
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{env['ROUTING_HTTP_PORT']}",
            timeout=15,
            trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await self.http.get("/readyz")).status_code == 200
        return False

    async def ask(self, number: str) -> httpx.Response:
        basic = base64.b64encode(f"switch:{SECRET}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        return await self.http.post("/switch/dialplan", content=question(number), headers=headers)

    async def applications(self, number: str) -> list[str]:
        answer = await self.ask(number)
        return [application for application, _ in read(answer.content)] if answer.status_code == 200 else []

    async def rings(self, number: str) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return "bridge" in await self.applications(number)
        return False


async def fill(nats_url: str, *events: Any) -> None:
    bus = NatsBus(nats_url, "test")
    await bus.start()
    await bus.ensure_streams()
    await bus.publish_many(list(events))
    await bus.stop()


async def test_from_an_empty_database_to_answers_that_survive_a_kill(
    database_for: Any, clean_nats_url: str, tmp_path: Path
) -> None:
    database = database_for("routing")
    async with jwks() as keys:
        env = environment(database.url, database.owner_url, clean_nats_url, keys)
        status, text = await command(env, "migrate")
        assert status == 0, text
        await fill(clean_nats_url, *directory_events())
        asker = Asker(env)
        async with asker.http:
            async with running(env, tmp_path / "log") as process:
                await eventually(asker.ready, timeout=60)
                assert await asker.rings("102")
                changed = await asker.http.patch(FORWARDING, json={"always": "hangup:busy"})
                assert changed.status_code == 200
                assert await asker.applications("102") == ["multiset", "hangup"]
                process.kill()
            async with running(env, tmp_path / "log") as process:
                await eventually(asker.ready, timeout=60)
                assert await asker.applications("102") == ["multiset", "hangup"]
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 15) == 0


async def test_a_change_at_one_process_is_answered_by_the_other(
    database_for: Any, clean_nats_url: str, tmp_path: Path
) -> None:
    database = database_for("routing")
    await fill(clean_nats_url, *directory_events())
    async with jwks() as keys:
        env = environment(database.url, database.owner_url, clean_nats_url, keys)
        first = Asker(env)
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(first.http)
            await stack.enter_async_context(running(env, tmp_path / "first"))
            await eventually(first.ready, timeout=60)
            other = {**env, "ROUTING_HTTP_PORT": str(free_port())}
            second = Asker(other)
            await stack.enter_async_context(second.http)
            await stack.enter_async_context(running(other, tmp_path / "second"))
            await eventually(second.ready, timeout=60)
            assert (await first.http.patch(FORWARDING, json={"always": "hangup:busy"})).status_code == 200
            await eventually(lambda: second.applications("102"), lambda found: "bridge" not in found)


async def test_calls_go_on_while_postgres_and_nats_are_away(
    own_postgres: Any, nats_server: Any, tmp_path: Path
) -> None:
    provision(own_postgres.url(), "routing", owner_password="o", service_password="s")
    urls = [_as(own_postgres.url(), role, word) for role, word in (("routing", "s"), ("routing_owner", "o"))]
    upgrade(urls[1], "routing", "routing", PROJECT / "services" / "routing" / "migrations")
    await fill(nats_server.url, *directory_events())
    async with jwks() as keys:
        env = environment(urls[0], urls[1], nats_server.url, keys)
        asker = Asker(env)
        async with running(env, tmp_path / "log"), asker.http:
            await eventually(asker.ready, timeout=60)
            own_postgres.stop()
            assert await asker.rings("102")
            assert await asker.applications("*78") == ["multiset", "answer", "playback", "hangup"]
            told = await asker.http.patch(FORWARDING, json={"always": "hangup:busy"})
            assert (told.status_code, told.json()["code"]) == (503, "database_unavailable")
            await fill(nats_server.url, extension_event(ACME, "150"))
            await eventually(lambda: asker.rings("150"))
            own_postgres.start()
            nats_server.kill()
            assert await asker.rings("102")
            nats_server.start()
            await eventually(asker.ready, timeout=30)
            changed = await eventually(
                lambda: asker.http.patch(FORWARDING, json={"always": "hangup:busy"}), lambda r: r.status_code == 200
            )
            assert changed.json()["do_not_disturb"] is False
            assert await asker.applications("102") == ["multiset", "hangup"]


async def test_before_nats_is_there_the_switch_is_sent_to_its_static_dialplan(
    database_for: Any, nats_server: Any, tmp_path: Path
) -> None:
    await fill(nats_server.url, *directory_events())
    nats_server.kill()
    database = database_for("routing")
    env = environment(database.url, database.owner_url, nats_server.url, "http://127.0.0.1:9/jwks")
    asker = Asker(env)

    async def status() -> int:
        with contextlib.suppress(httpx.TransportError):
            return (await asker.ask("102")).status_code
        return 0

    async with running(env, tmp_path / "log"), asker.http:
        assert await eventually(status, timeout=60) == 503
        assert not await asker.ready()
        nats_server.start()
        await eventually(lambda: asker.rings("102"), timeout=30)
        await eventually(asker.ready)


async def test_a_wrong_setting_is_named_and_refused(database_for: Any) -> None:
    database = database_for("routing")
    env = environment(database.url, database.owner_url, "nats://127.0.0.1:9", "http://127.0.0.1:9/jwks")
    status, text = await command({**env, "ROUTING_SWITCH_SECRET": "short"})
    assert (status, "ROUTING_SWITCH_SECRET" in text) == (2, True)


def _as(url: str, role: str, password: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)
