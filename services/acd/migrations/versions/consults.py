"""Agents who ask a third party while the caller is on hold."""

from alembic import op

revision = "consults"
down_revision = "keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE entries ADD COLUMN consult jsonb, ADD COLUMN held_since timestamptz,"
        " ADD COLUMN held_seconds double precision NOT NULL DEFAULT 0"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN consult, DROP COLUMN held_since, DROP COLUMN held_seconds")
