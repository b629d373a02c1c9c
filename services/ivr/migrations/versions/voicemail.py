"""Voicemail: boxes, messages, greetings, e-mails about messages, and files to be deleted."""

from alembic import op

from shared.db.rls import enable_row_level_security

revision = "voicemail"
down_revision = "prompts"
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
    "mailboxes": f"""
        {ROW},
        number text NOT NULL,
        extension_id uuid,
        enabled boolean NOT NULL,
        language text NOT NULL,
        pin_hash text,
        failed_pins integer NOT NULL DEFAULT 0,
        locked_until timestamptz,
        quota_messages integer NOT NULL,
        quota_seconds integer,
        message_max_seconds integer NOT NULL,
        retention_days_new integer,
        retention_days_saved integer,
        email text,
        email_attach_audio boolean NOT NULL,
        delete_after_email boolean NOT NULL,
        CONSTRAINT uq_mailboxes_tenant_id_number UNIQUE (tenant_id, number)""",
    "voicemail_messages": f"""
        {ROW},
        mailbox_id uuid NOT NULL CONSTRAINT fk_voicemail_messages_mailbox_id
            REFERENCES mailboxes (id) ON DELETE CASCADE,
        state text NOT NULL CONSTRAINT ck_voicemail_messages_state CHECK (state IN ('new', 'saved', 'deleted')),
        file text NOT NULL,
        seconds double precision NOT NULL,
        caller_number text NOT NULL,
        caller_name text NOT NULL,
        call_id text NOT NULL,
        leg_id text,
        received_at timestamptz NOT NULL,
        listened_at timestamptz,
        state_at timestamptz NOT NULL,
        forwarded_from uuid,
        CONSTRAINT uq_voicemail_messages_mailbox_id_leg_id UNIQUE (mailbox_id, leg_id)""",
    "greetings": f"""
        {ROW},
        mailbox_id uuid NOT NULL CONSTRAINT fk_greetings_mailbox_id REFERENCES mailboxes (id) ON DELETE CASCADE,
        kind text NOT NULL CONSTRAINT ck_greetings_kind CHECK (kind IN ('unavailable', 'busy')),
        file text NOT NULL,
        seconds double precision NOT NULL,
        CONSTRAINT uq_greetings_mailbox_id_kind UNIQUE (mailbox_id, kind)""",
    "voicemail_mails": """
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        message_id uuid NOT NULL CONSTRAINT uq_voicemail_mails_message_id UNIQUE
            CONSTRAINT fk_voicemail_mails_message_id REFERENCES voicemail_messages (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        next_at timestamptz,
        attempts integer NOT NULL,
        last_error text NOT NULL""",
    "media_removals": """
        id uuid PRIMARY KEY,
        tenant_id uuid NOT NULL,
        file text NOT NULL,
        created_at timestamptz NOT NULL""",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        enable_row_level_security(table)
    op.execute(
        "CREATE INDEX ix_voicemail_messages_tenant_id_mailbox_id_id ON voicemail_messages (tenant_id, mailbox_id, id)"
    )
    op.execute("CREATE INDEX ix_voicemail_messages_file ON voicemail_messages (file)")
    op.execute("CREATE INDEX ix_voicemail_messages_state_at ON voicemail_messages (state, state_at)")
    op.execute("CREATE INDEX ix_voicemail_mails_next_at ON voicemail_mails (next_at)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
