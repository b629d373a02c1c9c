"""Agents whose leg stays up between callers."""

from alembic import op

revision = "standing"
down_revision = "put_back"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE agents ADD COLUMN standing boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE agent_states ADD COLUMN standing_leg_id text, ADD COLUMN standing_node_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE agent_states DROP COLUMN standing_leg_id, DROP COLUMN standing_node_id")
    op.execute("ALTER TABLE agents DROP COLUMN standing")
