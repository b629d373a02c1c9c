"""Mailboxes that are closed: they keep their messages for a while, and their number is free for another box."""

from alembic import op

revision = "closed_mailboxes"
down_revision = "voicemail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE mailboxes ADD COLUMN closed_at timestamptz")
    op.execute("ALTER TABLE mailboxes DROP CONSTRAINT uq_mailboxes_tenant_id_number")
    op.execute(
        "CREATE UNIQUE INDEX uq_mailboxes_tenant_id_number ON mailboxes (tenant_id, number) WHERE closed_at IS NULL"
    )
    op.execute("CREATE INDEX ix_mailboxes_closed_at ON mailboxes (closed_at) WHERE closed_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_mailboxes_closed_at")
    op.execute("DELETE FROM mailboxes WHERE closed_at IS NOT NULL")
    op.execute("DROP INDEX uq_mailboxes_tenant_id_number")
    op.execute("ALTER TABLE mailboxes ADD CONSTRAINT uq_mailboxes_tenant_id_number UNIQUE (tenant_id, number)")
    op.execute("ALTER TABLE mailboxes DROP COLUMN closed_at")
