"""Acd's REST API on a real database, with the bus in memory and an owner of the queues who only answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from services.acd.app import build
from services.acd.settings import AcdSettings
from shared.bus.port import Bus
from shared.contracts.acd import ACD_COMMANDS, ChangeAgent, ChangeContact, ChangeWaiting, FloorReply, TenantCommand
from shared.db.engine import Database
from shared.http.tokens import Principal, StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from tests.integration.routing.world import Person, directory_events
from tests.unit.routing.town import ACME, RIVAL, id_of

SECRET = "the-switch-secret-of-tests"
KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")
NOBODY = id_of("a user who is no agent")
SARAS_USER = id_of("sara's user")
SARA = {"display_name": "Sara", "phone": "extension:101", "skills": {"english": 80}, "user_id": str(SARAS_USER)}
SUPPORT = {"slug": "support", "rings": "WT<60: english>50; english>0"}


@dataclass
class FakeFloor:
    """An owner that notes what it is told, and answers with what the test wants."""

    asked: list[TenantCommand] = field(default_factory=list)
    refusal: FloorReply | None = None
    queues: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, command: TenantCommand) -> FloorReply:
        self.asked.append(command)
        if self.refusal is not None:
            return self.refusal
        return FloorReply(result=orjson.dumps(self._result(command)).decode())

    def _result(self, command: TenantCommand) -> dict[str, Any]:
        if isinstance(command, ChangeAgent):
            return {"agent_id": command.agent_id, "status": "available", "since": command.occurred_at, "next": None}
        if isinstance(command, ChangeWaiting):
            return caller(command.entry_id, command.queue_id or id_of("queue"))
        if isinstance(command, ChangeContact):
            return caller(command.entry_id, id_of("queue"))
        return {"at": command.occurred_at, "queues": self.queues, "talking": [], "agents": []}

    async def serve(self, bus: Bus, tenant_id: UUID) -> None:
        for command in ACD_COMMANDS:
            await bus.serve(command, self.answer, key=str(tenant_id))


def caller(entry_id: UUID, queue_id: UUID) -> dict[str, Any]:
    return {
        "entry_id": entry_id, "queue_id": queue_id, "leg_id": "leg", "joined_at": "2026-03-14T08:30:00Z",
        "waited_seconds": 3.5, "position": 1, "priority": 0, "state": "waiting", "agent_id": None,
    }  # fmt: skip


@dataclass
class Acd:
    """A running acd service."""

    app: App
    client: httpx.AsyncClient
    bus: Bus
    database: Database
    clock: SteppedClock

    def person(
        self, *roles: str, tenant: UUID | None = ACME.id, scopes: set[str] | None = None, user: UUID = NOBODY
    ) -> Person:
        subject = f"user:{user}" if scopes is None else "api-key:1"
        principal = Principal(subject, tenant, frozenset(roles), frozenset(scopes) if scopes is not None else None)
        return Person(self.client, SIGNER.sign(principal))

    @property
    def admin(self) -> Person:
        return self.person("tenant_admin")

    @property
    def supervisor(self) -> Person:
        return self.person("supervisor")

    @property
    def sara(self) -> Person:
        return self.person("agent", user=SARAS_USER)

    @property
    def rival(self) -> Person:
        return self.person("tenant_admin", tenant=RIVAL.id)


def settings(**values: Any) -> AcdSettings:
    return AcdSettings(
        database_url=SecretStr("postgresql://unused@localhost/unused"), switch_secret=SecretStr(SECRET), **values
    )


def app_for(bus: Bus, database: Database, clock: SteppedClock) -> App:
    """Acd without the engine: nobody owns a queue."""
    tokens = TokenVerifier(StaticKeySource({"k1": KEY.public_key()}))
    return build(
        settings(),
        bus=bus,
        database=database,
        tokens=tokens,
        metrics=Metrics("acd"),
        clock=clock,
        engine=lambda *_: (),
    )


async def is_ready(app: App) -> bool:
    return all(state == "ok" for state in (await app.health.report()).values())


__all__ = ["Acd", "FakeFloor", "Person", "app_for", "directory_events"]
