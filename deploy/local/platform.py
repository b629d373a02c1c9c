"""The whole platform on this machine: what is started, in which order, with which settings."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from deploy.local.memory_folder import MemoryFolder
from deploy.local.nats import EmbeddedNats
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import ManagedProcess, ProcessDied, stand_back
from deploy.local.secrets_file import Secrets
from deploy.local.settings import PROJECT, LocalSettings
from deploy.local.switch import NODE, in_memory, spool, switch_process
from shared.bus.permissions import all_permissions
from shared.db.migrations import upgrade

STORES = ("directory", "routing", "reporting", "ivr", "acd")
"""Services that keep tables."""

SERVICES = (*STORES, "switchlink")

NICENESS = {"acd": 6, "switchlink": 8, "nats": 8, "reporting": 15}
"""What leaves cores that are short to the switch, and to those who answer its questions, and how far it stands back.

No call waits for these while it is put through. A caller in a queue waits for the first three, nobody for the last.
"""


class Platform:
    """Everything that runs on this machine.

    Args:
        settings: ports and folders.
        secrets: what the parts share.
        freeswitch: the FreeSWITCH program; none for the simulator.
    """

    def __init__(self, settings: LocalSettings, secrets: Secrets, freeswitch: Path | None) -> None:
        self.settings = settings
        self.secrets = secrets
        self.real = freeswitch is not None
        self.postgres = EmbeddedPostgres(settings.var / "postgres", settings.postgres_port)
        self.nats = EmbeddedNats(settings.var / "nats", settings.nats_port, users=all_permissions())
        self.switch = switch_process(settings, secrets, freeswitch)
        self.services: list[ManagedProcess] = []
        self._stores_up = False

    @property
    def processes(self) -> list[ManagedProcess]:
        """What is watched, beside PostgreSQL and NATS."""
        return [self.switch, *self.services]

    async def start(self, tell: Callable[[str], None]) -> None:
        """Start everything; ``tell`` hears of each part that is ready.

        Raises:
            ProcessDied: a part ended or was not ready in time, or its tables could not be made.
            PostgresFailed, NatsFailed: that one did not start.
        """
        for folder in self._in_memory():
            folder.open()
        await self.switch.start()
        await asyncio.gather(asyncio.to_thread(self.postgres.start), asyncio.to_thread(self.nats.start))
        self._stores_up = True
        tell("PostgreSQL and NATS are up")
        await asyncio.to_thread(self._migrate)
        tell("tables are up to date")
        self.services = [self._service(name, colour) for colour, name in enumerate(SERVICES)]
        for service in self.services:
            await service.start()
        for name, pid in self._pids().items():
            await stand_back(pid, NICENESS[name])
        await asyncio.gather(*(self._await_ready(process, tell) for process in self.processes))

    def _pids(self) -> dict[str, int]:
        pids = {"nats": self.nats.pid, **{service.name: service.pid for service in self.services}}
        return {name: pid for name, pid in pids.items() if pid is not None and name in NICENESS}

    def _in_memory(self) -> list[MemoryFolder]:
        return [*in_memory(self.settings.var).values()] if self.real else []

    async def _await_ready(self, process: ManagedProcess, tell: Callable[[str], None]) -> None:
        await process.wait_ready(self.settings.start_seconds)
        tell(f"{process.name} is ready")

    async def watch(self) -> None:
        """Return never, or raise when a part ends.

        Raises:
            ProcessDied: which part, and its last lines.
        """
        while True:
            for process in self.processes:
                if process.ended:
                    raise ProcessDied(process.obituary())
            if self._stores_up and not self.postgres.alive:
                raise ProcessDied(f"PostgreSQL ended. Its last lines:\n{self.postgres.log_tail()}")
            if self._stores_up and not self.nats.running:
                raise ProcessDied("NATS ended.")
            await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Stop everything, callers first, stores last."""
        await asyncio.gather(*(service.stop() for service in reversed(self.services)))
        await self.switch.stop()
        await asyncio.gather(asyncio.to_thread(self.nats.stop), asyncio.to_thread(self.postgres.stop))
        for folder in self._in_memory():
            folder.close()

    def _migrate(self) -> None:
        """One schema after the other: alembic keeps its context in module globals."""
        for schema in STORES:
            roles = self.postgres.provision(schema)
            scripts = PROJECT / "services" / schema / "migrations"
            try:
                upgrade(self.postgres.url(roles.owner), schema, roles.service, scripts)
            except Exception as error:
                raise ProcessDied(f"the tables of {schema} could not be brought up to date: {error}") from error

    def _service(self, name: str, colour: int) -> ManagedProcess:
        return ManagedProcess(
            name=name,
            command=[sys.executable, "-m", f"services.{name}"],
            env=self.environment(name),
            ready=http_ready(self.settings.url(name) + "/readyz"),
            log=self.settings.var / "logs" / f"{name}.log",
            cwd=PROJECT,
            colour=colour,
        )

    def environment(self, name: str) -> dict[str, str]:
        """The settings of one service."""
        settings = self.settings
        values = {
            "http_port": str(settings.ports[name]),
            "nats_url": self.nats.url_for(name),
            "log_format": "console",
            "log_level": settings.log_level,
        }
        if name in STORES:
            values["database_url"] = self.postgres.url(name)
        if name in {"routing", "reporting", "ivr", "acd"}:
            values["jwks_url"] = settings.url("directory") + "/.well-known/jwks.json"
        if name in {"directory", "routing", "ivr", "acd"}:
            values["switch_secret"] = self.secrets.switch_secret
        if name == "routing":
            values["ivr_addresses"] = f"127.0.0.1:{settings.ivr_call_port}"
        if name == "ivr":
            values |= {"call_port": str(settings.ivr_call_port), "media_dir": str(settings.var / "media")}
        if name == "directory":
            values["secrets_key"] = self.secrets.secrets_key
            values["signing_key_file"] = str(settings.var / "directory" / "signing-keys.pem")
        if name == "switchlink":
            values |= {
                "node_id": NODE,
                "event_socket_port": str(settings.event_socket_port),
                "event_socket_password": self.secrets.event_socket_password,
                "spool_dir": str(spool(settings)),
                "recordings_dir": str(settings.var / "switch" / "recordings"),
            }
        return {f"{name}_{key}".upper(): value for key, value in values.items()}


def http_ready(url: str) -> Callable[[], Awaitable[bool]]:
    """Asks ``url`` whether it answers 200."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
                return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


async def bootstrap(platform: Platform, email: str) -> None:
    """Make the platform administrator, unless there is one.

    Raises:
        ProcessDied: it failed; the text has its words.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.directory",
        "bootstrap",
        "--email",
        email,
        env={
            **os.environ,
            **platform.environment("directory"),
            "DIRECTORY_BOOTSTRAP_PASSWORD": platform.secrets.admin_password,
        },
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise ProcessDied(f"directory could not make its administrator: {output.decode(errors='replace')}")
