"""Agents whose phones are in calls outside the queues, for the live view."""

from alembic import op

from shared.db.rls import enable_row_level_security

revision = "other_calls"
down_revision = "live_view"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE agent_other_calls (
            agent_id uuid PRIMARY KEY,
            tenant_id uuid NOT NULL,
            told_at timestamptz NOT NULL,
            is_on boolean NOT NULL
        )"""
    )
    enable_row_level_security("agent_other_calls")


def downgrade() -> None:
    op.execute("DROP TABLE agent_other_calls")
