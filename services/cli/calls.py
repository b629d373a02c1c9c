"""``seda call``, ``seda record`` and ``seda node``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer
from typer.core import TyperGroup

from services.cli.output import show_done, show_item, show_items
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

LIVE_COLUMNS = ("call_id", "direction", "caller_number", "called_number", "answered_at", "legs")
RECORD_COLUMNS = (
    "started_at",
    "caller_number",
    "called_number",
    "answered_by",
    "talk_seconds",
    "cause_text",
    "call_id",
)
NODE_COLUMNS = ("node_id", "state", "sessions", "max_sessions", "registrations", "spooled_records", "switch_version")

CallId = Annotated[str, typer.Argument(help="the call's id")]
NodeId = Annotated[str, typer.Argument(help="the node's id")]


class Recording(StrEnum):
    """What to do with a recording."""

    start = "start"
    stop = "stop"
    mask = "mask"
    unmask = "unmask"


class PlaceByDefault(TyperGroup):
    """``seda call 101 102`` is ``seda call place 101 102``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["place", *args]
        return super().parse_args(ctx, args)


call = typer.Typer(cls=PlaceByDefault, no_args_is_help=True, help="calls that are up: `seda call 101 102` places one")
record = typer.Typer(no_args_is_help=True, help="call records")
node = typer.Typer(no_args_is_help=True, help="FreeSWITCH nodes")


@call.command()
def place(
    caller: Annotated[str, typer.Argument(help="extension whose phones ring first")],
    callee: Annotated[str, typer.Argument(help="extension or number that is called when it answers")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Call CALLER, and connect to CALLEE when answered."""

    async def work(session: Session) -> Any:
        body = {"from_extension": caller, "to": callee}
        return await session.client.post("routing", "/v1/calls", body, tenant_id=await session.tenant_id(tenant))

    show_item(talk(work), as_json=as_json)


@call.command("list")
def list_calls(tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Calls that are up now."""

    async def work(session: Session) -> Any:
        return await session.client.get("routing", "/v1/calls", tenant_id=await session.tenant_id(tenant))

    calls = talk(work)["items"]
    show_items(calls if as_json else [summary(one) for one in calls], LIVE_COLUMNS, as_json=as_json)


def summary(live: dict[str, Any]) -> dict[str, Any]:
    """A live call in one row: what its first leg tells, and how many legs it has.

    Where a program placed the call, the first leg is the caller's own phone: who is called stands on the second.
    """
    first = next((leg for leg in live["legs"] if leg["leg_id"] == live["call_id"]), live["legs"][0])
    called = [leg["called_number"] for leg in live["legs"] if leg is not first and first["leg_direction"] == "outbound"]
    told = {"caller_number": first["called_number"], "called_number": called[0]} if called else {}
    return {**first, **told, "direction": live["direction"], "legs": len(live["legs"])}


@call.command("hangup")
def hang_up(call_id: CallId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """End a call."""
    _steer(call_id, "DELETE", "", None, tenant, as_json=as_json)


@call.command()
def transfer(
    call_id: CallId,
    to: Annotated[str, typer.Argument(help="extension or number")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Send a call elsewhere (blind transfer)."""
    _steer(call_id, "POST", "/transfer", {"to": to}, tenant, as_json=as_json)


@call.command()
def hold(call_id: CallId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Put a call on hold."""
    _steer(call_id, "POST", "/hold", None, tenant, as_json=as_json)


@call.command()
def unhold(call_id: CallId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Take a call back from hold."""
    _steer(call_id, "POST", "/unhold", None, tenant, as_json=as_json)


@call.command()
def recording(call_id: CallId, action: Recording, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Start, stop, mask (silence) or unmask the recording of a call."""
    _steer(call_id, "POST", "/recording", {"action": action.value}, tenant, as_json=as_json)


def _steer(call_id: str, method: str, what: str, body: Any, tenant: str | None, *, as_json: bool) -> None:
    async def work(session: Session) -> None:
        query = {"tenant_id": await session.tenant_id(tenant)}
        path = f"/v1/calls/{quote(call_id, safe='')}{what}"
        await session.client.request("routing", method, path, body=body, query=query)

    talk(work)
    show_done("done", as_json=as_json)


@record.command("list")
def list_records(
    number: Annotated[str | None, typer.Option(help="caller, called or answering number")] = None,
    extension: Annotated[str | None, typer.Option(help="extension that took part")] = None,
    since: Annotated[str | None, typer.Option(help="started at or after, ISO 8601")] = None,
    until: Annotated[str | None, typer.Option(help="started before, ISO 8601")] = None,
    language: Annotated[str, typer.Option(help="en, fa or ar")] = "en",
    tenant: TenantOption = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Call records, newest first."""

    async def work(session: Session) -> list[dict[str, Any]]:
        query = {"number": number, "extension": extension, "since": since, "until": until, "language": language}
        tenant_id = await session.tenant_id(tenant)
        return await session.items("reporting", "/v1/call-records", limit, tenant_id=tenant_id, **query)

    show_items(talk(work), RECORD_COLUMNS, as_json=as_json)


@record.command("show")
def show_record(call_id: CallId, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """One call with its legs."""

    async def work(session: Session) -> Any:
        tenant_id = await session.tenant_id(tenant)
        return await session.client.get("reporting", f"/v1/call-records/{quote(call_id, safe='')}", tenant_id=tenant_id)

    show_item(talk(work), as_json=as_json)


@node.command("list")
def list_nodes(as_json: AsJson = False) -> None:
    """FreeSWITCH nodes with their state and load."""
    answer = talk(lambda session: session.client.get("routing", "/v1/nodes"))
    show_items(answer["items"], NODE_COLUMNS, as_json=as_json)


@node.command("show")
def show_node(node_id: NodeId, as_json: AsJson = False) -> None:
    """One node."""
    path = f"/v1/nodes/{quote(node_id, safe='')}"
    show_item(talk(lambda session: session.client.get("routing", path)), as_json=as_json)


@node.command()
def drain(node_id: NodeId, as_json: AsJson = False) -> None:
    """Let a node take no new calls; those that are up go on."""
    _tell_node(node_id, "drain")
    show_done("draining", as_json=as_json)


@node.command()
def undrain(node_id: NodeId, as_json: AsJson = False) -> None:
    """Let a node take calls again."""
    _tell_node(node_id, "undrain")
    show_done("takes calls again", as_json=as_json)


def _tell_node(node_id: str, what: str) -> None:
    path = f"/v1/nodes/{quote(node_id, safe='')}/{what}"
    talk(lambda session: session.client.post("routing", path))
