"""A small service called ``probe`` on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.db.engine import Database
from tests.support.postgres import DatabaseFor, OpenDatabase, TestDatabase

SCRIPTS = Path(__file__).with_name("probe")


@pytest.fixture
def probe(database_for: DatabaseFor) -> TestDatabase:
    return database_for("probe", SCRIPTS)


@pytest.fixture
async def db(probe: TestDatabase, open_database: OpenDatabase) -> Database:
    return await open_database(probe)
