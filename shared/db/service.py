"""The process of a service that keeps tables: ``python -m services.<name>`` serves, ``... migrate`` migrates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.runtime.unused import leave_out_unused


def main(
    name: str, settings: Callable[[], type[Any]], builder: Callable[[], Callable[..., Any]], migrations: Path
) -> None:
    """Read settings, then migrate or build and run.

    Args:
        name: of the service, its schema and its NATS user.
        settings: gives its class of `ServiceSettings` with `DatabaseSettings` and `TokenSettings`; called here, so that
            what is left out of a process is left out before the first library comes in.
        builder: gives the service's ``build``; called only to serve, so that migrating loads nothing else.
        migrations: folder of its Alembic scripts.
    """
    if sys.argv[1:] == ["migrate"]:
        _migrate(name, _read(settings()), migrations)
    else:
        leave_out_unused()
        _serve(name, _read(settings()), builder())


def _read(settings_class: type[Any]) -> Any:
    from shared.runtime.settings import load

    return load(settings_class)


def _migrate(name: str, settings: Any, migrations: Path) -> None:
    """Bring the schema up to date, as its owner."""
    from shared.db.migrations import upgrade
    from shared.db.provision import roles_of

    owner = settings.migrations_url or settings.database_url
    upgrade(owner.get_secret_value(), name, roles_of(name).service, migrations)


def _serve(name: str, settings: Any, build: Callable[..., Any]) -> None:
    """Run until told to stop."""
    from shared.bus.nats import NatsBus
    from shared.db.engine import Database
    from shared.http.tokens import JwksKeySource, TokenVerifier
    from shared.runtime.app import run
    from shared.runtime.metrics import Metrics

    metrics = Metrics(name)
    app = build(
        settings,
        bus=NatsBus(settings.nats_url, name, metrics, replicas=settings.nats_replicas),
        database=Database(settings.database_url, schema=name, pool_size=settings.database_pool_size),
        tokens=TokenVerifier(JwksKeySource(settings.jwks_url), issuer=settings.token_issuer),
        metrics=metrics,
    )
    run(app, settings)
