"""Puts the directory together. Nothing is opened or connected here."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI

from services.directory.api import add_routes
from services.directory.api.context import Services
from services.directory.changes import Changes
from services.directory.consumers import ReplicaKeeper
from services.directory.domain.replica import Replica
from services.directory.housekeeping import Housekeeping
from services.directory.memory import Memory
from services.directory.metrics import DirectoryMetrics
from services.directory.models import SCHEMA
from services.directory.password_hashing import PasswordHashing
from services.directory.republishing import WholeDirectory
from services.directory.secret_box import SecretBox
from services.directory.settings import DirectorySettings
from services.directory.sign_in import SignIn
from services.directory.signing_keys import SigningKeys
from services.directory.switch_directory import SwitchDirectory
from shared.bus.nats import NatsBus
from shared.bus.port import Bus
from shared.db.engine import Database
from shared.db.http_errors import add_database_errors
from shared.db.idempotency import IdempotencyStore
from shared.db.outbox import Outbox
from shared.db.relay import OutboxRelay
from shared.db.republishing import Republisher
from shared.http.app import create_app
from shared.http.switch_secret import SwitchRouter
from shared.http.tokens import TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics

SERVICE = "directory"
SWITCH_PATH = "/switch/directory"


def build(
    settings: DirectorySettings, *, bus: Bus | None = None, database: Database | None = None, clock: Clock | None = None
) -> App:
    """The directory, ready to run. Adapters that are not given are made from the settings."""
    clock = clock or SystemClock()
    metrics = Metrics(SERVICE)
    counts = DirectoryMetrics(metrics)
    database = database or Database(settings.database_url, schema=SCHEMA, pool_size=settings.database_pool_size)
    bus = bus or NatsBus(settings.nats_url, name=SERVICE, metrics=metrics, replicas=settings.nats_replicas)
    outbox = Outbox(database)
    memory = Memory(database, Replica(), metrics=counts)
    changes = Changes(database, outbox, memory, clock=clock, metrics=counts)
    passwords = PasswordHashing(concurrency=settings.hash_concurrency)
    signing = SigningKeys(
        settings.signing_key_file,
        issuer=settings.token_issuer,
        lifetime=timedelta(seconds=settings.access_token_seconds),
    )
    services = Services(
        changes=changes,
        memory=memory,
        passwords=passwords,
        sign_in=SignIn(
            changes,
            passwords,
            signing,
            clock=clock,
            metrics=counts,
            refresh_lifetime=timedelta(days=settings.refresh_token_days),
            address_failure_limit=settings.address_failure_limit,
        ),
        signing=signing,
        secrets=SecretBox(settings.secrets_key.get_secret_value()),
        republisher=Republisher(database, bus, WholeDirectory(database, outbox).publish_all, clock=clock),
    )
    health = Health()
    http = _http(settings, services, database, health, metrics)
    switch = _switch(settings, services, counts)
    health.add("database", database.ping)
    health.add("bus", bus.ping)
    return App(
        name=SERVICE,
        http=http,
        asgi=SwitchRouter(
            secret=settings.switch_secret.get_secret_value(),
            answers={SWITCH_PATH: switch},
            otherwise=http,
            metrics=metrics,
        ),
        components=[
            database,
            bus,
            OutboxRelay(database, bus, metrics),
            passwords,
            ReplicaKeeper(memory, bus, clock=clock),
            services.republisher,
            Housekeeping(database, clock=clock),
        ],
        health=health,
        metrics=metrics,
    )


def _http(
    settings: DirectorySettings, services: Services, database: Database, health: Health, metrics: Metrics
) -> FastAPI:
    tokens = TokenVerifier(services.signing, issuer=settings.token_issuer)
    http = create_app(service=SERVICE, title="Seda directory", health=health, metrics=metrics, tokens=tokens)
    http.state.services = services
    http.state.idempotency = IdempotencyStore(database)
    http.state.secrets = services.secrets
    add_database_errors(http)
    add_routes(http)
    return http


def _switch(settings: DirectorySettings, services: Services, counts: DirectoryMetrics) -> SwitchDirectory:
    return SwitchDirectory(
        services.memory,
        secrets=services.secrets,
        metrics=counts,
        cacheable_ms=settings.user_cache_seconds * 1000 or None,
    )
