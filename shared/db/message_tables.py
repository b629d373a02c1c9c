"""The tables behind outbox, inbox, idempotency keys and the republisher, for a service's first migration script."""

from __future__ import annotations

from shared.db.rls import enable_row_level_security, grant, platform_only, written_by_all

OUTBOX = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    message_id text NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    refused text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)
"""

INBOX = """
CREATE TABLE inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, message_id)
)
"""

IDEMPOTENCY_KEYS = """
CREATE TABLE idempotency_keys (
    owner text NOT NULL,
    key text NOT NULL,
    tenant_id uuid,
    fingerprint text NOT NULL,
    claim uuid NOT NULL,
    claimed_until timestamptz NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (owner, key)
)
"""

PUBLISHED_STREAMS = """
CREATE TABLE published_streams (
    name text CONSTRAINT pk_published_streams PRIMARY KEY,
    identity text NOT NULL
)
"""

TABLES = frozenset({"outbox", "inbox", "idempotency_keys", "published_streams"})
"""They have no models, so a comparison of models with the database leaves them out."""


def create_outbox() -> None:
    """Make the table that ``shared.db.outbox`` uses."""
    _execute(OUTBOX)
    written_by_all("outbox")


def create_inbox() -> None:
    """Make the table that ``shared.db.inbox`` uses."""
    _execute(INBOX)
    _execute("CREATE INDEX ix_inbox_received_at ON inbox (received_at)")
    grant("inbox")


def create_idempotency_keys() -> None:
    """Make the table that ``shared.db.idempotency`` uses."""
    _execute(IDEMPOTENCY_KEYS)
    _execute("CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)")
    enable_row_level_security("idempotency_keys")


def create_published_streams() -> None:
    """Make the table that ``shared.db.republishing`` uses."""
    _execute(PUBLISHED_STREAMS)
    platform_only("published_streams")


def _execute(statement: str) -> None:
    from alembic import op  # only a migration pays for alembic

    op.execute(statement)
