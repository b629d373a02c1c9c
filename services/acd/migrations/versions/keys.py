"""Keys that callers in line may press."""

from alembic import op

revision = "keys"
down_revision = "overflow"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE queues ADD COLUMN leave_keys jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE queues DROP COLUMN leave_keys")
