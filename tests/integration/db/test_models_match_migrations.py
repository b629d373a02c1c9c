"""Each service's models say what its migrations made."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from shared.db.migrations import differences
from shared.db.tables import metadata_for
from tests.support.postgres import PROJECT, DatabaseFor

SERVICES = sorted(path.parent.name for path in (PROJECT / "services").glob("*/migrations") if path.is_dir())


@pytest.mark.parametrize("service", SERVICES)
def test_models_say_what_the_migrations_made(service: str, database_for: DatabaseFor) -> None:
    import_module(f"services.{service}.models")
    metadata = metadata_for(service)
    assert metadata.tables
    assert differences(database_for(service).owner_url, service, metadata) == []


def test_there_are_services_to_compare() -> None:
    assert {"directory", "routing", "reporting"} <= set(SERVICES)
    assert all(Path(PROJECT / "services" / name / "models.py").is_file() for name in SERVICES)
