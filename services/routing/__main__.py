"""``python -m services.routing``; ``python -m services.routing migrate`` brings its schema up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.db.service import main


def _settings() -> type[Any]:
    from services.routing.settings import RoutingSettings

    return RoutingSettings


def _build() -> Callable[..., Any]:
    from services.routing.app import build

    return build


if __name__ == "__main__":
    main("routing", _settings, _build, Path(__file__).parent / "migrations")
