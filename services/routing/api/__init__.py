"""Routing's REST API, a module per resource."""

from __future__ import annotations

from fastapi import FastAPI

from services.routing.api import (
    calls,
    forwarding,
    inbound_routes,
    nodes,
    outbound_rules,
    ring_groups,
    settings_and_limits,
    tryout,
)
from services.routing.api.context import Here

MODULES = (forwarding, ring_groups, inbound_routes, outbound_rules, settings_and_limits, tryout, calls, nodes)


def add_routes(app: FastAPI, here: Here) -> None:
    """Put every resource's routes into the application."""
    app.state.here = here
    for module in MODULES:
        app.include_router(module.router)


__all__ = ["Here", "add_routes"]
