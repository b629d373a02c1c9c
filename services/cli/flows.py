"""``seda flow``: call flows, as files of JSON on this side and as drafts and versions on the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.output import console, print_json, show_done, show_item, show_items
from services.cli.resources import Resource, find
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

FLOWS = Resource(
    "flow",
    "/v1/flows",
    ("slug", "display_name", "published_version", "last_version", "updated_at"),
    "slug",
    service="ivr",
)
VERSION_COLUMNS = ("version", "published", "published_at", "published_by", "note")
PROBLEM_COLUMNS = ("severity", "node", "field", "code", "detail")
STEP_COLUMNS = ("flow", "node", "type", "pressed", "exit", "says")

FlowName = Annotated[str, typer.Argument(help="id or slug")]
JsonFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON (docs/flows.md)")]
Note = Annotated[str, typer.Option(help="why, for the list of versions")]
OfRevision = Annotated[int | None, typer.Option("--revision", help="only while the flow still has this one")]

flow = typer.Typer(no_args_is_help=True, help="call flows")


@flow.command("list")
def list_flows(tenant: TenantOption = None, limit: Limit = 200, as_json: AsJson = False) -> None:
    """Flows."""

    async def work(session: Session) -> list[dict[str, Any]]:
        return await session.items("ivr", FLOWS.path, limit, tenant_id=await session.tenant_id(tenant))

    show_items(talk(work), FLOWS.columns, as_json=as_json)


@flow.command()
def show(
    name: FlowName,
    draft: Annotated[bool, typer.Option("--draft", help="only the draft, as a file for `seda flow edit`")] = False,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """One flow with its draft."""
    found = talk(lambda session: _ask(session, name, tenant, "GET"))
    if draft:
        print_json(found["draft"])
    else:
        show_item(found, as_json=as_json)


@flow.command()
def create(
    slug: Annotated[str, typer.Argument(help="short name: small letters, digits, hyphens")],
    file: JsonFile,
    display_name: Annotated[str, typer.Option(help="what people call it")] = "",
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """A new flow from a file. Calls come to it once it is published."""
    body = {"slug": slug, "display_name": display_name, "draft": read_json(file)}

    async def work(session: Session) -> Any:
        return await session.client.post("ivr", FLOWS.path, body, tenant_id=await session.tenant_id(tenant))

    _show_flow(talk(work), as_json=as_json)


@flow.command()
def edit(
    name: FlowName,
    file: JsonFile,
    revision: OfRevision = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a file the draft. Calls go on through the published version."""
    body = {"draft": read_json(file)} | ({} if revision is None else {"revision": revision})
    _show_flow(talk(lambda session: _ask(session, name, tenant, "PATCH", body=body)), as_json=as_json)


@flow.command()
def delete(name: FlowName, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Remove a flow with its versions."""
    talk(lambda session: _ask(session, name, tenant, "DELETE"))
    show_done(f"flow {name} removed", as_json=as_json)


@flow.command()
def problems(name: FlowName, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """What is wrong with the draft, by node; status 1 when it cannot be published."""
    found = talk(lambda session: _ask(session, name, tenant, "GET", "/problems"))
    if as_json:
        print_json(found)
    else:
        show_items(found["problems"], PROBLEM_COLUMNS, as_json=False)
    if not found["publishable"]:
        raise typer.Exit(1)


@flow.command()
def publish(
    name: FlowName,
    note: Note = "",
    revision: OfRevision = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Let new calls go through the draft."""

    async def work(session: Session) -> Any:
        found = await find(session, FLOWS, name, tenant)
        body = {"revision": revision or found["revision"], "note": note}
        path = f"{FLOWS.path}/{found['id']}/publish"
        return await session.client.post("ivr", path, body, tenant_id=await session.tenant_id(tenant))

    _show_flow(talk(work), as_json=as_json)


@flow.command("roll-back")
def roll_back(
    name: FlowName,
    version: Annotated[int, typer.Argument(min=1, help="the version that new calls are to go through again")],
    note: Note = "",
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Let new calls go through an earlier version; the draft stays."""
    body = {"version": version, "note": note}
    _show_flow(talk(lambda session: _ask(session, name, tenant, "POST", "/roll-back", body=body)), as_json=as_json)


@flow.command()
def unpublish(name: FlowName, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Let no new call come to a flow."""
    _show_flow(talk(lambda session: _ask(session, name, tenant, "POST", "/unpublish")), as_json=as_json)


@flow.command()
def versions(name: FlowName, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Every version that was ever published, the newest first."""
    found = talk(lambda session: _ask(session, name, tenant, "GET", "/versions"))
    show_items(found["items"], VERSION_COLUMNS, as_json=as_json)


@flow.command("try")
def try_(
    name: FlowName,
    keys: Annotated[
        list[str] | None, typer.Argument(help="what is pressed, a word per question; '' is nothing", show_default=False)
    ] = None,
    at: Annotated[str | None, typer.Option(help="when, such as 2027-03-21T10:00+03:30; without: now")] = None,
    caller: Annotated[str, typer.Option(help="the caller's number")] = "",
    called: Annotated[str, typer.Option(help="the number called")] = "",
    language: Annotated[str | None, typer.Option(help="en, fa or ar; without: the flow's first")] = None,
    answers: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON: node -> what the world answers there (docs/flows.md)"),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="without: the draft")] = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Go through a flow without a call."""
    wanted = {"at": at, "language": language, "version": version, "answers": read_json(answers) if answers else None}
    body = {"keys": keys or [], "caller_number": caller, "called_number": called}
    body |= {field: value for field, value in wanted.items() if value is not None}
    way = talk(lambda session: _ask(session, name, tenant, "POST", "/try", body=body))
    if as_json:
        print_json(way)
        return
    show_items(way["steps"], STEP_COLUMNS, as_json=False)
    console.print(ending(way), markup=False)


def ending(way: dict[str, Any]) -> str:
    """How a trial ended, in words."""
    words = str(way["ends"]).replace("_", " ")
    return " ".join(filter(None, (words, way.get("destination") or way.get("cause"))))


def read_json(file: Path) -> Any:
    """What stands in a file.

    Raises:
        typer.BadParameter: it is no JSON.
    """
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}") from error


async def _ask(
    session: Session, name: str, tenant: str | None, method: str, what: str = "", *, body: Any = None
) -> Any:
    found = await find(session, FLOWS, name, tenant)
    query = {"tenant_id": await session.tenant_id(tenant)}
    return await session.client.request("ivr", method, f"{FLOWS.path}/{found['id']}{what}", body=body, query=query)


def _show_flow(flow: dict[str, Any], *, as_json: bool) -> None:
    """Without what stands in it, which a person has in the file; programs get all of it."""
    show_item(flow if as_json else {name: value for name, value in flow.items() if name != "draft"}, as_json=as_json)
