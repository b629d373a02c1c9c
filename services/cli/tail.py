"""``seda tail``: events as they happen."""

from __future__ import annotations

import contextlib
import json
from typing import Annotated, Any

import typer

from services.cli.output import cell, console
from services.cli.session import AsJson, Session, TenantOption, talk

ABOUT = ("message_id", "occurred_at", "tenant_id", "type", "version", "node_id", "core_id")


def tail(
    only: Annotated[str | None, typer.Option(help="event names that begin so, such as call.")] = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Follow the tenant's events until Ctrl-C."""

    async def work(session: Session) -> None:
        query = {"tenant_id": await session.tenant_id(tenant), "only": only}
        async for event in session.client.events("reporting", "/v1/events", **query):
            show(event, as_json=as_json)

    with contextlib.suppress(KeyboardInterrupt):
        talk(work)


def show(event: dict[str, Any], *, as_json: bool) -> None:
    """One line per event."""
    if as_json:
        print(json.dumps(event, ensure_ascii=False), flush=True)
        return
    told = "  ".join(f"{name}={cell(value)}" for name, value in event.items() if name not in ABOUT)
    console.print(f"[dim]{event['occurred_at']}[/dim] [bold]{event['type']:<24}[/bold] {told}", soft_wrap=True)
