"""Alembic's environment, the same for every service; ``shared.db.migrations`` hands in connection, schema and role."""

from __future__ import annotations

from alembic import context

from shared.db.migrations import comparison

attributes = context.config.attributes

context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    transaction_per_migration=True,
    service_role=attributes["role"],
    **comparison(attributes["schema"]),
)
with context.begin_transaction():
    context.run_migrations()
