"""Who changed what an agent does, and a caller's place, kept over the owner's death."""

from alembic import op

revision = "by"
down_revision = "consults"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE agent_states ADD COLUMN by text NOT NULL DEFAULT '', ADD COLUMN next_by text NOT NULL DEFAULT ''"
    )
    op.execute("ALTER TABLE entries ADD COLUMN by text NOT NULL DEFAULT ''")


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN by")
    op.execute("ALTER TABLE agent_states DROP COLUMN by, DROP COLUMN next_by")
