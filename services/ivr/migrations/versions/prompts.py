"""Prompts, customers, and what callers leave behind in flows."""

from alembic import op

from shared.db.rls import enable_row_level_security

revision = "prompts"
down_revision = "first"
branch_labels = None
depends_on = None

ROW = """
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision integer NOT NULL
"""
RESULT = """
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    call_id text NOT NULL,
    leg_id text NOT NULL,
    flow_id uuid NOT NULL,
    flow text NOT NULL,
    flow_version integer NOT NULL,
    node text NOT NULL,
    caller_number text NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL
"""
TABLES = {
    "prompts": f"""
        {ROW},
        slug text NOT NULL,
        display_name text NOT NULL,
        CONSTRAINT uq_prompts_tenant_id_slug UNIQUE (tenant_id, slug)""",
    "prompt_variants": """
        prompt_id uuid,
        language text,
        tenant_id uuid NOT NULL,
        content_hash text NOT NULL,
        seconds double precision NOT NULL,
        size_bytes integer NOT NULL,
        loudness_lufs double precision,
        source text NOT NULL,
        spoken_text text,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (prompt_id, language),
        CONSTRAINT fk_prompt_variants_prompt_id FOREIGN KEY (prompt_id) REFERENCES prompts (id) ON DELETE CASCADE""",
    "customers": f"""
        {ROW},
        name text NOT NULL,
        language text,
        external_id text,
        attributes jsonb NOT NULL,
        CONSTRAINT uq_customers_tenant_id_external_id UNIQUE (tenant_id, external_id)""",
    "customer_numbers": """
        tenant_id uuid,
        e164 text,
        customer_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, e164),
        CONSTRAINT fk_customer_numbers_customer_id FOREIGN KEY (customer_id)
            REFERENCES customers (id) ON DELETE CASCADE""",
    "survey_answers": f"""
        {RESULT},
        survey text NOT NULL,
        question text NOT NULL,
        scale text NOT NULL,
        number integer,
        recording text NOT NULL,
        seconds double precision NOT NULL,
        agent text NOT NULL,
        queue text NOT NULL,
        CONSTRAINT uq_survey_answers_tenant_id_leg_id_node UNIQUE (tenant_id, leg_id, node)""",
    "callback_requests": f"""
        {RESULT},
        number text NOT NULL,
        queue text NOT NULL,
        done_at timestamptz,
        done_by text NOT NULL,
        done_note text NOT NULL,
        CONSTRAINT uq_callback_requests_tenant_id_leg_id_node UNIQUE (tenant_id, leg_id, node)""",
    "recorded_messages": f"""
        {RESULT},
        topic text NOT NULL,
        recording text NOT NULL,
        seconds double precision NOT NULL,
        CONSTRAINT uq_recorded_messages_tenant_id_leg_id_node UNIQUE (tenant_id, leg_id, node)""",
}
INDEXES = {
    "ix_prompt_variants_tenant_id": "prompt_variants (tenant_id)",
    "ix_customers_tenant_id_id": "customers (tenant_id, id)",
    "ix_customer_numbers_customer_id": "customer_numbers (customer_id)",
    "ix_survey_answers_tenant_id_created_at": "survey_answers (tenant_id, created_at, id)",
    "ix_survey_answers_tenant_id_survey": "survey_answers (tenant_id, survey, created_at)",
    "ix_callback_requests_tenant_id_created_at": "callback_requests (tenant_id, created_at, id)",
    "ix_recorded_messages_tenant_id_created_at": "recorded_messages (tenant_id, created_at, id)",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        enable_row_level_security(table)
    for index, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {index} ON {columns}")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
