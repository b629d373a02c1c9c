"""PostgreSQL for the services: sessions bound to a tenant, row-level security, outbox and inbox, migrations."""
