"""The demo tenant: two extensions with a phone each, and a call flow behind its public number."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.http.client import ApiClient, ApiProblem

ADMIN_EMAIL = "admin@seda.example"
SLUG = "demo"
DOMAIN = "demo.seda.example"
PEOPLE = (("101", "Sara Ahmadi"), ("102", "Omid Karimi"))
NUMBER = "+982191001000"
"""The demo tenant's public number, which its phones may dial too."""
FLOW = "welcome"
REPLICA_SECONDS = 10.0
_NOT_HERE_YET = frozenset({"extension_unknown", "flow_has_problems"})
"""What ivr says while it has not heard of an extension."""


@dataclass(frozen=True, slots=True)
class DemoPhone:
    """A phone of the demo tenant."""

    number: str
    name: str
    sip_username: str
    password: str
    domain: str = DOMAIN


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo tenant."""

    tenant_id: str
    phones: tuple[DemoPhone, ...]


async def prepare(client: ApiClient, password: str) -> Demo:
    """Make what is missing of the demo tenant; what is there stays as it is."""
    tenant = await _find(client, "/v1/tenants", q=SLUG)
    if tenant is None:
        tenant = await client.post(
            "directory",
            "/v1/tenants",
            {
                "slug": SLUG,
                "display_name": "Demo",
                "domain": DOMAIN,
                "country": "IR",
                "time_zone": "Asia/Tehran",
                "language": "en",
            },
        )
    tenant_id = tenant["id"]
    phones = [await _phone(client, tenant_id, number, name, password) for number, name in PEOPLE]
    return Demo(tenant_id, tuple(phones))


async def _phone(client: ApiClient, tenant_id: str, number: str, name: str, password: str) -> DemoPhone:
    extension = await _find(client, "/v1/extensions", tenant_id=tenant_id, number=number)
    if extension is None:
        extension = await client.post(
            "directory", "/v1/extensions", {"number": number, "display_name": name}, tenant_id=tenant_id
        )
    try:
        await client.post(
            "directory",
            f"/v1/extensions/{extension['id']}/devices",
            {"sip_username": number, "password": password},
            tenant_id=tenant_id,
        )
    except ApiProblem as problem:
        if problem.status != 409:
            raise
    return DemoPhone(number, name, number, password)


async def prepare_flow(client: ApiClient, tenant_id: str) -> None:
    """A mailbox for the first extension, whose first call sets its PIN, and a flow that the public number leads to."""
    if await _find(client, "/v1/mailboxes", "ivr", tenant_id=tenant_id, number=PEOPLE[0][0]) is None:
        box = {"number": PEOPLE[0][0]}
        await _once_known(lambda: client.post("ivr", "/v1/mailboxes", box, tenant_id=tenant_id))
    flow = await _find(client, "/v1/flows", "ivr", tenant_id=tenant_id)
    if flow is None:
        draft = json.loads(Path(__file__).with_name("welcome.json").read_text())
        body = {"slug": FLOW, "display_name": "Welcome", "draft": draft}
        flow = await client.post("ivr", "/v1/flows", body, tenant_id=tenant_id)
        made = {"revision": flow["revision"], "note": "the demo"}
        path = f"/v1/flows/{flow['id']}/publish"
        await _once_known(lambda: client.post("ivr", path, made, tenant_id=tenant_id))
    if await _find(client, "/v1/numbers", tenant_id=tenant_id) is None:
        number = {"e164": NUMBER, "destination": f"flow:{FLOW}", "display_name": "Welcome"}
        await client.post("directory", "/v1/numbers", number, tenant_id=tenant_id)


async def _once_known(ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask until ivr has heard of the extensions that were just made."""
    deadline = time.monotonic() + REPLICA_SECONDS
    while True:
        try:
            await ask()
        except ApiProblem as problem:
            if problem.code not in _NOT_HERE_YET or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _find(client: ApiClient, path: str, service: str = "directory", **query: Any) -> dict[str, Any] | None:
    page = await client.get(service, path, **query)
    return page["items"][0] if page["items"] else None
