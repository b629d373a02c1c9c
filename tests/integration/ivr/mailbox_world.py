"""The whole ivr service on a real database, the bus in memory, and people of two tenants who use its mailboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from services.ivr.app import build
from services.ivr.settings import IvrSettings
from shared.bus.memory import MemoryBus
from shared.contracts.directory import ExtensionChanged, TenantChanged
from shared.contracts.ivr import MailboxChanged
from shared.db.engine import Database
from shared.http.tokens import Principal, StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from tests.integration.ivr.boxes import ACME, NOW, RIVAL, Boxes
from tests.support.nats_server import until
from tests.support.published import everything_is_published

KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")


@dataclass
class Person:
    """Somebody with a token."""

    client: httpx.AsyncClient
    token: str

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.ask("GET", path, params=params)

    async def made(self, path: str, body: Any) -> dict[str, Any]:
        answer = await self.ask("POST", path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())


@dataclass
class MailboxWorld:
    """A running ivr service."""

    app: App
    client: httpx.AsyncClient
    boxes: Boxes
    bus: MemoryBus
    clock: SteppedClock
    told: list[MailboxChanged] = field(default_factory=list)

    async def lamps(self, count: int) -> list[MailboxChanged]:
        """What was told of mailboxes, once it is that many messages."""
        await until(lambda: len(self.told) >= count)
        return self.told

    def person(self, *roles: str, tenant: UUID | None = ACME, scopes: set[str] | None = None) -> Person:
        principal = Principal("user:1", tenant, frozenset(roles), frozenset(scopes) if scopes is not None else None)
        return Person(self.client, SIGNER.sign(principal))

    @property
    def admin(self) -> Person:
        return self.person("tenant_admin")

    @property
    def rival(self) -> Person:
        return self.person("tenant_admin", tenant=RIVAL)


def settings_for(media: Path, **more: Any) -> IvrSettings:
    return IvrSettings(
        database_url=SecretStr("postgresql://nobody@localhost/none"),
        switch_secret=SecretStr("the-switch-secret-of-tests"),
        media_dir=media,
        call_port=0,
        **more,
    )


def company(tenant: UUID, *numbers: str) -> list[Any]:
    """A tenant and its extensions, as the directory tells of them."""
    common = {"display_name": "x", "tenant_id": tenant}
    told: list[Any] = [
        TenantChanged(
            id=tenant,
            revision=1,
            slug=f"t{tenant.int % 1000}",
            domain=f"t{tenant.int % 1000}.example",
            country="IR",
            time_zone="Asia/Tehran",
            **common,
        )
    ]
    for number in numbers:
        extension = UUID(int=tenant.int + int(number))
        told.append(ExtensionChanged(id=extension, revision=1, number=number, call_class="national", **common))
    return told


@asynccontextmanager
async def running(database: Database, media: Path, *, told: bool = True, **more: Any) -> AsyncIterator[MailboxWorld]:
    """A process; with ``told``, the directory has told of the extensions 101, 102 and 103."""
    bus, clock = MemoryBus(), SteppedClock(NOW)
    app = build(
        settings_for(media, **more),
        bus=bus,
        database=database,
        tokens=TokenVerifier(StaticKeySource({"k1": KEY.public_key()})),
        metrics=Metrics("ivr"),
        clock=clock,
    )
    async with app.running():
        numbers = ("101", "102", "103") if told else ()
        await bus.publish_many([*company(ACME, *numbers), *company(RIVAL, "101")])
        transport = httpx.ASGITransport(app.http, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ivr") as client:
            library = app.http.state.here.library
            await until(lambda: library.is_ready and "101" in library.tenant(RIVAL).by_number)
            await everything_is_published(database)
            world = MailboxWorld(app, client, Boxes(database, media), bus, clock)

            async def take(changed: MailboxChanged) -> None:
                world.told.append(changed)

            replica = await bus.replicate([MailboxChanged], take)
            yield world
            await replica.stop()
