"""``python -m services.reporting``; ``python -m services.reporting migrate`` brings its schema up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.db.service import main


def _settings() -> type[Any]:
    from services.reporting.settings import ReportingSettings

    return ReportingSettings


def _build() -> Callable[..., Any]:
    from services.reporting.app import build

    return build


if __name__ == "__main__":
    main("reporting", _settings, _build, Path(__file__).parent / "migrations")
