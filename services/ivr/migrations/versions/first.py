"""Flows, their versions, and states of calls that are too large for a channel variable."""

from alembic import op

from shared.db.message_tables import create_idempotency_keys, create_inbox, create_outbox
from shared.db.rls import enable_row_level_security

revision = "first"
down_revision = None
branch_labels = None
depends_on = None

ROW = """
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision integer NOT NULL
"""
TABLES = {
    "flows": f"""
        {ROW},
        slug text NOT NULL,
        display_name text NOT NULL,
        draft jsonb NOT NULL,
        published_version integer,
        last_version integer NOT NULL,
        CONSTRAINT uq_flows_tenant_id_slug UNIQUE (tenant_id, slug)""",
    "flow_versions": """
        flow_id uuid,
        version integer,
        tenant_id uuid NOT NULL,
        document jsonb NOT NULL,
        published_at timestamptz NOT NULL,
        published_by text NOT NULL,
        note text NOT NULL,
        PRIMARY KEY (flow_id, version),
        CONSTRAINT fk_flow_versions_flow_id FOREIGN KEY (flow_id) REFERENCES flows (id) ON DELETE CASCADE""",
    "call_states": """
        leg_id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        sealed bytea NOT NULL,
        saved_at timestamptz NOT NULL""",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        enable_row_level_security(table)
    op.execute("CREATE INDEX ix_flow_versions_tenant_id ON flow_versions (tenant_id)")
    op.execute("CREATE INDEX ix_call_states_saved_at ON call_states (saved_at)")
    create_outbox()
    create_inbox()
    create_idempotency_keys()


def downgrade() -> None:
    for table in (*reversed(TABLES), "idempotency_keys", "inbox", "outbox"):
        op.execute(f"DROP TABLE {table}")
