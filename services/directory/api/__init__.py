"""The directory's REST API, a module per resource."""

from __future__ import annotations

from fastapi import FastAPI

from services.directory.api import (
    api_keys,
    audit,
    devices,
    extension_import,
    extensions,
    number_import,
    numbers,
    platform,
    tenants,
    tokens,
    trunks,
    users,
)

MODULES = (
    tokens, tenants, users, api_keys, extension_import, extensions, devices,
    number_import, numbers, trunks, audit, platform,
)  # fmt: skip


def add_routes(app: FastAPI) -> None:
    """Put every resource's routes into the application."""
    for module in MODULES:
        app.include_router(module.router)
