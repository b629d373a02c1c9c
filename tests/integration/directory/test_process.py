"""The directory as its own process, with a real PostgreSQL and a real NATS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlencode

import httpx
import psutil
import pytest
from sqlalchemy.engine import make_url

from tests.integration.directory.world import SECRETS_KEY, SWITCH_SECRET
from tests.support.ports import free_port
from tests.support.postgres import PROJECT
from tests.support.waiting import eventually

EMAIL = "root@seda.example"


def environment(database, folder: Path, port: int, nats_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DIRECTORY_DATABASE_URL": database.url,
        "DIRECTORY_MIGRATIONS_URL": database.owner_url,
        "DIRECTORY_HTTP_PORT": str(port),
        "DIRECTORY_NATS_URL": nats_url,
        "DIRECTORY_SWITCH_SECRET": SWITCH_SECRET,
        "DIRECTORY_SECRETS_KEY": SECRETS_KEY,
        "DIRECTORY_SIGNING_KEY_FILE": str(folder / "keys" / "signing.pem"),
    }


async def command(env: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.directory", *arguments, env=env, cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@contextlib.asynccontextmanager
async def running(env: dict[str, str], log: Path):
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.directory", env=env, cwd=PROJECT, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


def client_for(env: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{env['DIRECTORY_HTTP_PORT']}", timeout=10, trust_env=False)


def mode_of(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


async def ready(client: httpx.AsyncClient) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get("/readyz")).status_code == 200
    return False


async def is_found(client: httpx.AsyncClient, user: str, domain: str) -> bool:
    basic = base64.b64encode(f"switch:{SWITCH_SECRET}".encode()).decode()
    form = urlencode({"section": "directory", "key": "id", "user": user, "domain": domain})
    answer = await client.post("/switch/directory", content=form, headers={"Authorization": f"Basic {basic}"})
    return answer.status_code == 200 and b"a1-hash" in answer.content


@pytest.fixture
def env(database_for, clean_nats_url, tmp_path):
    return environment(database_for("directory"), tmp_path, free_port(), clean_nats_url)


async def sign_in(client: httpx.AsyncClient, password: str) -> None:
    answer = await client.post("/v1/tokens", json={"email": EMAIL, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = "Bearer " + answer.json()["access_token"]


async def made(client: httpx.AsyncClient, path: str, body: dict, **params: str) -> dict:
    answer = await client.post(path, json=body, params=params)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make_phone(client: httpx.AsyncClient, slug: str) -> None:
    tenant = await made(
        client, "/v1/tenants", {"slug": slug, "display_name": slug, "domain": f"{slug}.example", "country": "IR"}
    )
    extension = await made(client, "/v1/extensions", {"number": "101", "display_name": "Sara"}, tenant_id=tenant["id"])
    await made(client, f"/v1/extensions/{extension['id']}/devices", {})


async def test_from_an_empty_database_to_a_phone_that_is_found_also_after_a_kill(env, tmp_path):
    status, text = await command(env, "migrate")
    assert status == 0, text
    status, text = await command(env, "bootstrap", "--email", EMAIL)
    assert status == 0, text
    password = text.rsplit(" ", 1)[-1].strip()
    status, text = await command(env, "bootstrap", "--email", "other@seda.example")
    assert (status, "nothing was done" in text) == (0, True)
    async with client_for(env) as client:
        async with running(env, tmp_path / "log") as process:
            await eventually(lambda: ready(client), timeout=60)
            await sign_in(client, password)
            await make_phone(client, "acme")
            assert await is_found(client, "101", "acme.example")
            process.kill()
        async with running(env, tmp_path / "log") as process:
            await eventually(lambda: ready(client), timeout=60)
            assert await is_found(client, "101", "acme.example")
            assert (await client.get("/v1/tenants")).status_code == 200  # the signing key is the same
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
    assert mode_of(env["DIRECTORY_SIGNING_KEY_FILE"]) == 0o600


async def test_a_change_of_one_directory_reaches_the_other(env, tmp_path):
    await command(env, "bootstrap", "--email", EMAIL, "--password-file", str(tmp_path / "password"))
    other = {**env, "DIRECTORY_HTTP_PORT": str(free_port())}
    async with (
        running(env, tmp_path / "one"),
        running(other, tmp_path / "two"),
        client_for(env) as first,
        client_for(other) as second,
    ):
        await eventually(lambda: ready(first), timeout=60)
        await eventually(lambda: ready(second), timeout=60)
        await sign_in(first, (tmp_path / "password").read_text().strip())
        await make_phone(first, "acme")
        await eventually(lambda: is_found(second, "101", "acme.example"), timeout=10)


async def test_an_idle_directory_stays_under_its_memory_budget(env, tmp_path):
    async with running(env, tmp_path / "log") as process, client_for(env) as client:
        await eventually(lambda: ready(client), timeout=60)
        resident = psutil.Process(process.pid).memory_info().rss
        assert resident < 110 * 1024 * 1024, f"{resident / 2**20:.0f} MB"


async def test_a_wrong_setting_is_named_and_refused(env):
    status, text = await command({**env, "DIRECTORY_SECRETS_KEY": "short"})
    assert status == 2
    assert "DIRECTORY_SECRETS_KEY" in text
    assert "short" not in text.replace("shorter", "")


async def test_a_superuser_is_refused_as_the_service_role(env, database_for):
    target = database_for("directory")
    assert make_url(target.admin_url).username != "directory"
    status, text = await command({**env, "DIRECTORY_DATABASE_URL": target.admin_url})
    assert status == 1
    assert "tenants would not be kept apart" in text
