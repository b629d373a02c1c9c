"""What became of queues' contacts."""

from alembic import op

from shared.db.rls import enable_row_level_security

revision = "queue_contacts"
down_revision = "other_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE queue_contacts (
            entry_id uuid PRIMARY KEY,
            tenant_id uuid NOT NULL,
            queue_id uuid NOT NULL,
            queue text NOT NULL,
            agent_id uuid NOT NULL,
            ended_at timestamptz NOT NULL,
            ended text NOT NULL,
            passed_to text,
            warm boolean NOT NULL,
            consults integer NOT NULL,
            talk_seconds double precision NOT NULL,
            hold_seconds double precision NOT NULL
        )"""
    )
    op.execute("CREATE INDEX ix_queue_contacts_tenant_id_ended_at ON queue_contacts (tenant_id, ended_at)")
    enable_row_level_security("queue_contacts")


def downgrade() -> None:
    op.execute("DROP TABLE queue_contacts")
