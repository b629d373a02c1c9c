"""``python -m services.ivr``; ``python -m services.ivr migrate`` brings its schema up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.db.service import main


def _settings() -> type[Any]:
    from services.ivr.settings import IvrSettings

    return IvrSettings


def _build() -> Callable[..., Any]:
    from services.ivr.app import build

    return build


if __name__ == "__main__":
    main("ivr", _settings, _build, Path(__file__).parent / "migrations")
