"""Makes the two roles and the schema of a service, once, with an administrator's rights.

On one machine and in tests this runs by itself. Elsewhere an administrator, or the tool that manages the databases,
does the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from shared.db.names import identifier, libpq_url


@dataclass(frozen=True, slots=True)
class ServiceRoles:
    """The roles of one schema.

    Args:
        owner: owns the schema and runs the migrations.
        service: what the service runs as; row-level security binds it.
    """

    owner: str
    service: str


def roles_of(schema: str) -> ServiceRoles:
    """The customary names: ``directory_owner`` and ``directory``."""
    return ServiceRoles(owner=f"{identifier(schema)}_owner", service=schema)


def provision(admin_url: str, schema: str, *, owner_password: str, service_password: str) -> ServiceRoles:
    """Make schema and roles, or set the passwords of those that are there. Safe to repeat and to run concurrently.

    Raises:
        psycopg.Error: the administrator may not, or the database is away.
    """
    roles = roles_of(schema)
    with psycopg.connect(libpq_url(admin_url)) as connection:
        # Roles belong to the whole server: one provisioner at a time.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('seda.provision', 0))")
        _ensure_role(connection, roles.owner, owner_password)
        _ensure_role(connection, roles.service, service_password)
        # From PostgreSQL 16 on, one who creates roles without being superuser must be a member to hand over ownership.
        owner = sql.Identifier(roles.owner)
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        connection.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(sql.Identifier(schema), owner)
        )
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(roles.service))
        )
    return roles


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(identifier(role))
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
