from __future__ import annotations

import hashlib

from shared.contracts.directory import DeviceChanged, ExtensionChanged
from tests.integration.directory.world import problem
from tests.support.nats_server import until


def variables(user) -> dict[str, str]:
    return {one.get("name"): one.get("value") for one in user.findall(".//variable")}


async def test_a_new_phone_is_found_by_the_switch_at_once(directory):
    tenant, admin = await directory.tenant("acme", language="fa")
    extension, device = await directory.phone(admin, "101", display_name="Sara")
    user = await directory.look_up("101", "acme.example")
    a1 = hashlib.md5(f"101:acme.example:{device['password']}".encode(), usedforsecurity=False).hexdigest()
    assert user.get("id") == "101"
    assert user.find(".//param[@name='a1-hash']").get("value") == a1
    assert variables(user) == {
        "user_context": "seda",
        "seda_tenant_id": tenant["id"],
        "seda_extension_id": extension["id"],
        "seda_extension": "101",
        "seda_device_id": device["id"],
        "seda_language": "fa",
        "default_language": "fa",
        "effective_caller_id_name": "Sara",
        "effective_caller_id_number": "101",
    }


async def test_a_phone_is_told_to_the_bus_without_its_secret(directory):
    _, admin = await directory.tenant("acme")
    extension, device = await directory.phone(admin)
    await until(lambda: len(directory.told(ExtensionChanged, extension["id"])) == 2)
    first, second = directory.told(ExtensionChanged, extension["id"])
    assert (first.revision, first.devices) == (1, ())
    assert [one.sip_username for one in second.devices] == ["101"]
    (told,) = directory.told(DeviceChanged, device["id"])
    assert (told.domain, told.sip_username) == ("acme.example", "101")
    assert device["password"] not in str(directory.events)


async def test_what_is_disabled_is_not_found(directory):
    tenant, admin = await directory.tenant("acme")
    extension, device = await directory.phone(admin)
    for person, path in (
        (directory.platform, f"/v1/tenants/{tenant['id']}"),
        (admin, f"/v1/extensions/{extension['id']}"),
        (admin, f"/v1/devices/{device['id']}"),
    ):
        for enabled in (False, True):
            assert (await person.patch(path, {"enabled": enabled})).status_code == 200
            assert (await directory.look_up("101", "acme.example") is not None) is enabled


async def test_a_removed_extension_takes_its_devices_along(directory):
    _, admin = await directory.tenant("acme")
    extension, device = await directory.phone(admin)
    assert (await admin.delete(f"/v1/extensions/{extension['id']}")).status_code == 204
    assert await directory.look_up("101", "acme.example") is None
    problem(await admin.get(f"/v1/devices/{device['id']}"), 404, "not_found")
    await until(lambda: directory.told(DeviceChanged, device["id"])[-1].removed)
    assert directory.told(ExtensionChanged, extension["id"])[-1].removed
