"""What directory's imports report."""

from __future__ import annotations

from services.directory.schemas.imports import ImportedRow, ImportReport
from shared.imports.api import Mode


def report(rows: list[ImportedRow], *, mode: Mode, dry_run: bool) -> ImportReport:
    """The whole report."""
    created = sum(row.status == "created" for row in rows)
    return ImportReport(
        mode=mode,
        dry_run=dry_run,
        applied=created > 0,
        created=created,
        refused=sum(row.status == "refused" for row in rows),
        rows=rows,
    )
