"""Callbacks that keep their place in line."""

from alembic import op

revision = "callbacks"
down_revision = "by"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE queues ADD COLUMN callback jsonb NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE entries ADD COLUMN callback jsonb")
    op.execute("CREATE INDEX ix_entries_callback ON entries (tenant_id, id) WHERE callback IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_entries_callback")
    op.execute("ALTER TABLE entries DROP COLUMN callback")
    op.execute("ALTER TABLE queues DROP COLUMN callback")
