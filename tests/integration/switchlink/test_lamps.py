"""Message-waiting lamps on real phones: the NOTIFY that FreeSWITCH makes of what switchlink tells it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.directory import DeviceSummary, ExtensionChanged, TenantChanged
from shared.contracts.ivr import MailboxChanged
from tests.contract.switch.bench import SwitchUnderTest
from tests.contract.switch.drivers import DOMAIN
from tests.integration.switchlink.conftest import TENANT, Link

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.freeswitch]

BOX = UUID(int=77)


@pytest.fixture
def switch(freeswitch: SwitchUnderTest) -> SwitchUnderTest:
    """The real one: a simulated phone has no lamp."""
    return freeswitch


def company() -> list[Any]:
    state = {"slug": "acme", "display_name": "Acme", "domain": DOMAIN, "country": "IR", "time_zone": "UTC"}
    devices = (DeviceSummary(id=UUID(int=5), sip_username="101"), DeviceSummary(id=UUID(int=6), sip_username="102"))
    extension = {"number": "101", "display_name": "Sara", "call_class": "national", "devices": devices}
    return [
        TenantChanged(id=TENANT, tenant_id=TENANT, revision=1, **state),
        ExtensionChanged(id=UUID(int=4), tenant_id=TENANT, revision=1, **extension),
    ]


def box(revision: int, new: int, saved: int) -> MailboxChanged:
    counts = {"new_messages": new, "saved_messages": saved}
    return MailboxChanged(id=BOX, tenant_id=TENANT, revision=revision, number="101", **counts)


async def shows(phone: Any, new: int, saved: int) -> None:
    """Wait until the phone's lamp shows that."""
    while True:
        told = await phone._phone.message_summary()
        assert told.account == f"sip:{phone._phone.user}@{DOMAIN}"
        if (told.waiting, told.new, told.old) == (new > 0, new, saved):
            return


async def test_lamp_follows_the_mailbox_on_every_phone_of_the_extension(link: Link):
    desk, mobile = await link.switch.driver.phone("101"), await link.switch.driver.phone("102")
    await link.bus.publish_many(company())
    for phone in (desk, mobile):
        assert await phone.register() == 200
    await link.hears("device.registered", sip_username="102")
    for revision, (new, saved) in enumerate([(1, 0), (2, 0), (0, 2), (0, 0)], start=1):
        await link.bus.publish(box(revision, new, saved))
        for phone in (desk, mobile):
            await shows(phone, new, saved)


async def test_phone_that_registers_anew_is_told_at_once(link: Link):
    await link.bus.publish_many([*company(), box(10, 3, 1)])
    phone = await link.switch.driver.phone("101")
    assert await phone.register() == 200
    await shows(phone, 3, 1)
    assert await phone.register() == 200
    await shows(phone, 3, 1)


async def test_phones_of_others_are_told_nothing(link: Link):
    other = await link.switch.driver.phone("104")
    await link.bus.publish_many(company())
    assert await other.register() == 200
    await link.hears("device.registered", sip_username="104")
    mine = await link.switch.driver.phone("101")
    assert await mine.register() == 200
    await link.bus.publish(box(20, 5, 0))
    await shows(mine, 5, 0)
    assert other._phone._summaries.empty()
