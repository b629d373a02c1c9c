"""The REST API of ivr."""

from __future__ import annotations

from fastapi import FastAPI

from services.ivr.api import (
    customer_import,
    customers,
    flows,
    mailbox_messages,
    mailboxes,
    prompts,
    publishing,
    results,
    tryout,
)
from services.ivr.api.context import Here
from services.ivr.api.mailboxes_context import MailboxesHere

__all__ = ["Here", "add_mailbox_routes", "add_routes"]


def add_routes(http: FastAPI, here: Here) -> None:
    """Serve the API; its routes work with ``here``."""
    http.state.here = here
    for part in (flows, publishing, tryout, prompts, customer_import, customers, results):
        http.include_router(part.router)


def add_mailbox_routes(http: FastAPI, here: MailboxesHere) -> None:
    """Serve the mailboxes' part of the API."""
    http.state.mailboxes = here
    for part in (mailboxes, mailbox_messages):
        http.include_router(part.router)
