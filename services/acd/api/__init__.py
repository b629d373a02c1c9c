"""Acd's REST API, a module per resource."""

from __future__ import annotations

from fastapi import FastAPI

from services.acd.api import agent_changes, agent_import, agents, attendance, callbacks, contacts, members, now, queues
from services.acd.api.context import Here

MODULES = (queues, members, agent_import, agents, agent_changes, attendance, now, contacts, callbacks)


def add_routes(app: FastAPI, here: Here) -> None:
    """Put every resource's routes into the application."""
    app.state.here = here
    for module in MODULES:
        app.include_router(module.router)


__all__ = ["Here", "add_routes"]
