"""A real FreeSWITCH that asks routing's own code about a town of tests, and phones to call with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from freeswitch.phone import SipPhone
from services.routing.domain.config import Trunk
from services.routing.switch_dialplan import DialplanAnswers
from tests.support.fake_xml_curl import FakeXmlCurl
from tests.support.freeswitch_node import FreeSwitchNode
from tests.support.office import PASSWORD, Office, gateway
from tests.unit.routing.questions import answers_for
from tests.unit.routing.town import ACME, RIVAL, Town, id_of, trunk

PHONES = [(ACME, number) for number in ("101", "102", "102-1", "103", "104")] + [(RIVAL, "201"), (RIVAL, "102")]


class TownServices(FakeXmlCurl):
    """The directory faked, with the town's ids; the dialplan by routing itself."""

    answers: DialplanAnswers

    def _answer(self, form: dict[str, str]) -> str:
        if form.get("section") == "dialplan":
            document = self.answers(self.requests[-1].body.encode())
            assert isinstance(document, bytes)
            return document.decode()
        document = super()._answer(form)
        tenant = RIVAL if form.get("domain") == RIVAL.domain else ACME
        user = form.get("user", "")
        number = user.partition("-")[0]
        known = {
            f"ext-{user}": str(id_of(f"{tenant.slug}/{number}")),
            f"dev-{user}": str(id_of(f"{tenant.slug}/{user}")),
            self.tenant_id: str(tenant.id),
        }
        for name, value in known.items():
            document = document.replace(f'"{name}"', f'"{value}"')
        return document


@dataclass
class Switchboard:
    """What a test calls with. `town` is new for every test."""

    office: Office
    services: TownServices
    carriers: dict[str, SipPhone]
    town: Town = field(default_factory=Town)

    async def phone(self, number: str, tenant: Any = ACME, **options: Any) -> SipPhone:
        return await self.office.phone(number, domain=tenant.domain, **options)

    async def carrier_calls(self, number: str, name: str = "first", **options: Any) -> Any:
        """A call from outside."""
        phone = self.carriers[name]
        host, port = self.office.node.trunks
        return await phone.dial(f"sip:{number}@{host}:{port}", **options)

    async def refused_by(self, number: str, phone: SipPhone) -> int:
        """The SIP status that a dialled number is refused with."""
        call = await phone.dial(number)
        return (await call.ended()).status

    async def record(self, leg_id: str) -> dict[str, Any]:
        """The variables of an ended leg."""
        path = await self.office.record_of(leg_id)
        found: dict[str, Any] = json.loads(path.read_text())["variables"]
        return found

    def put_trunks(self, *trunks: Trunk) -> None:
        self.town.config.remove_trunk(id_of("carrier"))
        for one in trunks:
            self.town.config.put_trunk(one)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch_building(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Switchboard]:
    """One switch for a module, with two carriers and a trunk to nowhere."""
    services = TownServices()
    services.answers = answers_for(Town())
    await services.start()
    for tenant, user in PHONES:
        services.add_user(user, tenant.domain, password=PASSWORD)
    folder: Path = tmp_path_factory.mktemp("freeswitch")
    node = FreeSwitchNode(folder, directory_url=services.directory_url, routing_url=services.dialplan_url)
    carriers = {name: SipPhone(name, "", "carrier.example", node.trunks) for name in ("first", "second")}
    for carrier in carriers.values():
        await carrier.start()
    services.gateways_xml = "".join(gateway(str(id_of(name)), carrier.port) for name, carrier in carriers.items())
    services.gateways_xml = services.gateways_xml.replace('</domain><domain name="trunks">', "")
    try:
        await node.start()
        yield Switchboard(Office(node, services, carriers["first"]), services, carriers)
    finally:
        await node.kill()
        for carrier in carriers.values():
            await carrier.close()
        await services.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def board(switch_building: Switchboard) -> AsyncIterator[Switchboard]:
    """The switch without phones, calls or settings of earlier tests."""
    building = switch_building
    async with AsyncExitStack() as stack:
        office = Office(building.office.node, building.services, building.office.carrier, stack)
        board = Switchboard(office, building.services, building.carriers)
        board.put_trunks(trunk("first", None, "127.0.0.0/8", priority=1), trunk("second", None, priority=2))
        building.services.answers = answers_for(board.town)
        yield board
    await building.office.node.api("hupall")
    await building.office.legs(0)
    for carrier in building.carriers.values():
        carrier.forget_incoming()
    building.services.requests.clear()
