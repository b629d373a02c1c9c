"""Callers' times in line and what agents do now, for the live view."""

from alembic import op

from shared.db.rls import enable_row_level_security

revision = "live_view"
down_revision = "call_records"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE queue_entries (
            entry_id uuid PRIMARY KEY,
            tenant_id uuid NOT NULL,
            queue_id uuid NOT NULL,
            joined_at timestamptz NOT NULL,
            told_at timestamptz NOT NULL,
            left_at timestamptz,
            outcome text,
            waited_seconds double precision NOT NULL,
            agent_id uuid
        )"""
    )
    op.execute("CREATE INDEX ix_queue_entries_waiting ON queue_entries (tenant_id, queue_id) WHERE left_at IS NULL")
    op.execute("CREATE INDEX ix_queue_entries_tenant_id_left_at ON queue_entries (tenant_id, left_at)")
    op.execute(
        """
        CREATE TABLE agent_statuses (
            agent_id uuid PRIMARY KEY,
            tenant_id uuid NOT NULL,
            status text NOT NULL,
            since timestamptz NOT NULL,
            pause_reason text,
            queue_id uuid,
            entry_id uuid
        )"""
    )
    op.execute("CREATE INDEX ix_agent_statuses_tenant_id ON agent_statuses (tenant_id)")
    for table in ("queue_entries", "agent_statuses"):
        enable_row_level_security(table)


def downgrade() -> None:
    for table in ("agent_statuses", "queue_entries"):
        op.execute(f"DROP TABLE {table}")
