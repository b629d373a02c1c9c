"""``seda queue``: queues, who serves them, who waits in them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.agents import AGENTS
from services.cli.output import print_json, show_done, show_item, show_items
from services.cli.resources import Name, Resource, command, find, scope_of
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

QUEUES = Resource(
    "queue",
    "/v1/queues",
    ("slug", "display_name", "strategy", "rings", "enabled"),
    "slug",
    service="acd",
    make="add",
    unmake="remove",
)
MEMBER_COLUMNS = ("display_name", "phone", "level", "position", "agent_id")
WAITING_COLUMNS = (
    "position",
    "caller_number",
    "caller_name",
    "waited_seconds",
    "estimated_wait_seconds",
    "priority",
    "entry_id",
)
CONTACT_COLUMNS = (
    "slug",
    "contacts",
    "transferred",
    "blind",
    "warm",
    "to_agent",
    "to_queue",
    "to_extension",
    "outside",
    "elsewhere",
    "put_back",
    "consulted",
    "held",
    "hold_seconds",
)
CALLBACK_COLUMNS = ("state", "number", "attempts", "not_before", "asked_at", "caller_name", "entry_id")

EntryId = Annotated[str, typer.Argument(help="entry_id of a callback")]
AgentName = Annotated[str, typer.Argument(help="id or name of the agent")]

queue = command(QUEUES)


@queue.command()
def agents(name: Name, tenant: TenantOption = None, limit: Limit = 200, as_json: AsJson = False) -> None:
    """Who serves a queue."""

    async def work(session: Session) -> list[dict[str, Any]]:
        found = await find(session, QUEUES, name, tenant)
        scope = await scope_of(session, QUEUES, tenant)
        return await session.items("acd", f"{QUEUES.path}/{found['id']}/agents", limit, **scope)

    show_items(talk(work), MEMBER_COLUMNS, as_json=as_json)


@queue.command()
def join(
    name: Name,
    agent: AgentName,
    level: Annotated[
        int, typer.Option(min=1, max=9, help="who is of level 2 is asked when none of level 1 is free")
    ] = 1,
    position: Annotated[int, typer.Option(min=0, max=10_000, help="place in the strategy top_down")] = 0,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Have an agent serve a queue."""

    async def work(session: Session) -> dict[str, Any]:
        path, scope = await _membership(session, name, agent, tenant)
        body = {"level": level, "position": position}
        put: dict[str, Any] = await session.client.request("acd", "PUT", path, body=body, query=scope)
        return put

    show_item(talk(work), as_json=as_json)


@queue.command()
def leave(name: Name, agent: AgentName, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Have an agent no longer serve a queue."""

    async def work(session: Session) -> None:
        path, scope = await _membership(session, name, agent, tenant)
        await session.client.request("acd", "DELETE", path, query=scope)

    talk(work)
    show_done(f"{agent} no longer serves {name}", as_json=as_json)


@queue.command()
def waiting(name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Who waits in a queue, next first."""

    async def work(session: Session) -> dict[str, Any]:
        found = await find(session, QUEUES, name, tenant)
        scope = await scope_of(session, QUEUES, tenant)
        shown: dict[str, Any] = await session.client.get("acd", f"{QUEUES.path}/{found['id']}/waiting", **scope)
        return shown

    shown = talk(work)
    if as_json:
        print_json(shown)
    else:
        show_items(shown["items"], WAITING_COLUMNS, as_json=False)


@queue.command()
def contacts(
    name: Annotated[str | None, typer.Argument(help="id or slug of a queue; none: of all")] = None,
    since: Annotated[str | None, typer.Option(help="ended at or after, ISO 8601; none: today")] = None,
    until: Annotated[str | None, typer.Option(help="ended before, ISO 8601; none: now")] = None,
    agent: Annotated[str | None, typer.Option(help="id or name of an agent; none: of all")] = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """What became of contacts: transfers, put back, consults, hold."""

    async def work(session: Session) -> Any:
        scope = await scope_of(session, QUEUES, tenant)
        if name is not None:
            scope["queue_id"] = (await find(session, QUEUES, name, tenant))["id"]
        if agent is not None:
            scope["agent_id"] = (await find(session, AGENTS, agent, tenant))["id"]
        query = {"since": since, "until": until, **scope}
        return await session.client.get("reporting", "/v1/queue-contacts", **query)

    found = talk(work)
    if as_json:
        print_json(found)
    else:
        show_items(found["items"], CONTACT_COLUMNS, as_json=False)


@queue.command()
def callbacks(
    name: Annotated[str | None, typer.Argument(help="id or slug of a queue; none: of all")] = None,
    state: Annotated[str, typer.Option(help="waiting, calling, kept, given_up, cancelled; empty: all")] = "waiting",
    tenant: TenantOption = None,
    limit: Limit = 200,
    as_json: AsJson = False,
) -> None:
    """Who hung up, keeps the place in line and is to be called back."""

    async def work(session: Session) -> list[dict[str, Any]]:
        scope = await scope_of(session, QUEUES, tenant)
        if name is not None:
            scope["queue_id"] = (await find(session, QUEUES, name, tenant))["id"]
        if state:
            scope["state"] = state
        return await session.items("acd", "/v1/callbacks", limit, **scope)

    found = talk(work)
    shown = found if as_json else [{**one, **one["callback"]} for one in found]
    show_items(shown, CALLBACK_COLUMNS, as_json=as_json)


@queue.command()
def cancel_callback(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Call somebody back no more."""
    _change_callback(entry_id, "cancel", None, tenant)
    show_done(f"{entry_id} is not called back", as_json=as_json)


@queue.command()
def move_callback(entry_id: EntryId, name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Have another queue's agents call somebody back; the time waited so far counts."""
    _change_callback(entry_id, "move", name, tenant)
    show_done(f"{entry_id} is called back by {name}", as_json=as_json)


def _change_callback(entry_id: str, verb: str, name: str | None, tenant: str | None) -> None:
    async def work(session: Session) -> None:
        scope = await scope_of(session, QUEUES, tenant)
        body = None if name is None else {"queue_id": (await find(session, QUEUES, name, tenant))["id"]}
        await session.client.request("acd", "POST", f"/v1/callbacks/{entry_id}/{verb}", body=body, query=scope)

    talk(work)


async def _membership(session: Session, name: str, agent: str, tenant: str | None) -> tuple[str, dict[str, Any]]:
    """The path of an agent's place in a queue, and the query that names the tenant."""
    queue_id = (await find(session, QUEUES, name, tenant))["id"]
    agent_id = (await find(session, AGENTS, agent, tenant))["id"]
    return f"{QUEUES.path}/{queue_id}/agents/{agent_id}", await scope_of(session, QUEUES, tenant)
