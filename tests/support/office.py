"""An office to telephone in: a real FreeSWITCH, faked services, and as many phones as a test asks for.

The switch is shared by the tests of one module (`pytest.mark.asyncio(loop_scope="module")`); phones are not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from freeswitch.phone import IncomingCall, OutgoingCall, SipPhone
from tests.support.fake_xml_curl import FakeXmlCurl
from tests.support.freeswitch_node import FreeSwitchNode

DOMAIN = "demo.example"
OTHER_DOMAIN = "other.example"
PASSWORD = "correct horse"
TRUNK_ID = "trunk-1"


@dataclass
class Office:
    """What a test telephones with."""

    node: FreeSwitchNode
    services: FakeXmlCurl
    carrier: SipPhone
    """The far end of the trunk `trunk-1`."""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def phone(
        self,
        user: str,
        *,
        domain: str = DOMAIN,
        password: str = PASSWORD,
        registered: bool = True,
        proxy: tuple[str, int] | None = None,
        **options: Any,
    ) -> SipPhone:
        """A listening phone, registered unless told otherwise; closed when the test ends."""
        phone = SipPhone(user, password, domain, proxy or self.node.phones, **options)
        await self.stack.enter_async_context(phone)
        if registered:
            await phone.register()
        return phone

    async def connect(
        self, caller: SipPhone, callee: SipPhone, number: str | None = None, **options: Any
    ) -> tuple[OutgoingCall, IncomingCall]:
        """An answered call with media both ways."""
        call = await caller.dial(number or callee.user, **options)
        answer = await callee.incoming()
        answer.ring()
        await call.ringing()
        answer.answer()
        await call.answered()
        await self.hear_each_other(call, answer)
        return call, answer

    async def hear_each_other(self, *calls: OutgoingCall | IncomingCall) -> None:
        """Wait until each of the calls got ten more packets."""
        async with asyncio.timeout(10):
            for call in calls:
                await call.stream.heard(packets=call.rtp_received + 10)

    async def record_of(self, leg_id: str) -> Path:
        """The call record of that leg, once it is written; the path, because tests differ in what they read."""
        path = self.node.spool / f"{leg_id}.cdr.json"
        async with asyncio.timeout(10):
            while not (path.exists() and path.read_bytes().endswith(b"\n")):
                await asyncio.sleep(0.02)
        return path

    async def legs(self, expected: int) -> list[str]:
        """UUIDs of the channels the switch has, oldest first, once there are that many: `show channels` lags behind."""
        async with asyncio.timeout(10):
            while len(found := await self._channels()) != expected:
                await asyncio.sleep(0.02)
        return found

    async def _channels(self) -> list[str]:
        rows = (await self.node.api("show channels")).splitlines()
        return [row.split(",")[0] for row in rows[1:] if row.count(",") > 10]


def gateway(trunk_id: str, port: int) -> str:
    """What the directory answers to purpose=gateways: one trunk to a port of this machine."""
    params = {"proxy": f"127.0.0.1:{port}", "realm": "carrier.example", "username": "seda", "password": "-"}
    params |= {"register": "false", "caller-id-in-from": "true"}
    written = "".join(f'<param name="{name}" value="{value}"/>' for name, value in params.items())
    user = f'<user id="{trunk_id}"><gateways><gateway name="{trunk_id}">{written}</gateway></gateways></user>'
    return f'<domain name="trunks">{user}</domain>'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office_building(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """One switch and its services for a module."""
    services = FakeXmlCurl()
    await services.start()
    for user in ("101", "102", "103", "104"):
        services.add_user(user, DOMAIN, password=PASSWORD)
        services.add_user(user, OTHER_DOMAIN, password=PASSWORD)
    node = FreeSwitchNode(
        tmp_path_factory.mktemp("freeswitch"),
        directory_url=services.directory_url,
        routing_url=services.dialplan_url,
        env={"SEDA_EMERGENCY_TRUNK": TRUNK_ID, "SEDA_EMERGENCY_CALLER": "+982100000000"},
    )
    carrier = SipPhone("carrier", "", "carrier.example", node.trunks)
    await carrier.start()
    services.gateways_xml = gateway(TRUNK_ID, carrier.port)
    try:
        await node.start()
        yield Office(node, services, carrier)
    finally:
        await node.kill()  # an orderly stop takes 5 s, and nothing of it is looked at
        await carrier.close()
        await services.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def office(office_building: Office) -> AsyncIterator[Office]:
    """The office in its normal state, without phones or calls of earlier tests."""
    services = office_building.services
    services.dial, services.dial_status = None, "200 OK"
    services.dial_may_answer.set()
    services.cacheable_ms = None
    if not services.listening:
        await services.start()
    async with AsyncExitStack() as stack:
        yield Office(office_building.node, services, office_building.carrier, stack)
    await office_building.node.api("hupall")
    await office_building.node.api("xml_flush_cache")
    services.requests.clear()
