"""``python -m services.acd``; ``python -m services.acd migrate`` brings its schema up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.db.service import main


def _settings() -> type[Any]:
    from services.acd.settings import AcdSettings

    return AcdSettings


def _build() -> Callable[..., Any]:
    from services.acd.app import build

    return build


if __name__ == "__main__":
    main("acd", _settings, _build, Path(__file__).parent / "migrations")
