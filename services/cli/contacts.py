"""``seda contact``: callers who talk with agents, and what is done with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from services.cli.agents import AGENTS
from services.cli.output import show_done, show_item, show_items
from services.cli.queues import QUEUES
from services.cli.resources import find, scope_of
from services.cli.session import AsJson, Session, TenantOption, talk

CONTACT_COLUMNS = ("agent", "caller_number", "caller_name", "consult", "consult_state", "supervised", "entry_id")

EntryId = Annotated[str, typer.Argument(help="entry_id of a contact, as `seda contact list` shows it")]
ToDestination = Annotated[str | None, typer.Argument(help="such as extension:101, queue:sales, external:+9821...")]
ToAgent = Annotated[str | None, typer.Option("--agent", help="id or name of an agent who is available, instead")]

contact = typer.Typer(no_args_is_help=True, help="contacts of agents with callers")


@contact.command("list")
def list_(
    queue: Annotated[str | None, typer.Option(help="id or slug; none: of all queues")] = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Who talks with whom."""

    async def work(session: Session) -> tuple[list[dict[str, Any]], dict[str, str]]:
        scope = await scope_of(session, QUEUES, tenant)
        queue_id = None if queue is None else (await find(session, QUEUES, queue, tenant))["id"]
        floor = await session.client.get("acd", "/v1/floor", **scope)
        talking = [one for one in floor["talking"] if queue_id in (None, one["queue_id"])]
        agents = session.client.items("acd", AGENTS.path, **scope)
        return talking, {one["id"]: one["display_name"] async for one in agents}

    talking, names = talk(work)
    if not as_json:
        talking = [_row(one, names) for one in talking]
    show_items(talking, CONTACT_COLUMNS, as_json=as_json)


def _row(one: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A contact with the names of its agents, and who listens."""
    asked = one.get("consult") or ""
    if asked.startswith("agent:"):
        asked = names.get(asked.removeprefix("agent:"), asked)
    supervised = ", ".join(f"{who['mode']} {who['phone']}" for who in one.get("supervisors", ()))
    return {**one, "agent": names.get(one["agent_id"], one["agent_id"]), "consult": asked, "supervised": supervised}


@contact.command()
def transfer(
    entry_id: EntryId,
    destination: ToDestination = None,
    agent: ToAgent = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Pass a caller on to a destination, or to an agent."""
    _to_somebody(entry_id, "transfer", destination, agent, tenant, as_json=as_json)


@contact.command()
def put_back(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Let a caller wait in the queue again, in the old place."""
    _simply(entry_id, "put-back", tenant, as_json=as_json)


@contact.command()
def end(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """End a contact as if the agent hung up."""
    _simply(entry_id, "end", tenant, as_json=as_json)


@contact.command()
def consult(
    entry_id: EntryId,
    destination: ToDestination = None,
    agent: ToAgent = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Let the caller hear music, and the agent ask somebody; then complete, swap, conference or cancel."""
    _to_somebody(entry_id, "consult", destination, agent, tenant, as_json=as_json)


@contact.command()
def complete(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Connect the caller with whoever is asked; the agent is out."""
    _simply(entry_id, "consult/complete", tenant, as_json=as_json)


@contact.command()
def swap(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Let the agent talk with the other one of the two."""
    _simply(entry_id, "consult/swap", tenant, as_json=as_json)


@contact.command()
def conference(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Let caller, agent and whoever is asked hear each other."""
    _simply(entry_id, "consult/conference", tenant, as_json=as_json)


@contact.command()
def cancel(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Take the agent back to the caller; the call of whoever is asked ends."""
    _simply(entry_id, "consult/cancel", tenant, as_json=as_json)


@contact.command()
def supervise(
    entry_id: EntryId,
    mode: Annotated[
        Literal["listen", "whisper", "barge"],
        typer.Argument(help="nobody hears you, the agent does, or agent and caller do"),
    ],
    phone: Annotated[
        str | None, typer.Option(help="such as extension:102; none: your own phone, as the agent you are")
    ] = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Listen to a contact by your phone, which rings; again with another mode: change who hears you."""
    body = {"mode": mode} if phone is None else {"mode": mode, "phone": phone}
    show_item(talk(lambda session: _change(session, entry_id, "supervise", tenant, body)), as_json=as_json)


@contact.command()
def stop(entry_id: EntryId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Listen no more; agent and caller go on."""

    async def work(session: Session) -> None:
        scope = await scope_of(session, QUEUES, tenant)
        await session.client.request("acd", "DELETE", f"/v1/contacts/{entry_id}/supervise", query=scope)

    talk(work)
    show_done(f"you do not listen to {entry_id} any more", as_json=as_json)


def _simply(entry_id: str, what: str, tenant: str | None, *, as_json: bool) -> None:
    show_item(talk(lambda session: _change(session, entry_id, what, tenant)), as_json=as_json)


def _to_somebody(
    entry_id: str, what: str, destination: str | None, agent: str | None, tenant: str | None, *, as_json: bool
) -> None:
    if (destination is None) == (agent is None):
        raise typer.BadParameter("either a destination or --agent is needed")

    async def work(session: Session) -> dict[str, Any]:
        if agent is None:
            body = {"destination": destination}
        else:
            body = {"agent_id": (await find(session, AGENTS, agent, tenant))["id"]}
        return await _change(session, entry_id, what, tenant, body)

    show_item(talk(work), as_json=as_json)


async def _change(
    session: Session, entry_id: str, what: str, tenant: str | None, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    scope = await scope_of(session, QUEUES, tenant)
    changed: dict[str, Any] = await session.client.post("acd", f"/v1/contacts/{entry_id}/{what}", body, **scope)
    return changed
