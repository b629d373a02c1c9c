"""Row-level security and grants, for migration scripts.

The service's role gets rights on a table only here, so a table that a migration forgets cannot be read at all.

The policies read two transaction-local settings that ``shared.db.engine`` makes: ``seda.tenant_id`` and
``seda.scope``. After a transaction PostgreSQL leaves such a setting as an empty string, not as null, hence
``nullif``. Each is wrapped in a sub-select so that it is worked out once a statement and not once a row. A policy is
no substitute for ``WHERE tenant_id = ...``: because of its OR the planner cannot use it to choose an index.
"""

from __future__ import annotations

from typing import Any

from shared.db.names import identifier

ALL = "SELECT, INSERT, UPDATE, DELETE"
APPEND_ONLY = "SELECT, INSERT"

PLATFORM = "(SELECT current_setting('seda.scope', true)) = 'platform'"
TENANT = "(SELECT nullif(current_setting('seda.tenant_id', true), '')::uuid)"


def enable_row_level_security(table: str, *, column: str = "tenant_id", grants: str = ALL) -> None:
    """Show a tenant's transactions only the rows whose ``column`` is that tenant; platform transactions see all.

    Args:
        table: a table of this schema.
        column: holds the tenant's id (``id`` for the table of tenants itself). Rows with null are the platform's.
        grants: what the service may do (``APPEND_ONLY`` for an audit log).
    """
    rule = f"({PLATFORM} OR {identifier(column)} = {TENANT})"
    _protect(table, f"CREATE POLICY seda_tenant ON {identifier(table)} USING {rule} WITH CHECK {rule}", grants)


def platform_only(table: str, *, grants: str = ALL) -> None:
    """Show the table to platform transactions only."""
    _protect(
        table, f"CREATE POLICY seda_platform ON {identifier(table)} USING ({PLATFORM}) WITH CHECK ({PLATFORM})", grants
    )


def written_by_all(table: str) -> None:
    """Any transaction may insert; only platform transactions see and delete (the outbox)."""
    platform_only(table)
    _execute(f"CREATE POLICY seda_insert ON {identifier(table)} FOR INSERT WITH CHECK (true)")


def grant(table: str, grants: str = ALL) -> None:
    """Let the service use a table that holds nothing of any tenant."""
    _execute(f"GRANT {grants} ON {identifier(table)} TO {_context_option('service_role')}")


def _protect(table: str, policy: str, grants: str) -> None:
    name = identifier(table)
    _execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    # The owner, who runs the migrations, is bound as well; it works in platform scope.
    _execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    _execute(policy)
    grant(table, grants)


def _execute(statement: str) -> None:
    from alembic import op  # only a migration pays for alembic

    op.execute(statement)


def _context_option(name: str) -> str:
    from alembic import op

    options: dict[str, Any] = op.get_context().opts
    return identifier(options[name])
