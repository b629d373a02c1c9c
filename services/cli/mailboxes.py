"""``seda mailbox``: voicemail boxes and what is in them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from services.cli.output import show_items
from services.cli.resources import Name, Resource, command, find
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

MAILBOXES = Resource(
    "mailbox",
    "/v1/mailboxes",
    ("number", "enabled", "new_messages", "saved_messages", "has_pin", "email"),
    "number",
    service="ivr",
    plural="mailboxes",
)
MESSAGE_COLUMNS = ("received_at", "state", "caller_number", "caller_name", "seconds", "id")

mailbox = command(MAILBOXES)


class State(StrEnum):
    """What became of a message."""

    new = "new"
    saved = "saved"
    deleted = "deleted"


@mailbox.command()
def messages(
    name: Name,
    state: Annotated[State | None, typer.Option(help="without: new and saved ones")] = None,
    tenant: TenantOption = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Messages in a box, the oldest first."""

    async def work(session: Session) -> list[dict[str, Any]]:
        box = await find(session, MAILBOXES, name, tenant)
        query = {"state": state.value if state else None, "tenant_id": await session.tenant_id(tenant)}
        return await session.items("ivr", f"{MAILBOXES.path}/{box['id']}/messages", limit, **query)

    show_items(talk(work), MESSAGE_COLUMNS, as_json=as_json)
