"""A running service does not carry what only migrations need."""

from __future__ import annotations

import subprocess
import sys

RUNNING = "shared.db.engine, shared.db.outbox, shared.db.inbox, shared.db.idempotency, shared.db.tables, shared.db.rls"


def test_service_process_does_not_load_alembic() -> None:
    program = f"import sys, {RUNNING}; print([m for m in ('alembic', 'mako', 'nats', 'fastapi') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
