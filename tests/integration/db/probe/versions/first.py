"""A small service's first migration, for the tests of shared.db."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.db.message_tables import create_idempotency_keys, create_inbox, create_outbox
from shared.db.rls import APPEND_ONLY, enable_row_level_security

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_extensions"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_extensions_tenant_id_number"),
    )
    enable_row_level_security("extensions")
    op.create_table("audit", sa.Column("tenant_id", sa.Uuid()), sa.Column("what", sa.String(), nullable=False))
    enable_row_level_security("audit", grants=APPEND_ONLY)
    op.create_table("forgotten", sa.Column("id", sa.Uuid(), nullable=False))
    create_outbox()
    create_inbox()
    create_idempotency_keys()
