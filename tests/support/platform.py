"""The whole platform as processes of its own, for end-to-end and fault tests: simulated or real switch, free ports.

async with LivePlatform(tmp_path, real=True) as platform:
    phone = await platform.phone("101")
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import pytest_asyncio

from deploy.local.demo import ADMIN_EMAIL, DOMAIN, Demo, prepare
from deploy.local.platform import Platform, bootstrap, http_ready
from deploy.local.processes import TAIL_LINES, ManagedProcess
from deploy.local.secrets_file import Secrets, load_or_make
from deploy.local.settings import LocalSettings
from freeswitch.phone import SipPhone
from shared.http.client import ApiClient
from tests.support.freeswitch_node import CERTIFICATES, copy_keys, find_freeswitch
from tests.support.ports import free_port, free_ports
from tests.support.waiting import eventually

PORTS = (
    "postgres",
    "nats",
    "directory",
    "routing",
    "switchlink",
    "reporting",
    "ivr",
    "acd",
    "ivr_call",
    "event_socket",
    "sip_phones",
    "sip_trunks",
)


def local_settings(var: Path) -> LocalSettings:
    """Settings with ports that nobody uses."""
    first_rtp = 30000 + secrets.randbelow(100) * 300
    ports = {f"{name}_port": port for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return LocalSettings(
        var=var,
        rtp_first_port=first_rtp,
        rtp_last_port=first_rtp + 298,
        log_level="info",
        start_seconds=90,
        **ports,
    )


class ToldPlatform(Platform):
    """A platform whose services are told more than on one machine.

    Args:
        more: by service, settings beside the launcher's own.
        ivr_twin: ports (REST, calls) of a second ivr process, which has calls as the first has.
    """

    def __init__(
        self,
        settings: LocalSettings,
        secrets: Secrets,
        freeswitch: Path | None,
        more: Mapping[str, Mapping[str, str]],
        ivr_twin: tuple[int, int] | None,
    ) -> None:
        super().__init__(settings, secrets, freeswitch)
        self._more, self._twin = more, ivr_twin

    def environment(self, name: str) -> dict[str, str]:
        told = {f"{name}_{key}".upper(): value for key, value in self._more.get(name, {}).items()}
        if name == "routing" and self._twin:
            told["ROUTING_IVR_ADDRESSES"] = f"127.0.0.1:{self.settings.ivr_call_port},127.0.0.1:{self._twin[1]}"
        return super().environment(name) | told

    def twin(self) -> ManagedProcess:
        """The second ivr process, not started."""
        assert self._twin is not None
        http, calls = self._twin
        first = next(service for service in self.services if service.name == "ivr")
        return replace(
            first,
            name="ivr-twin",
            env={**first.env, "IVR_HTTP_PORT": str(http), "IVR_CALL_PORT": str(calls)},
            ready=http_ready(f"http://127.0.0.1:{http}/readyz"),
            log=first.log.with_name("ivr-twin.log"),
            tail=deque(maxlen=TAIL_LINES),
            process=None,
        )


class LivePlatform:
    """A running platform with the demo tenant (extensions 101 and 102).

    Args:
        home: folder for its data and logs.
        real: on FreeSWITCH; else on the simulator.
        more: by service, settings beside the launcher's own. Of ivr, unless said otherwise: flows may ask programs on
            this machine, and mails go to `mail_port`.
        ivr_twin: run a second ivr process, ``ivr-twin``.
    """

    def __init__(
        self,
        home: Path,
        *,
        real: bool,
        more: Mapping[str, Mapping[str, str]] | None = None,
        ivr_twin: bool = False,
    ) -> None:
        self.settings = local_settings(home / "var")
        self.secrets = load_or_make(self.settings.var / "secrets.json")
        self.real = real
        self.mail_port = free_port()
        """Where a test's mail server listens; there is none otherwise."""
        told = more or {"ivr": {"private_addresses": "true", "smtp_url": f"smtp://127.0.0.1:{self.mail_port}"}}
        first, second = free_ports(2)
        self.ivr_twin = ivr_twin
        self.platform = ToldPlatform(
            self.settings,
            self.secrets,
            find_freeswitch() if real else None,
            told,
            (first, second) if ivr_twin else None,
        )
        self.said: list[str] = []
        self.demo: Demo
        self.client: ApiClient
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self.real:  # a new key takes seconds to make
            copy_keys(CERTIFICATES, self.settings.var / "switch" / "certs")
        try:
            await self.platform.start(self.said.append)
            if self.ivr_twin:
                self.platform.services.append(twin := self.platform.twin())
                await twin.start()
                await twin.wait_ready(self.settings.start_seconds)
            await bootstrap(self.platform, ADMIN_EMAIL)
            self.client = await self._stack.enter_async_context(self.new_client())
            self.demo = await prepare(self.client, self.secrets.demo_password)
            if self.real:
                copy_keys(self.settings.var / "switch" / "certs", CERTIFICATES)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        await self.platform.stop()

    def new_client(self, **credentials: str) -> ApiClient:
        """Somebody signed in; the platform's administrator unless told otherwise."""
        urls = {name: self.settings.url(name) for name in ("directory", "routing", "reporting", "ivr", "acd")}
        return ApiClient(urls, credentials or {"email": ADMIN_EMAIL, "password": self.secrets.admin_password})

    @property
    def tenant_id(self) -> str:
        """The demo tenant."""
        return self.demo.tenant_id

    @property
    def sip(self) -> tuple[str, int]:
        """Where phones register."""
        return "127.0.0.1", self.settings.sip_phones_port

    @property
    def trunk_sip(self) -> tuple[str, int]:
        """Where carriers send calls."""
        return "127.0.0.1", self.settings.sip_trunks_port

    def process(self, name: str) -> ManagedProcess:
        """A service's process, or ``switch``."""
        if name == "switch":
            return self.platform.switch
        return next(service for service in self.platform.services if service.name == name)

    async def kill(self, name: str) -> None:
        """``kill -9`` a service, ``switch``, ``postgres`` or ``nats``, and see it dead."""
        if name == "postgres":
            await asyncio.to_thread(self.platform.postgres.kill)
        elif name == "nats":
            await asyncio.to_thread(self.platform.nats.kill)
        else:
            process = self.process(name).process
            assert process is not None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def start_again(self, name: str) -> None:
        """Start what was killed, as an orchestrator would; does not wait until it is ready."""
        if name == "postgres":
            await asyncio.to_thread(self.platform.postgres.start)
        elif name == "nats":
            await asyncio.to_thread(self.platform.nats.start)
        else:
            await self.process(name).start()

    async def extension(self, number: str, *, tenant_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """An extension with one device, whose password is ``demo_password``."""
        tenant = tenant_id or self.tenant_id
        body = {"number": number, "display_name": f"Extension {number}", **fields}
        made = await self.client.post("directory", "/v1/extensions", body, tenant_id=tenant)
        await self.client.post(
            "directory",
            f"/v1/extensions/{made['id']}/devices",
            {"sip_username": number, "password": self.secrets.demo_password},
            tenant_id=tenant,
        )
        return dict(made)

    async def phone(self, user: str, *, domain: str = DOMAIN, registered: bool = True, **options: Any) -> SipPhone:
        """A real SIP phone of the demo tenant, listening until the platform stops."""
        password = options.pop("password", self.secrets.demo_password)
        phone = SipPhone(user, password, domain, options.pop("proxy", self.sip), **options)
        await self._stack.enter_async_context(phone)
        if registered:
            await phone.register()
        return phone

    async def records(self, *, tenant_id: str | None = None, **query: Any) -> list[dict[str, Any]]:
        """Call records, newest first."""
        tenant = tenant_id or self.tenant_id
        found = self.client.items("reporting", "/v1/call-records", tenant_id=tenant, limit=200, **query)
        return [record async for record in found]

    async def record(self, call_id: str, *, legs: int = 1, timeout: float = 15, **query: Any) -> dict[str, Any]:
        """The record of a call with at least so many legs, waited for."""

        async def look() -> dict[str, Any] | None:
            found = await self.records(**query)
            return next((r for r in found if r["call_id"] == call_id and r["leg_count"] >= legs), None)

        record = await eventually(look, timeout=timeout)
        assert record is not None
        return record


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulated_platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LivePlatform]:
    """A platform on the simulator, for all tests: each makes a tenant of its own."""
    async with LivePlatform(tmp_path_factory.mktemp("platform"), real=False) as platform:
        yield platform


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def real_platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LivePlatform]:
    """A platform on a real FreeSWITCH, for all tests that are marked ``freeswitch`` and break nothing."""
    async with LivePlatform(tmp_path_factory.mktemp("platform"), real=True) as platform:
        yield platform


@pytest.fixture(params=["simulator", pytest.param("freeswitch", marks=pytest.mark.freeswitch)])
def live_platform(request: pytest.FixtureRequest) -> LivePlatform:
    """Both platforms, one after the other; its tests run in the session's loop."""
    name = "real_platform" if request.param == "freeswitch" else "simulated_platform"
    platform: LivePlatform = request.getfixturevalue(name)
    return platform
