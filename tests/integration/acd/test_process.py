"""Acd as its own process, with a real PostgreSQL and a real NATS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from shared.http.tokens import Principal
from tests.integration.acd.world import SARA, SECRET, SUPPORT
from tests.integration.routing.test_process import fill, jwks
from tests.integration.routing.world import SIGNER, directory_events
from tests.support.ports import free_port
from tests.support.postgres import PROJECT
from tests.support.waiting import eventually
from tests.unit.routing.town import ACME


def environment(database: Any, nats_url: str, jwks_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "ACD_DATABASE_URL": database.url,
        "ACD_MIGRATIONS_URL": database.owner_url,
        "ACD_HTTP_PORT": str(free_port()),
        "ACD_NATS_URL": nats_url,
        "ACD_SWITCH_SECRET": SECRET,
        "ACD_JWKS_URL": jwks_url,
    }


async def command(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.acd", *arguments, env=env, cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@contextlib.asynccontextmanager
async def running(env: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.acd", env=env, cwd=PROJECT, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


class Admin:
    """The tenant's administrator."""

    def __init__(self, env: dict[str, str]) -> None:
        token = SIGNER.sign(Principal("user:1", ACME.id, frozenset({"tenant_admin"})))
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{env['ACD_HTTP_PORT']}",
            timeout=15,
            trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response | None:
        """The answer; none while nobody listens."""
        with contextlib.suppress(httpx.TransportError):
            return await self.http.request(method, path, json=body)
        return None

    async def got(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        return answer.json() if answer is not None and answer.status_code == 200 else None


async def test_an_agent_signed_in_stays_so_when_the_owner_is_killed(
    database_for: Any, clean_nats_url: str, tmp_path: Path
) -> None:
    async with jwks() as keys:
        env = environment(database_for("acd"), clean_nats_url, keys)
        other = {**env, "ACD_HTTP_PORT": str(free_port())}
        for _ in range(2):
            status, text = await command(env, "migrate")
            assert status == 0, text
        await fill(clean_nats_url, *directory_events())
        first, second = Admin(env), Admin(other)
        async with first.http, second.http, running(env, tmp_path / "first") as process:
            await eventually(lambda: first.ask("GET", "/readyz"), _is(200), timeout=60)
            queue = (await first.http.post("/v1/queues", json=SUPPORT)).json()
            agent = (await first.http.post("/v1/agents", json=SARA)).json()
            joined = await first.ask("PUT", f"/v1/queues/{queue['id']}/agents/{agent['id']}", {})
            assert joined is not None
            assert joined.status_code == 200
            path = f"/v1/agents/{agent['id']}"
            await eventually(lambda: first.ask("POST", f"{path}/sign-in"), _is(200), timeout=30)
            async with running(other, tmp_path / "second") as heir:
                await eventually(lambda: second.ask("GET", "/readyz"), _is(200), timeout=60)
                paused = await second.ask("POST", f"{path}/pause", {"reason": "lunch"})
                assert paused is not None
                assert (paused.status_code, paused.json()["pause_reason"]) == (200, "lunch")
                process.kill()
                floor = await eventually(lambda: second.got("/v1/floor"), timeout=30)
                assert [(one["agent_id"], one["status"]) for one in floor["agents"]] == [(agent["id"], "paused")]
                assert (await second.got(f"{path}/status"))["reason"] == "forced_pause"
                past = [one["status"] for one in (await second.got(f"{path}/history"))["items"]]
                assert past == ["available", "offline"]
                heir.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(heir.wait(), 15) == 0


async def test_a_wrong_setting_is_named_and_refused(database_for: Any) -> None:
    env = environment(database_for("acd"), "nats://127.0.0.1:9", "http://127.0.0.1:9/jwks")
    status, text = await command({**env, "ACD_SWITCH_SECRET": "short"})
    assert (status, "ACD_SWITCH_SECRET" in text) == (2, True)


def _is(status: int) -> Any:
    return lambda answer: answer is not None and answer.status_code == status
