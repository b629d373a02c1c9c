"""Supervisors who listen to a contact."""

from alembic import op

revision = "supervisors"
down_revision = "callbacks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE entries ADD COLUMN supervisors jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN supervisors")
