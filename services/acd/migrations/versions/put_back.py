"""Callers who are put back in line with their old place."""

from alembic import op

revision = "put_back"
down_revision = "first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE entries ADD COLUMN put_back_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN put_back_at")
