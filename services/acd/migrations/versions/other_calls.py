"""Agents whose phones are in calls outside the queues."""

from alembic import op

revision = "other_calls"
down_revision = "published"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE agents ADD COLUMN ring_in_use boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE agent_states ADD COLUMN on_other_call boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE agent_states DROP COLUMN on_other_call")
    op.execute("ALTER TABLE agents DROP COLUMN ring_in_use")
