"""A directory on a real database, with the bus in memory, and people who use it."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from xml.etree import ElementTree

import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.directory.app import SWITCH_PATH, build
from services.directory.settings import DirectorySettings
from shared.bus.port import Bus
from shared.contracts.directory import DIRECTORY_EVENTS, DirectoryState
from shared.db.engine import Database
from shared.http.tokens import Principal
from shared.runtime.app import App
from shared.runtime.clock import SteppedClock

SWITCH_SECRET = "the-switch-secret-of-tests"
SECRETS_KEY = Fernet.generate_key().decode()
PASSWORD = "correct horse battery"


def settings_for(folder: Path, **values: Any) -> DirectorySettings:
    return DirectorySettings(
        **{
            "database_url": SecretStr("postgresql://unused@localhost/unused"),
            "switch_secret": SecretStr(SWITCH_SECRET),
            "secrets_key": SecretStr(SECRETS_KEY),
            "signing_key_file": folder / "signing-keys.pem",
            "user_cache_seconds": 0,
            **values,
        }
    )


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

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("DELETE", path, **options)

    async def made(self, path: str, body: Any, **options: Any) -> dict[str, Any]:
        answer = await self.post(path, body, **options)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@dataclass
class Directory:
    """A running directory."""

    app: App
    client: httpx.AsyncClient
    bus: Bus
    database: Database
    clock: SteppedClock
    events: list[DirectoryState] = field(default_factory=list)
    counter: Any = field(default_factory=lambda: itertools.count(1))

    def person(self, *roles: str, tenant: UUID | str | None = None, scopes: set[str] | None = None) -> Person:
        principal = Principal(
            "user:00000000-0000-7000-8000-000000000001" if scopes is None else "api-key:test",
            UUID(str(tenant)) if tenant else None,
            frozenset(roles),
            frozenset(scopes) if scopes is not None else None,
        )
        return Person(self.client, self.app.http.state.services.signing.signer().sign(principal))

    @property
    def platform(self) -> Person:
        return self.person("platform_admin")

    async def tenant(self, slug: str | None = None, **values: Any) -> tuple[dict[str, Any], Person]:
        """A tenant and its administrator."""
        name = slug or f"t{next(self.counter)}"
        body = {"slug": name, "display_name": name.title(), "domain": f"{name}.example", "country": "IR", **values}
        made = await self.platform.made("/v1/tenants", body)
        return made, self.person("tenant_admin", tenant=made["id"])

    async def phone(self, admin: Person, number: str = "101", **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """An extension and its device, with the password."""
        extension = await admin.made("/v1/extensions", {"number": number, "display_name": f"Phone {number}", **values})
        return extension, await admin.made(f"/v1/extensions/{extension['id']}/devices", {})

    async def ask_switch(self, form: Mapping[str, str] | bytes, *, secret: str = SWITCH_SECRET) -> httpx.Response:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        basic = base64.b64encode(f"switch:{secret}".encode()).decode()
        return await self.client.post(SWITCH_PATH, content=body, headers={"Authorization": f"Basic {basic}"})

    async def look_up(self, user: str, domain: str, **more: str) -> ElementTree.Element | None:
        """The user that FreeSWITCH would find."""
        answer = await self.ask_switch({
            "section": "directory", "tag_name": "domain", "key_name": "name", "key_value": domain,
            "action": "sip_auth", "key": "id", "user": user, "domain": domain, **more,
        })  # fmt: skip
        assert answer.status_code == 200
        return ElementTree.fromstring(answer.content).find(".//user")  # noqa: S314 -- our own document

    def told(self, kind: type[DirectoryState], entity_id: str) -> list[DirectoryState]:
        return [event for event in self.events if isinstance(event, kind) and str(event.id) == entity_id]


async def follow(directory: Directory) -> None:
    """Note every message of the directory."""

    async def note(event: DirectoryState) -> None:
        directory.events.append(event)

    await directory.bus.replicate(list(DIRECTORY_EVENTS), note)


def app_for(folder: Path, *, bus: Bus, database: Database, clock: SteppedClock, **settings: Any) -> App:
    return build(settings_for(folder, **settings), bus=bus, database=database, clock=clock)


def problem(answer: httpx.Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The problem of a refused request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["code"] == code, body
    assert field is None or body.get("field") == field, body
    return body
