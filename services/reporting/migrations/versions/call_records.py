"""Call records: legs, the calls they make, and the legs still open."""

from alembic import op

from shared.db.message_tables import create_inbox, create_outbox
from shared.db.rls import enable_row_level_security, platform_only

revision = "call_records"
down_revision = None
branch_labels = None
depends_on = None

LEG_IDENTITY = """
    leg_id text PRIMARY KEY,
    call_id text NOT NULL,
    tenant_id uuid,
    node_id text NOT NULL,
    core_id text NOT NULL,
    leg_direction text NOT NULL,
    direction text NOT NULL,
    caller_number text NOT NULL,
    caller_name text NOT NULL,
    called_number text NOT NULL,
    extension text,
    extension_id text,
    device_id text,
    trunk_id text,
    other_leg_id text,
    ringing_at timestamptz,
    answered_at timestamptz,
    bridged_at timestamptz,
"""


def upgrade() -> None:
    _create_legs()
    _create_calls()
    _create_open_legs()
    for table in ("legs", "calls", "open_legs"):
        enable_row_level_security(table)
    platform_only("node_lives")
    create_outbox()
    create_inbox()


def _create_legs() -> None:
    op.execute(
        f"""
        CREATE TABLE legs ({LEG_IDENTITY}
            via text,
            started_at timestamptz NOT NULL,
            ended_at timestamptz NOT NULL,
            hold_seconds double precision NOT NULL,
            cause text NOT NULL,
            sip_status integer,
            hung_up_by text NOT NULL,
            codec text,
            network_address text,
            synthetic boolean NOT NULL DEFAULT false
        )"""
    )
    op.execute("CREATE INDEX ix_legs_call_id ON legs (call_id)")


def _create_calls() -> None:
    op.execute(
        """
        CREATE TABLE calls (
            call_id text PRIMARY KEY,
            tenant_id uuid,
            node_id text NOT NULL,
            direction text NOT NULL,
            caller_number text NOT NULL,
            caller_name text NOT NULL,
            called_number text NOT NULL,
            caller_extension text,
            answered_by text,
            trunk_id text,
            via text,
            started_at timestamptz NOT NULL,
            ringing_at timestamptz,
            answered_at timestamptz,
            ended_at timestamptz NOT NULL,
            ring_seconds double precision NOT NULL,
            talk_seconds double precision NOT NULL,
            hold_seconds double precision NOT NULL,
            total_seconds double precision NOT NULL,
            cause text NOT NULL,
            category text NOT NULL,
            hung_up_by text NOT NULL,
            leg_count integer NOT NULL
        )"""
    )
    op.execute("CREATE INDEX ix_calls_tenant_id_started_at ON calls (tenant_id, started_at DESC, call_id DESC)")


def _create_open_legs() -> None:
    op.execute(
        f"""
        CREATE TABLE open_legs ({LEG_IDENTITY}
            created_at timestamptz NOT NULL,
            hung_up_at timestamptz,
            cause text,
            unseen_since timestamptz
        )"""
    )
    op.execute("CREATE INDEX ix_open_legs_node_id ON open_legs (node_id, core_id)")
    op.execute("CREATE INDEX ix_open_legs_call_id ON open_legs (call_id)")
    op.execute(
        """
        CREATE TABLE node_lives (
            node_id text, core_id text, since timestamptz NOT NULL, lost_at timestamptz, PRIMARY KEY (node_id, core_id)
        )"""
    )


def downgrade() -> None:
    for table in ("node_lives", "open_legs", "calls", "legs", "inbox", "outbox"):
        op.execute(f"DROP TABLE {table}")
