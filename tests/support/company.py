"""A tenant of a running platform with phones of its own: made for one test, so no test sees another's calls.

Its phones are those of the contract suite (`tests/contract/switch/drivers.py`): real SIP phones on FreeSWITCH, the
simulator's own far ends otherwise, with one interface.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio

from deploy.local.switch import Raw, api
from freeswitch.phone import SipPhone
from shared.http.client import ApiProblem
from tests.contract.switch.drivers import Call, Phone, RealPhone, SimulatedCarrier, SimulatedPhone
from tests.support.platform import LivePlatform
from tests.support.waiting import eventually

PASSWORD = "correct-horse-battery"
CARRIER_CALLER = "+982122223333"
PATIENCE_SECONDS = 30.0
"""For conditions on a busy machine; what the product promises is measured apart."""
FORWARDED_AFTER: dict[str, tuple[str, ...]] = {
    "always": (),
    "no_answer": ("NO_ANSWER",),
    "unreachable": ("USER_NOT_REGISTERED",),
}
"""How ringing ends before calls are forwarded."""

_lines = itertools.count(secrets.randbelow(9000) * 100)


def action_of(destination: str) -> str:
    """Of the step by which a call comes to a queue, a flow or a mailbox that routing has heard of."""
    return "joinqueue" if destination.startswith("queue:") else "runprogram"


class Company:
    """One tenant.

    Args:
        platform: where it lives.
        stack: ends its phones.
        country: decides how national numbers are read.
    """

    def __init__(self, platform: LivePlatform, stack: AsyncExitStack, country: str = "IR") -> None:
        self.platform = platform
        self.client = platform.client
        self.slug = f"t{secrets.token_hex(4)}"
        self.domain = f"{self.slug}.example"
        self.country = country
        self.tenant_id = ""
        self.extensions: dict[str, dict[str, Any]] = {}
        self._stack = stack

    async def open(self, **fields: Any) -> None:
        """Make the tenant."""
        body = {"slug": self.slug, "display_name": self.slug, "domain": self.domain, "country": self.country}
        made = await self.client.post("directory", "/v1/tenants", {**body, "time_zone": "Asia/Tehran", **fields})
        self.tenant_id = made["id"]

    # what it has

    async def extension(self, number: str, *, device: bool = True, **fields: Any) -> dict[str, Any]:
        """An extension with one device (its password is `PASSWORD`), known to routing."""
        body = {"number": number, "display_name": f"Extension {number}", **fields}
        made = await self.post("directory", "/v1/extensions", body)
        if device:
            path = f"/v1/extensions/{made['id']}/devices"
            made["device"] = await self.post("directory", path, {"sip_username": number, "password": PASSWORD})
        self.extensions[number] = made
        await self.routing_knows(number, devices=int(device))
        return dict(made)

    async def routing_knows(self, number: str, *, devices: int = 1) -> None:
        """Wait until routing has heard of an extension with so many devices."""

        async def look() -> bool:
            try:
                tried = await self.try_route(number, number)
            except ApiProblem as problem:
                if problem.status in (404, 422):
                    return False
                raise
            return devices == 0 or tried["steps"][0]["action"] == "ring"

        await eventually(look, timeout=PATIENCE_SECONDS)

    async def try_route(self, caller: str | None, number: str, *then: str) -> dict[str, Any]:
        """What routing would do; `then`: how each step ends."""
        body = {"to": number, "then": then, **({"from_extension": caller} if caller else {})}
        return dict(await self.post("routing", "/v1/routes/try", body))

    async def number(self, destination: str) -> str:
        """A public number of the tenant whose calls go to `destination`, known to routing."""
        e164 = f"+9821{next(_lines) % 10_000_000 + 40_000_000}"
        await self.post("directory", "/v1/numbers", {"e164": e164, "destination": destination})

        async def known() -> bool:
            try:
                await self.try_route(None, e164)
            except ApiProblem:
                return False
            return True

        await eventually(known, timeout=PATIENCE_SECONDS)
        return e164

    async def trunk(self, proxy: str = "127.0.0.1:9", **fields: Any) -> str:
        """A trunk of the tenant's own by source address, loaded as a gateway by the switch."""
        body = {"display_name": "Carrier", "kind": "ip", "proxy": proxy, "source_addresses": ["127.0.0.1/32"]}
        made = await self.post("directory", "/v1/trunks", {**body, **fields})

        async def loaded() -> bool:
            return "NOREG" in await self.switch_api(f"sofia status gateway {made['id']}")

        await eventually(loaded, timeout=PATIENCE_SECONDS)
        return str(made["id"])

    # its phones

    async def phone(self, number: str, *, registered: bool = True, display: str = "", **fields: Any) -> Phone:
        """The phone of an extension, which is made when there is none."""
        if number not in self.extensions:
            await self.extension(number, **fields)
        phone = await self._phone(number, display)
        if registered:
            assert await phone.register() == 200
        return phone

    async def device(self, username: str) -> Phone:
        """The registered phone of a device that was made apart; its password is `PASSWORD`."""
        phone = await self._phone(username, "")
        assert await phone.register() == 200
        return phone

    async def _phone(self, number: str, display: str) -> Phone:
        if self.platform.real:
            return RealPhone(await self.sip_phone(number, registered=False, display=display))
        identity = {"user": number, "domain": self.domain, "password": PASSWORD, "display": display}
        return SimulatedPhone(self._sim, identity)

    async def sip_phone(self, user: str, *, registered: bool = True, **options: Any) -> SipPhone:
        """A real SIP phone, for what only real SIP can show."""
        password, domain = options.pop("password", PASSWORD), options.pop("domain", self.domain)
        phone = SipPhone(user, password, domain, options.pop("proxy", self.platform.sip), **options)
        await self._stack.enter_async_context(phone)
        if registered:
            await phone.register()
        return phone

    async def carrier(self, **fields: Any) -> tuple[str, Phone]:
        """A trunk and the carrier behind it."""
        if not self.platform.real:
            trunk = await self.trunk(**fields)
            return trunk, SimulatedCarrier(self._sim, trunk, CARRIER_CALLER)
        sip = await self.sip_phone(
            CARRIER_CALLER, domain="carrier.example", registered=False, proxy=self.platform.trunk_sip
        )
        return await self.trunk(f"127.0.0.1:{sip.port}", **fields), RealPhone(sip)

    async def connect(self, caller: Phone, callee: Phone, number: str) -> tuple[Call, Call]:
        """An answered call."""
        call = await caller.dial(number)
        answer = await callee.incoming()
        await answer.ring()
        await call.ringing()
        await answer.answer()
        await call.answered()
        await self.hear_each_other(call, answer)
        return call, answer

    async def hear_each_other(self, *calls: Call) -> None:
        """Wait until each gets more of the other's voice. A simulated phone hears as soon as it is answered."""
        if self.platform.real:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for call in calls:
                    stream = call._call.stream  # type: ignore[attr-defined]
                    await stream.heard(packets=stream.counters.received + 10)

    # what is known of its calls

    async def records(self, **query: Any) -> list[dict[str, Any]]:
        """Its call records, newest first."""
        return await self.platform.records(tenant_id=self.tenant_id, **query)

    async def record(self, *, legs: int, calls: int = 1) -> dict[str, Any]:
        """The newest record, with its legs, once there are so many calls and the newest has so many legs."""

        async def look() -> list[dict[str, Any]]:
            return await self.records()

        def whole(found: list[dict[str, Any]]) -> bool:
            return len(found) >= calls and found[0]["leg_count"] >= legs

        found = await eventually(look, whole, timeout=PATIENCE_SECONDS)
        assert len(found) == calls, found
        path = f"/v1/call-records/{found[0]['call_id']}"
        record: dict[str, Any] = await self.client.get("reporting", path, tenant_id=self.tenant_id)
        assert len(record["legs"]) == record["leg_count"] == legs, record
        return record

    async def live(self) -> list[dict[str, Any]]:
        """Its calls that are up."""
        view = await self.client.get("routing", "/v1/calls", tenant_id=self.tenant_id)
        return list(view["items"])

    # asking

    async def post(self, service: str, path: str, body: Any = None) -> Any:
        """POST for this tenant."""
        return await self.client.post(service, path, body, tenant_id=self.tenant_id)

    async def change(self, service: str, method: str, path: str, body: Any = None) -> Any:
        """PATCH, PUT or DELETE for this tenant."""
        return await self.client.request(service, method, path, body=body, query={"tenant_id": self.tenant_id})

    async def forwarding(self, number: str, **fields: Any) -> None:
        """Set an extension's forwarding to queues or mailboxes, and wait until calls go there."""
        path = f"/v1/extensions/{self.extensions[number]['id']}/forwarding"
        await self.change("routing", "PATCH", path, fields)
        caller = next((other for other in self.extensions if other != number), number)
        for when, destination in fields.items():
            then = FORWARDED_AFTER[when]

            async def leads_there(then: tuple[str, ...] = then, to: str = destination) -> bool:
                steps = (await self.try_route(caller, number, *then))["steps"]
                return len(steps) > len(then) and steps[-1]["action"] == action_of(to)

            await eventually(leads_there, timeout=PATIENCE_SECONDS)

    async def switch_api(self, command: str) -> str:
        """What the switch answers to a command."""
        return await api(self.platform.settings, self.platform.secrets, Raw(command), 30.0)

    async def _sim(self, verb: str, **given: Any) -> Any:
        answer = await self.switch_api(f"sim {verb} {json.dumps(given)}")
        assert not answer.startswith("-ERR"), f"sim {verb} {given}: {answer}"
        return json.loads(answer)


@pytest_asyncio.fixture(loop_scope="session")
async def company(live_platform: LivePlatform) -> AsyncIterator[Company]:
    """A new tenant, on each of the switches in turn."""
    async with AsyncExitStack() as stack:
        opened = Company(live_platform, stack)
        await opened.open()
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def real_company(real_platform: LivePlatform) -> AsyncIterator[Company]:
    """A new tenant on a real FreeSWITCH."""
    async with AsyncExitStack() as stack:
        opened = Company(real_platform, stack)
        await opened.open()
        yield opened


__all__ = ["PASSWORD", "PATIENCE_SECONDS", "Company", "company", "real_company"]
