"""Tenants, people, keys, extensions, devices, numbers, trunks, audit log"""

from __future__ import annotations

from alembic import op

from shared.db.message_tables import create_idempotency_keys, create_outbox
from shared.db.rls import APPEND_ONLY, enable_row_level_security, platform_only

revision = "first"
down_revision = None
branch_labels = None
depends_on = None

ROW = """
    id uuid CONSTRAINT pk_{table} PRIMARY KEY,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision integer NOT NULL
"""

TENANTS = f"""
CREATE TABLE tenants ({ROW.format(table="tenants")},
    slug text NOT NULL CONSTRAINT uq_tenants_slug UNIQUE,
    display_name text NOT NULL,
    domain text NOT NULL CONSTRAINT uq_tenants_domain UNIQUE,
    country text NOT NULL,
    time_zone text NOT NULL,
    language text NOT NULL,
    enabled boolean NOT NULL,
    max_calls integer,
    max_calls_per_second integer,
    max_international_minutes_per_day integer
)
"""

USERS = f"""
CREATE TABLE users ({ROW.format(table="users")},
    tenant_id uuid CONSTRAINT fk_users_tenant_id REFERENCES tenants (id),
    email text NOT NULL CONSTRAINT uq_users_email UNIQUE,
    display_name text NOT NULL,
    roles text[] NOT NULL,
    password_hash text NOT NULL,
    enabled boolean NOT NULL
)
"""

REFRESH_TOKENS = """
CREATE TABLE refresh_tokens (
    id uuid CONSTRAINT pk_refresh_tokens PRIMARY KEY,
    family_id uuid NOT NULL,
    user_id uuid NOT NULL CONSTRAINT fk_refresh_tokens_user_id REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL CONSTRAINT uq_refresh_tokens_token_hash UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
)
"""

SIGN_IN_FAILURES = """
CREATE TABLE sign_in_failures (
    email_hash text CONSTRAINT pk_sign_in_failures PRIMARY KEY,
    count integer NOT NULL,
    last_at timestamptz NOT NULL,
    locked_until timestamptz
)
"""

API_KEYS = f"""
CREATE TABLE api_keys ({ROW.format(table="api_keys")},
    tenant_id uuid CONSTRAINT fk_api_keys_tenant_id REFERENCES tenants (id),
    display_name text NOT NULL,
    prefix text NOT NULL CONSTRAINT uq_api_keys_prefix UNIQUE,
    secret_hash text NOT NULL,
    scopes text[] NOT NULL,
    enabled boolean NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    created_by text NOT NULL
)
"""

AUDIT_ENTRIES = """
CREATE TABLE audit_entries (
    id uuid CONSTRAINT pk_audit_entries PRIMARY KEY,
    tenant_id uuid,
    occurred_at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    entity_kind text NOT NULL,
    entity_id uuid NOT NULL,
    before jsonb,
    after jsonb,
    source_address text NOT NULL
)
"""

EXTENSIONS = f"""
CREATE TABLE extensions ({ROW.format(table="extensions")},
    tenant_id uuid NOT NULL CONSTRAINT fk_extensions_tenant_id REFERENCES tenants (id),
    number text NOT NULL,
    display_name text NOT NULL,
    enabled boolean NOT NULL,
    call_class text NOT NULL,
    outbound_caller_id text,
    max_calls integer,
    max_calls_per_second integer,
    max_international_minutes_per_day integer,
    language text,
    CONSTRAINT uq_extensions_tenant_id_number UNIQUE (tenant_id, number),
    CONSTRAINT uq_extensions_tenant_id_id UNIQUE (tenant_id, id)
)
"""

DEVICES = f"""
CREATE TABLE devices ({ROW.format(table="devices")},
    tenant_id uuid NOT NULL,
    extension_id uuid NOT NULL,
    sip_username text NOT NULL,
    display_name text NOT NULL,
    a1_hash text NOT NULL,
    enabled boolean NOT NULL,
    CONSTRAINT fk_devices_tenant_id_extension_id
        FOREIGN KEY (tenant_id, extension_id) REFERENCES extensions (tenant_id, id)
)
"""

NUMBERS = f"""
CREATE TABLE numbers ({ROW.format(table="numbers")},
    tenant_id uuid NOT NULL CONSTRAINT fk_numbers_tenant_id REFERENCES tenants (id),
    e164 text NOT NULL CONSTRAINT uq_numbers_e164 UNIQUE,
    destination text,
    display_name text NOT NULL,
    enabled boolean NOT NULL
)
"""

TRUNKS = f"""
CREATE TABLE trunks ({ROW.format(table="trunks")},
    tenant_id uuid CONSTRAINT fk_trunks_tenant_id REFERENCES tenants (id),
    display_name text NOT NULL,
    kind text NOT NULL CONSTRAINT ck_trunks_kind CHECK (kind IN ('registration', 'ip')),
    proxy text NOT NULL,
    transport text NOT NULL,
    username text,
    secret_encrypted text,
    source_addresses text[] NOT NULL,
    codecs text[] NOT NULL,
    prefixes text[] NOT NULL,
    priority integer NOT NULL,
    max_calls integer,
    max_calls_per_second integer,
    number_format text NOT NULL,
    carries_emergency boolean NOT NULL,
    enabled boolean NOT NULL
)
"""

PUBLISHED_STREAMS = """
CREATE TABLE published_streams (
    name text CONSTRAINT pk_published_streams PRIMARY KEY,
    identity text NOT NULL
)
"""

TABLES = (
    TENANTS, USERS, REFRESH_TOKENS, SIGN_IN_FAILURES, API_KEYS, AUDIT_ENTRIES,
    EXTENSIONS, DEVICES, NUMBERS, TRUNKS, PUBLISHED_STREAMS,
)  # fmt: skip

INDEXES = (
    "CREATE INDEX ix_users_tenant_id ON users (tenant_id)",
    "CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id)",
    "CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id)",
    "CREATE INDEX ix_api_keys_tenant_id ON api_keys (tenant_id)",
    "CREATE INDEX ix_audit_entries_tenant_id_id ON audit_entries (tenant_id, id)",
    "CREATE INDEX ix_audit_entries_entity_id ON audit_entries (entity_id)",
    # Phones that differ in capitals only could not be told apart by people.
    "CREATE UNIQUE INDEX uq_devices_tenant_id_sip_username ON devices (tenant_id, lower(sip_username))",
    "CREATE INDEX ix_devices_extension_id ON devices (extension_id)",
    "CREATE INDEX ix_numbers_tenant_id ON numbers (tenant_id)",
    "CREATE INDEX ix_trunks_tenant_id ON trunks (tenant_id)",
)


def upgrade() -> None:
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
    enable_row_level_security("tenants", column="id")
    for table in ("users", "api_keys", "extensions", "devices", "numbers", "trunks"):
        enable_row_level_security(table)
    enable_row_level_security("audit_entries", grants=APPEND_ONLY)
    for table in ("refresh_tokens", "sign_in_failures", "published_streams"):
        platform_only(table)
    create_outbox()
    create_idempotency_keys()


def downgrade() -> None:
    for table in (
        "published_streams", "trunks", "numbers", "devices", "extensions", "audit_entries",
        "api_keys", "sign_in_failures", "refresh_tokens", "users", "tenants", "outbox", "idempotency_keys",
    ):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
