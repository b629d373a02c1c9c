"""Routing on a real database, with the bus in memory, a directory's messages and people who use it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from services.routing.app import build
from services.routing.settings import RoutingSettings
from shared.bus.port import Bus
from shared.contracts.directory import DeviceSummary, ExtensionChanged, NumberChanged, TenantChanged, TrunkChanged
from shared.contracts.nodes import NodeReported
from shared.db.engine import Database
from shared.http.tokens import Principal, StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from tests.unit.routing.questions import Actions, question, read
from tests.unit.routing.town import ACME, MOBILE, OTHER_NUMBER, RIVAL, RIVAL_NUMBER, TEHRAN_NUMBER, id_of

SECRET = "the-switch-secret-of-tests"
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

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.ask("POST", path, json=body, **options)

    async def patch(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.ask("PATCH", path, json=body, **options)

    async def put(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return await self.ask("PUT", path, json=body, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("DELETE", path, **options)

    async def made(self, path: str, body: Any, **options: Any) -> dict[str, Any]:
        answer = await self.post(path, body, **options)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@dataclass
class Routing:
    """A running routing service."""

    app: App
    client: httpx.AsyncClient
    bus: Bus
    database: Database
    clock: SteppedClock

    def person(self, *roles: str, tenant: UUID | None = ACME.id, scopes: set[str] | None = None) -> Person:
        principal = Principal("user:1", tenant, frozenset(roles), frozenset(scopes) if scopes is not None else None)
        return Person(self.client, SIGNER.sign(principal))

    @property
    def admin(self) -> Person:
        return self.person("tenant_admin")

    @property
    def rival(self) -> Person:
        return self.person("tenant_admin", tenant=RIVAL.id)

    async def ask(self, body: bytes, secret: str = SECRET) -> httpx.Response:
        """As the switch does."""
        basic = base64.b64encode(f"switch:{secret}".encode()).decode()
        return await self.client.post("/switch/dialplan", content=body, headers={"Authorization": f"Basic {basic}"})

    async def dial(self, number: str, caller: str = "101", **fields: str) -> Actions:
        answer = await self.ask(question(number, caller, **fields))
        assert answer.status_code == 200, answer.text
        return read(answer.content)


def settings(**values: Any) -> RoutingSettings:
    return RoutingSettings(
        database_url=SecretStr("postgresql://unused@localhost/unused"), switch_secret=SecretStr(SECRET), **values
    )


def app_for(bus: Bus, database: Database, clock: SteppedClock) -> App:
    tokens = TokenVerifier(StaticKeySource({"k1": KEY.public_key()}))
    return build(settings(), bus=bus, database=database, tokens=tokens, metrics=Metrics("routing"), clock=clock)


def directory_events(revision: int = 1) -> list[Any]:
    """Both tenants of the town, as the directory tells of them."""
    events: list[Any] = [
        TenantChanged(
            revision=revision, tenant_id=one.id, id=one.id, slug=one.slug, display_name=one.display_name,
            domain=one.domain, country=one.country, time_zone=one.time_zone,
        )
        for one in (ACME, RIVAL)
    ]  # fmt: skip
    events += [extension_event(tenant, number, revision) for tenant, number in (
        (ACME, "101"), (ACME, "102"), (ACME, "103"), (RIVAL, "201"))]  # fmt: skip
    events += [
        NumberChanged(
            revision=revision, tenant_id=tenant.id, id=id_of(e164), e164=e164, destination=destination
        )
        for tenant, e164, destination in (
            (ACME, TEHRAN_NUMBER, "extension:101"), (ACME, OTHER_NUMBER, None), (RIVAL, RIVAL_NUMBER, "extension:201"))
    ]  # fmt: skip
    events.append(
        TrunkChanged(
            revision=revision, tenant_id=None, id=id_of("carrier"), display_name="Carrier", kind="ip",
            proxy="198.51.100.7", source_addresses=("198.51.100.0/24",),
        )
    )  # fmt: skip
    return events


def extension_event(tenant: Any, number: str, revision: int = 1, **more: Any) -> ExtensionChanged:
    device = DeviceSummary(id=id_of(f"{tenant.slug}/{number}/0"), sip_username=number)
    values: Mapping[str, Any] = {"call_class": "premium", "devices": (device,), **more}
    return ExtensionChanged(
        revision=revision, tenant_id=tenant.id, id=id_of(f"{tenant.slug}/{number}"), number=number,
        display_name=f"Phone {number}", **values,
    )  # fmt: skip


def node_event(node_id: str = "node-1", state: str = "up", sessions: int = 0, revision: int = 1) -> NodeReported:
    return NodeReported(
        revision=revision, node_id=node_id, core_id="core", state=state, sessions=sessions, max_sessions=100
    )


__all__ = ["MOBILE", "OTHER_NUMBER", "TEHRAN_NUMBER", "Routing", "app_for", "directory_events", "extension_event"]
