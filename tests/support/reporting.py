"""Reporting on a real database, with the bus in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.reporting.app import build
from services.reporting.settings import ReportingSettings
from shared.bus.memory import MemoryBus
from shared.bus.port import Bus
from shared.contracts.calls import CallAnswered, CallCreated, CallHungUp
from shared.contracts.records import LegRecord
from shared.db.engine import Database
from shared.http.tokens import Principal, StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import Clock, SteppedClock
from shared.runtime.metrics import Metrics

TENANT = UUID(int=1)
OTHER = UUID(int=2)
NOON = datetime(2026, 1, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def token(*roles: str, tenant: UUID | None = TENANT) -> dict[str, str]:
    return {"Authorization": "Bearer " + SIGNER.sign(Principal("u1", tenant, frozenset(roles)))}


def leg(leg_id: str, call_id: str | None = None, **values) -> LegRecord:
    defaults = {
        "tenant_id": TENANT,
        "node_id": "n1",
        "core_id": "core-1",
        "leg_direction": "inbound" if call_id in (None, leg_id) else "outbound",
        "caller_number": "101",
        "called_number": "102",
        "started_at": at(0),
        "answered_at": at(2),
        "bridged_at": at(2),
        "ended_at": at(12),
        "cause": "NORMAL_CLEARING",
    }
    return LegRecord(leg_id=leg_id, call_id=call_id or leg_id, **{**defaults, **values})


class Events:
    """Events of one leg, as switchlink tells them."""

    def __init__(self, leg_id: str, call_id: str | None = None, core_id: str = "core-1") -> None:
        self.about = {
            "tenant_id": TENANT,
            "node_id": "n1",
            "core_id": core_id,
            "call_id": call_id or leg_id,
            "leg_id": leg_id,
        }

    def created(self, seconds: float = 0) -> CallCreated:
        return CallCreated(
            **self.about, occurred_at=at(seconds), leg_direction="inbound", caller_number="101", called_number="102"
        )

    def answered(self, seconds: float) -> CallAnswered:
        return CallAnswered(**self.about, occurred_at=at(seconds))

    def hung_up(self, seconds: float, cause: str = "NORMAL_CLEARING") -> CallHungUp:
        return CallHungUp(**self.about, occurred_at=at(seconds), cause=cause)


def app_for(bus: Bus, database: Database, clock: Clock) -> App:
    """Reporting with these adapters."""
    settings = ReportingSettings(database_url="postgresql://unused@localhost/unused")
    tokens = TokenVerifier(StaticKeySource({"k1": KEY.public_key()}))
    metrics = Metrics(f"r{uuid4().hex[:6]}")
    return build(settings, bus=bus, database=database, tokens=tokens, metrics=metrics, clock=clock)


@pytest.fixture
async def reporting(database_for, open_database):
    database = await open_database(database_for("reporting"))
    bus, clock = MemoryBus(), SteppedClock()
    app = app_for(bus, database, clock)
    async with app.running():
        transport = httpx.ASGITransport(app.http, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as client:
            client.headers.update(token("manager"))
            yield SimpleNamespace(bus=bus, client=client, clock=clock, database=database, app=app)
