"""Ivr on a real database, with the bus in memory, a directory's messages and people who use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from services.ivr.app import build
from services.ivr.library import FlowLibrary
from services.ivr.settings import IvrSettings
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.http.tokens import Principal, StaticKeySource, TokenSigner, TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from tests.integration.routing.world import Person, directory_events
from tests.unit.routing.town import ACME, RIVAL

SECRET = "the-switch-secret-of-tests"
KEY = Ed25519PrivateKey.generate()
SIGNER = TokenSigner(KEY, "k1")


@dataclass
class Ivr:
    """A running ivr service."""

    app: App
    client: httpx.AsyncClient
    bus: Bus
    database: Database
    clock: SteppedClock

    def person(
        self,
        *roles: str,
        tenant: UUID | None = ACME.id,
        scopes: set[str] | None = None,
        subject: str = "user:1",
    ) -> Person:
        principal = Principal(subject, tenant, frozenset(roles), frozenset(scopes) if scopes is not None else None)
        return Person(self.client, SIGNER.sign(principal))

    @property
    def admin(self) -> Person:
        return self.person("tenant_admin")

    @property
    def rival(self) -> Person:
        return self.person("tenant_admin", tenant=RIVAL.id)

    @property
    def library(self) -> FlowLibrary:
        found: FlowLibrary = self.app.http.state.here.library
        return found


def settings(media_dir: Path, **values: Any) -> IvrSettings:
    return IvrSettings(
        database_url=SecretStr("postgresql://unused@localhost/unused"),
        switch_secret=SecretStr(SECRET),
        media_dir=media_dir,
        call_port=0,
        **values,
    )


def app_for(bus: Bus, database: Database, clock: SteppedClock, media_dir: Path) -> App:
    tokens = TokenVerifier(StaticKeySource({"k1": KEY.public_key()}))
    return build(settings(media_dir), bus=bus, database=database, tokens=tokens, metrics=Metrics("ivr"), clock=clock)


def has_directory(library: FlowLibrary) -> bool:
    """Whether what the directory told is here."""
    return (
        library.is_ready and "101" in library.tenant(ACME.id).by_number and "201" in library.tenant(RIVAL.id).by_number
    )


__all__ = ["Ivr", "Person", "app_for", "directory_events", "has_directory"]
