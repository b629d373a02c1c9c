"""How each contact ended and how often its agent asked somebody, and an agent's contacts found by day."""

from alembic import op

revision = "contact_figures"
down_revision = "supervisors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE entries ADD COLUMN ended text, ADD COLUMN consults integer NOT NULL DEFAULT 0")
    op.execute(
        "CREATE INDEX ix_entries_agent_id ON entries (tenant_id, agent_id, answered_at) WHERE answered_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_entries_agent_id")
    op.execute("ALTER TABLE entries DROP COLUMN ended, DROP COLUMN consults")
