"""Routing's own rows: choices, forwarding, ring groups, routes, rules and usage."""

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
CAPS = """
    max_calls integer,
    max_calls_per_second integer,
    max_international_minutes_per_day integer
"""
TABLES = {
    "tenant_configs": f"""
        tenant_id uuid PRIMARY KEY,
        revision bigint NOT NULL,
        default_caller_id text,
        caller_id_policy text NOT NULL DEFAULT 'extension',
        emergency_numbers text[] NOT NULL DEFAULT '{{}}',
        forwarding_codes boolean NOT NULL DEFAULT true,
        do_not_disturb_codes boolean NOT NULL DEFAULT true,
        echo_code boolean NOT NULL DEFAULT true,
        {CAPS}""",
    "extension_configs": f"""
        extension_id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        always text,
        busy text,
        no_answer text,
        unreachable text,
        no_answer_seconds integer NOT NULL DEFAULT 20,
        do_not_disturb boolean NOT NULL DEFAULT false,
        {CAPS}""",
    "ring_groups": f"""
        {ROW},
        slug text NOT NULL,
        display_name text NOT NULL,
        strategy text NOT NULL,
        members jsonb NOT NULL,
        ring_seconds integer NOT NULL,
        no_answer text,
        CONSTRAINT uq_ring_groups_tenant_id_slug UNIQUE (tenant_id, slug)""",
    "inbound_routes": f"""
        {ROW},
        number_id uuid NOT NULL,
        entries jsonb NOT NULL,
        otherwise text,
        CONSTRAINT uq_inbound_routes_number_id UNIQUE (number_id)""",
    "outbound_rules": f"""
        {ROW},
        prefix text NOT NULL,
        allow boolean NOT NULL,
        trunk_ids uuid[] NOT NULL,
        CONSTRAINT uq_outbound_rules_tenant_id_prefix UNIQUE (tenant_id, prefix)""",
    "usage_days": """
        subject_id uuid,
        day date,
        tenant_id uuid NOT NULL,
        seconds integer NOT NULL,
        PRIMARY KEY (subject_id, day)""",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        enable_row_level_security(table)
    op.execute("CREATE INDEX ix_extension_configs_tenant_id ON extension_configs (tenant_id)")
    op.execute("CREATE INDEX ix_inbound_routes_tenant_id ON inbound_routes (tenant_id)")
    op.execute("CREATE INDEX ix_usage_days_day ON usage_days (day)")
    create_outbox()
    create_inbox()
    create_idempotency_keys()


def downgrade() -> None:
    for table in (*TABLES, "idempotency_keys", "inbox", "outbox"):
        op.execute(f"DROP TABLE {table}")
