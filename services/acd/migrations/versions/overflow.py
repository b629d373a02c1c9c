"""Hours of queues, and why callers left by overflow."""

from alembic import op

revision = "overflow"
down_revision = "standing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE queues ADD COLUMN hours jsonb")
    op.execute("ALTER TABLE entries ADD COLUMN reason text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE entries ADD COLUMN overflowed jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN overflowed, DROP COLUMN reason")
    op.execute("ALTER TABLE queues DROP COLUMN hours")
