"""Extensions, devices, numbers, trunks, tenants: what is special about each."""

from __future__ import annotations

import hashlib
from xml.etree import ElementTree

from shared.contracts.directory import DeviceChanged, TrunkChanged
from tests.integration.directory.world import problem
from tests.support.nats_server import until


def a1(username: str, domain: str, password: str) -> str:
    return hashlib.md5(f"{username}:{domain}:{password}".encode(), usedforsecurity=False).hexdigest()


async def hash_of(directory, user: str, domain: str = "acme.example") -> str | None:
    found = await directory.look_up(user, domain)
    return None if found is None else found.find(".//param[@name='a1-hash']").get("value")


async def test_several_devices_of_an_extension(directory):
    _, admin = await directory.tenant("acme")
    extension, first = await directory.phone(admin)
    path = f"/v1/extensions/{extension['id']}/devices"
    second = await admin.made(path, {"display_name": "Laptop"})
    third = await admin.made(path, {"sip_username": "sara.mobile", "password": "kettle-Garden-42"})
    assert [first["sip_username"], second["sip_username"], third["sip_username"]] == ["101", "101-2", "sara.mobile"]
    assert third["password"] is None
    assert await hash_of(directory, "sara.mobile") == a1("sara.mobile", "acme.example", "kettle-Garden-42")
    shown = (await admin.get(f"/v1/extensions/{extension['id']}")).json()
    assert [one["sip_username"] for one in shown["devices"]] == ["101", "101-2", "sara.mobile"]
    assert "a1_hash" not in str(shown)
    for taken in ("101", "SARA.mobile"):
        problem(await admin.post(path, {"sip_username": taken}), 409, "sip_username_taken", "sip_username")
    for weak in ("short", "sara.mobile2-2026", "aaaaaaaaaaaaaaaa"):
        problem(await admin.post(path, {"sip_username": "sara.mobile2", "password": weak}), 422, "weak_password")


async def test_a_renamed_device_gets_a_new_password(directory):
    _, admin = await directory.tenant("acme")
    _, device = await directory.phone(admin)
    path = f"/v1/devices/{device['id']}"
    renamed = (await admin.patch(path, {"sip_username": "desk"})).json()
    assert await hash_of(directory, "desk") == a1("desk", "acme.example", renamed["password"])
    assert await hash_of(directory, "101") is None
    await until(lambda: len(directory.told(DeviceChanged, device["id"])) == 2)
    assert directory.told(DeviceChanged, device["id"])[-1].previous_sip_username == "101"
    given = (await admin.patch(path, {"sip_username": "desk2", "password": "kettle-Garden-42"})).json()
    assert given["password"] is None
    assert await hash_of(directory, "desk2") == a1("desk2", "acme.example", "kettle-Garden-42")
    fresh = (await admin.post(f"{path}/password")).json()
    assert await hash_of(directory, "desk2") == a1("desk2", "acme.example", fresh["password"])


async def test_a_duplicate_extension_is_refused(directory):
    _, admin = await directory.tenant("acme")
    for number in ("101", "102"):
        made = await admin.made("/v1/extensions", {"number": number, "display_name": "A"})
    body = {"number": "۱۰۱", "display_name": "same number in Persian digits"}
    problem(await admin.post("/v1/extensions", body), 409, "extension_number_taken", "number")
    problem(await admin.patch(f"/v1/extensions/{made['id']}", {"number": "101"}), 409, "extension_number_taken")


async def test_a_number_shown_by_an_extension_cannot_go(directory):
    _, admin = await directory.tenant("acme")
    number = await admin.made("/v1/numbers", {"e164": "+982112345678"})
    body = {"number": "101", "display_name": "A", "outbound_caller_id": "+982112345678"}
    extension = await admin.made("/v1/extensions", body)
    problem(await admin.delete(f"/v1/numbers/{number['id']}"), 409, "number_in_use", "e164")
    path = f"/v1/extensions/{extension['id']}"
    problem(await admin.patch(path, {"outbound_caller_id": "+982112345679"}), 422, "caller_id_not_owned")
    assert (await admin.patch(path, {"outbound_caller_id": None})).json()["outbound_caller_id"] is None
    assert (await admin.delete(f"/v1/numbers/{number['id']}")).status_code == 204


async def test_a_numbers_destination(directory):
    _, admin = await directory.tenant("acme")
    number = await admin.made("/v1/numbers", {"e164": "+982112345678", "destination": "ring-group:sales"})
    assert number["destination"] == "ring-group:sales"
    path = f"/v1/numbers/{number['id']}"
    assert (await admin.patch(path, {"destination": None})).json()["destination"] is None
    for wrong in ("sales", "extension:abc", "external:112", "extension:101\n"):
        problem(await admin.patch(path, {"destination": wrong}), 422, "invalid", "destination")
    found = (await admin.get("/v1/numbers", number="+982112345678")).json()["items"]
    assert [one["id"] for one in found] == [number["id"]]


TRUNK = {
    "display_name": "Carrier",
    "kind": "registration",
    "proxy": "sip.carrier.example:5080",
    "username": "acme",
    "secret": "s3cret&<>'$x",
    "codecs": ["PCMA", "PCMU"],
    "prefixes": ["98", ""],
    "max_calls": 30,
}


async def gateways(directory):
    answer = await directory.ask_switch({"section": "directory", "purpose": "gateways", "profile": "trunks"})
    root = ElementTree.fromstring(answer.content)  # noqa: S314 -- our own document
    return {
        one.get("name"): {param.get("name"): param.get("value") for param in one.findall("param")}
        for one in root.iter("gateway")
    }


async def test_a_trunk_becomes_a_gateway_with_its_secret_that_nobody_else_sees(directory):
    tenant, admin = await directory.tenant("acme")
    trunk = await admin.made("/v1/trunks", TRUNK)
    assert trunk["has_secret"]
    shown = (await admin.get(f"/v1/trunks/{trunk['id']}")).json()
    assert "secret" not in {name for name in shown if name != "has_secret"}
    gateway = (await gateways(directory))[trunk["id"]]
    assert gateway["password"] == TRUNK["secret"]
    assert gateway["register"] == "true"
    assert (gateway["proxy"], gateway["username"]) == ("sip.carrier.example:5080", "acme")
    await until(lambda: directory.told(TrunkChanged, trunk["id"]))
    told, *_ = directory.told(TrunkChanged, trunk["id"])  # at least once
    assert TRUNK["secret"] not in told.encode().decode()
    assert str(told.tenant_id) == tenant["id"]
    path = f"/v1/trunks/{trunk['id']}"
    assert (await admin.patch(path, {"secret": "new-secret"})).status_code == 200
    assert (await gateways(directory))[trunk["id"]]["password"] == "new-secret"
    await admin.patch(path, {"enabled": False})
    assert await gateways(directory) == {}


async def test_trunks_of_the_platform_are_the_platforms_own(directory):
    _, admin = await directory.tenant("acme")
    body = {"display_name": "Shared", "kind": "ip", "proxy": "192.0.2.1", "source_addresses": ["192.0.2.0/28"]}
    trunk = await directory.platform.made("/v1/trunks", body)
    assert trunk["tenant_id"] is None
    problem(await admin.get(f"/v1/trunks/{trunk['id']}"), 404, "not_found")
    assert (await gateways(directory))[trunk["id"]]["register"] == "false"


WRONG_TRUNKS = [
    ({"secret": None}, "trunk_incomplete", "secret"),
    ({"username": None}, "trunk_incomplete", "username"),
    ({"kind": "ip"}, "trunk_incomplete", "source_addresses"),
    ({"kind": "iax"}, "invalid", "kind"),
    ({"proxy": "sip.example;transport=tcp"}, "invalid", "proxy"),
    ({"proxy": "sip.exa\nmple"}, "invalid", "proxy"),
    ({"username": "a@b"}, "invalid", "username"),
    ({"secret": "line\nbreak"}, "invalid", "secret"),
    ({"codecs": ["MP3"]}, "invalid", "codecs.0"),
    ({"prefixes": []}, "invalid", "prefixes"),
    ({"prefixes": ["+98"]}, "invalid", "prefixes.0"),
    ({"source_addresses": ["0.0.0.0/0"]}, "invalid", "source_addresses.0"),
    ({"priority": 0}, "invalid", "priority"),
    ({"max_calls": 10**40}, "invalid", "max_calls"),
    ({"max_calls": True}, "invalid", "max_calls"),
    ({"colour": "red"}, "invalid", "colour"),
]


async def test_a_trunk_that_cannot_work_is_refused(directory):
    _, admin = await directory.tenant("acme")
    for change, code, field in WRONG_TRUNKS:
        problem(await admin.post("/v1/trunks", {**TRUNK, **change}), 422, code, field)
    assert (await admin.get("/v1/trunks")).json()["items"] == []


WRONG_TENANTS = [
    ({"slug": "acme"}, 409, "slug_taken", "slug"),
    ({"domain": "acme.example"}, 409, "domain_taken", "domain"),
    ({"domain": "x.acme.example"}, 409, "domain_ambiguous", "domain"),
    ({"domain": "1acme.example"}, 409, "domain_ambiguous", "domain"),
    ({"domain": "example"}, 409, "domain_ambiguous", "domain"),
    ({"domain": "Beta.example"}, 422, "invalid", "domain"),
    ({"country": "XX"}, 422, "invalid", "country"),
    ({"time_zone": "../../etc/passwd"}, 422, "invalid", "time_zone"),
    ({"time_zone": "Mars/Olympus"}, 422, "invalid", "time_zone"),
    ({"language": "de"}, 422, "invalid", "language"),
    ({"enabled": "yes"}, 422, "invalid", "enabled"),
]


async def test_a_tenant_that_cannot_be_is_refused(directory):
    await directory.tenant("acme")
    for change, status, code, field in WRONG_TENANTS:
        body = {"slug": "beta", "display_name": "B", "domain": "beta.test", "country": "IR", **change}
        problem(await directory.platform.post("/v1/tenants", body), status, code, field)
    assert len((await directory.platform.get("/v1/tenants")).json()["items"]) == 1


async def test_a_tenant_that_has_something_stays(directory):
    tenant, admin = await directory.tenant("acme")
    extension, _ = await directory.phone(admin)
    path = f"/v1/tenants/{tenant['id']}"
    problem(await directory.platform.delete(path), 409, "tenant_not_empty")
    await admin.delete(f"/v1/extensions/{extension['id']}")
    assert (await directory.platform.delete(path)).status_code == 204
    problem(await directory.platform.get(path), 404, "not_found")


async def test_a_mail_address_is_somebodys_once(directory):
    _, acme = await directory.tenant("acme")
    _, beta = await directory.tenant("beta")
    body = {"email": "Sara@Acme.example", "display_name": "Sara", "roles": ["agent"]}
    made = await acme.made("/v1/users", body)
    assert made["email"] == "sara@acme.example"
    problem(await beta.post("/v1/users", body), 409, "email_taken", "email")
    for email in ("sara", "a@b\nc", "a b@c.example", "@x.example", "a@-x.example", "a@" + "x" * 260):
        problem(await acme.post("/v1/users", {**body, "email": email}), 422, "invalid", "email")


async def test_tenants_trunks_and_users_are_asked_for_by_name(directory):
    acme, admin = await directory.tenant("acme")
    _, rival = await directory.tenant("acme-two")
    for name in ("Carrier", "Carrier 2"):
        await admin.made("/v1/trunks", {**TRUNK, "display_name": name})
    for name in ("sara", "sara.2"):
        await admin.made("/v1/users", {"email": f"{name}@acme.example", "display_name": name, "roles": ["agent"]})
    asked = {
        ("/v1/tenants", "slug"): "acme",
        ("/v1/trunks", "display_name"): "Carrier",
        ("/v1/users", "email"): "Sara@Acme.example",
    }
    for (path, parameter), name in asked.items():
        [found] = (await admin.get(path, **{parameter: name})).json()["items"]
        assert found[parameter] in {name, name.lower()}
        assert (await rival.get(path, **{parameter: name})).json()["items"] == []
    [found] = (await directory.platform.get("/v1/tenants", slug="acme")).json()["items"]
    assert found["id"] == acme["id"]
    problem(await directory.platform.get("/v1/tenants", slug="No Slug"), 422, "invalid", "slug")
