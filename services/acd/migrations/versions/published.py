"""Which life of the bus's stream has been given all queues and agents."""

from alembic import op

from shared.db.message_tables import create_published_streams

revision = "published"
down_revision = "contact_figures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_published_streams()


def downgrade() -> None:
    op.execute("DROP TABLE published_streams")
