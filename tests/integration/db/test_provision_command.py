"""``python -m shared.db provision``: what an administrator runs before the first migration."""

from __future__ import annotations

import psycopg
import pytest

from deploy.local.postgres import EmbeddedPostgres
from shared.db.__main__ import main

PASSWORDS = {"SEDA_DATABASE_PASSWORD_PROBE": "first", "SEDA_DATABASE_PASSWORD_PROBE_OWNER": "owners"}


def test_service_signs_in_to_the_schema_that_was_made_and_passwords_can_be_changed(
    own_postgres: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"SEDA_DATABASE_ADMIN_URL": own_postgres.url(), **PASSWORDS}
    main(["provision", "probe"], environment)
    main(["provision", "probe"], environment | {"SEDA_DATABASE_PASSWORD_PROBE": "second"})
    assert "probe_owner" in capsys.readouterr().out
    here = {"host": "127.0.0.1", "port": own_postgres.port, "dbname": "seda"}
    with psycopg.connect(**here, user="probe", password="second") as connection:
        owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'probe'"
        assert connection.execute(owner).fetchone() == ("probe_owner",)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**here, user="probe", password="first")


def test_missing_passwords_are_named_and_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["provision", "probe"], {"SEDA_DATABASE_ADMIN_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert all(name in told for name in PASSWORDS)
