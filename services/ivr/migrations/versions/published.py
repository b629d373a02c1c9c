"""Which life of the bus's stream has been given all flows, prompts and mailboxes."""

from alembic import op

from shared.db.message_tables import create_published_streams

revision = "published"
down_revision = "closed_mailboxes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_published_streams()


def downgrade() -> None:
    op.execute("DROP TABLE published_streams")
