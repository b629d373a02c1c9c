"""``seda queue move|front|prioritise|send``: what a supervisor does with somebody who waits."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.output import show_item
from services.cli.queues import QUEUES
from services.cli.resources import find, scope_of
from services.cli.session import AsJson, Session, TenantOption, talk

Caller = Annotated[str, typer.Argument(help="entry_id of the caller, as `seda queue waiting` shows it")]


def move(
    caller: Caller,
    to: Annotated[str, typer.Argument(help="id or slug of the other queue")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Let a caller wait in another queue; the time waited so far counts."""

    async def work(session: Session) -> dict[str, Any]:
        found = await find(session, QUEUES, to, tenant)
        return await _change(session, caller, "move", tenant, queue_id=found["id"])

    show_item(talk(work), as_json=as_json)


def front(caller: Caller, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Let a caller be the next."""
    show_item(talk(lambda session: _change(session, caller, "front", tenant)), as_json=as_json)


def prioritise(
    caller: Caller,
    priority: Annotated[int, typer.Argument(min=-100, max=100, help="one point is worth a minute of waiting")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Give a caller another priority."""
    changed = talk(lambda session: _change(session, caller, "prioritise", tenant, priority=priority))
    show_item(changed, as_json=as_json)


def send(
    caller: Caller,
    destination: Annotated[str, typer.Argument(help="such as voicemail:101; hangup:normal releases the caller")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Take a caller out of the line and send them somewhere."""
    changed = talk(lambda session: _change(session, caller, "send", tenant, destination=destination))
    show_item(changed, as_json=as_json)


STEERING = (move, front, prioritise, send)


async def _change(session: Session, caller: str, what: str, tenant: str | None, **body: Any) -> dict[str, Any]:
    scope = await scope_of(session, QUEUES, tenant)
    changed: dict[str, Any] = await session.client.post("acd", f"/v1/waiting/{caller}/{what}", body or None, **scope)
    return changed
