"""``seda agent``: agents, and what they do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from services.cli.output import show_item, show_items
from services.cli.resources import Name, Resource, command, find, scope_of
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

AGENTS = Resource(
    "agent",
    "/v1/agents",
    ("display_name", "phone", "skills", "queues", "id"),
    "display_name",
    service="acd",
    imports=("row", "display_name", "status", "why"),
    row=lambda agent: {**agent, "queues": len(agent["queues"])},
    make="add",
    unmake="remove",
)
HISTORY_COLUMNS = ("since", "ended_at", "status", "reason", "pause_reason", "by")

AsAgent = Annotated[bool, typer.Option("--as-agent", help="as if the agent asked, not a supervisor")]

agent = command(AGENTS)


@agent.command("sign-in")
def sign_in(name: Name, as_agent: AsAgent = False, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """An agent begins to work."""
    _change(name, "sign-in", tenant, as_agent=as_agent, as_json=as_json)


@agent.command("sign-out")
def sign_out(name: Name, as_agent: AsAgent = False, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """An agent goes; while talking, once that is over."""
    _change(name, "sign-out", tenant, as_agent=as_agent, as_json=as_json)


@agent.command()
def pause(
    name: Name,
    reason: Annotated[str, typer.Argument(help="in your words, such as lunch")],
    seconds: Annotated[int | None, typer.Option(min=1, max=86_400, help="it ends by itself after so long")] = None,
    as_agent: AsAgent = False,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """An agent pauses; while talking, once that is over."""
    limit = {} if seconds is None else {"seconds": seconds}
    _change(name, "pause", tenant, as_agent=as_agent, as_json=as_json, reason=reason, **limit)


@agent.command()
def unpause(name: Name, as_agent: AsAgent = False, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """An agent is back."""
    _change(name, "unpause", tenant, as_agent=as_agent, as_json=as_json)


@agent.command("wrap-up-done")
def wrap_up_done(name: Name, as_agent: AsAgent = False, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """An agent's wrap-up ends before its time."""
    _change(name, "wrap-up-done", tenant, as_agent=as_agent, as_json=as_json)


@agent.command()
def status(name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """What an agent does now."""
    show_item(talk(lambda session: _get(session, name, tenant, "status")), as_json=as_json)


@agent.command()
def history(name: Name, tenant: TenantOption = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """What an agent did, the latest first."""

    async def work(session: Session) -> list[dict[str, Any]]:
        found = await find(session, AGENTS, name, tenant)
        scope = await scope_of(session, AGENTS, tenant)
        return await session.items("acd", f"{AGENTS.path}/{found['id']}/history", limit, **scope)

    show_items(talk(work), HISTORY_COLUMNS, as_json=as_json)


@agent.command()
def attendance(
    name: Name,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="by the tenant's calendar, as 2026-03-21")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """What an agent's day went into, in seconds."""
    asked = day.date().isoformat()
    show_item(talk(lambda session: _get(session, name, tenant, "attendance", day=asked)), as_json=as_json)


async def _get(session: Session, name: str, tenant: str | None, what: str, **query: str) -> dict[str, Any]:
    found = await find(session, AGENTS, name, tenant)
    scope = await scope_of(session, AGENTS, tenant)
    shown: dict[str, Any] = await session.client.get("acd", f"{AGENTS.path}/{found['id']}/{what}", **scope, **query)
    return shown


def _change(name: str, what: str, tenant: str | None, *, as_agent: bool, as_json: bool, **body: Any) -> None:
    async def work(session: Session) -> dict[str, Any]:
        found = await find(session, AGENTS, name, tenant)
        scope = await scope_of(session, AGENTS, tenant)
        sent = {**body, "forced": False} if as_agent else body
        path = f"{AGENTS.path}/{found['id']}/{what}"
        changed: dict[str, Any] = await session.client.post("acd", path, sent or None, **scope)
        return changed

    show_item(talk(work), as_json=as_json)
