"""Every service, built and not started, to be asked what it offers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from shared.bus.nats import NatsBus
from shared.db.engine import Database
from shared.http.tokens import StaticKeySource, TokenVerifier
from shared.runtime.app import App
from shared.runtime.metrics import Metrics

NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/nothing"
SECRET = "only for building the pages"  # noqa: S105 -- no server ever sees it


def build_all() -> dict[str, App]:
    """Service name -> application; nothing is connected."""
    return {name: build() for name, build in BUILDERS.items()}


def _directory() -> App:
    from services.directory.app import build
    from services.directory.settings import DirectorySettings

    settings = DirectorySettings(
        database_url=NOWHERE,
        switch_secret=SECRET,
        secrets_key=Fernet.generate_key().decode(),
        signing_key_file=Path(tempfile.mkdtemp()) / "keys.pem",
    )
    return build(settings)


def _routing() -> App:
    from services.routing.app import build
    from services.routing.settings import RoutingSettings

    settings = RoutingSettings(database_url=NOWHERE, switch_secret=SECRET)
    return build(settings, database=_database("routing"), tokens=_tokens(), **_bus("routing"))


def _reporting() -> App:
    from services.reporting.app import build
    from services.reporting.settings import ReportingSettings

    settings = ReportingSettings(database_url=NOWHERE)
    return build(settings, database=_database("reporting"), tokens=_tokens(), **_bus("reporting"))


def _ivr() -> App:
    from services.ivr.app import build
    from services.ivr.settings import IvrSettings

    settings = IvrSettings(database_url=NOWHERE, switch_secret=SECRET)
    return build(settings, database=_database("ivr"), tokens=_tokens(), **_bus("ivr"))


def _acd() -> App:
    from services.acd.app import build
    from services.acd.settings import AcdSettings

    settings = AcdSettings(database_url=NOWHERE, switch_secret=SECRET)
    return build(settings, database=_database("acd"), tokens=_tokens(), **_bus("acd"))


def _switchlink() -> App:
    from services.switchlink.app import build
    from services.switchlink.settings import SwitchlinkSettings

    settings = SwitchlinkSettings(node_id="n1", event_socket_password=SECRET, spool_dir=Path("spool"))
    return build(settings, **_bus("switchlink"))


def _bus(name: str) -> dict[str, Any]:
    metrics = Metrics(name)
    return {"bus": NatsBus("nats://127.0.0.1:1", name, metrics), "metrics": metrics}


def _database(schema: str) -> Database:
    return Database(NOWHERE, schema=schema)


def _tokens() -> TokenVerifier:
    return TokenVerifier(StaticKeySource({}))


BUILDERS: dict[str, Callable[[], App]] = {
    "directory": _directory,
    "routing": _routing,
    "reporting": _reporting,
    "ivr": _ivr,
    "acd": _acd,
    "switchlink": _switchlink,
}
