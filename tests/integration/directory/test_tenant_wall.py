"""What one tenant has, another cannot see, change, or find out about."""

from __future__ import annotations

import pytest

from tests.integration.directory.world import Directory, Person, problem


@pytest.fixture
async def two(directory: Directory):
    """What acme has, and the administrator of beta."""
    _, acme = await directory.tenant("acme")
    _, beta = await directory.tenant("beta")
    return await possessions(acme), beta


async def possessions(admin: Person) -> dict[str, dict]:
    extension = await admin.made("/v1/extensions", {"number": "101", "display_name": "Sara"})
    return {
        "extensions": extension,
        "devices": await admin.made(f"/v1/extensions/{extension['id']}/devices", {}),
        "numbers": await admin.made("/v1/numbers", {"e164": "+982112345678"}),
        "trunks": await admin.made(
            "/v1/trunks",
            {"display_name": "T", "kind": "ip", "proxy": "sip.example", "source_addresses": ["192.0.2.1"]},
        ),
        "users": await admin.made("/v1/users", {"email": "a@acme.example", "display_name": "A", "roles": ["agent"]}),
        "api-keys": await admin.made("/v1/api-keys", {"display_name": "k", "scopes": ["extensions:read"]}),
    }


async def test_another_tenants_ids_do_not_exist(two):
    things, beta = two
    for resource, thing in things.items():
        path = f"/v1/{resource}/{thing['id']}"
        for answer in (await beta.get(path), await beta.patch(path, {}), await beta.delete(path)):
            problem(answer, 404, "not_found")
        assert (await beta.get(f"/v1/{resource}")).json()["items"] == []
    owner = things["extensions"]["tenant_id"]
    problem(await beta.get(f"/v1/tenants/{owner}"), 404, "not_found")
    problem(await beta.get("/v1/extensions", tenant_id=owner), 404, "not_found")
    problem(await beta.post(f"/v1/devices/{things['devices']['id']}/password"), 404, "not_found")
    problem(await beta.post(f"/v1/extensions/{things['extensions']['id']}/devices", {}), 404, "not_found")
    assert (await beta.get("/v1/audit-entries", entity_id=things["extensions"]["id"])).json()["items"] == []


async def test_the_same_short_numbers_live_side_by_side(directory, two):
    _, beta = two
    _, device = await directory.phone(beta, "101")
    assert device["domain"] == "beta.example"
    assert (await directory.look_up("101", "beta.example")) is not None


async def test_somebody_elses_number_is_taken_and_whose_is_not_told(two):
    things, beta = two
    body = problem(await beta.post("/v1/numbers", {"e164": "+982112345678"}), 409, "number_taken", "e164")
    assert "acme" not in str(body)
    assert things["numbers"]["tenant_id"] not in str(body)


async def test_calls_show_numbers_of_ones_own_tenant_only(two):
    _, beta = two
    body = {"number": "102", "display_name": "X", "outbound_caller_id": "+982112345678"}
    problem(await beta.post("/v1/extensions", body), 422, "caller_id_not_owned", "outbound_caller_id")


async def test_an_administrator_of_the_platform_works_in_any_tenant_by_name(directory, two):
    things, _ = two
    owner = things["extensions"]["tenant_id"]
    root = directory.platform
    body = {"number": "105", "display_name": "E"}
    problem(await root.post("/v1/extensions", body), 422, "tenant_required", "tenant_id")
    made = await root.made("/v1/extensions", body, params={"tenant_id": owner})
    assert made["tenant_id"] == owner
    assert len((await root.get("/v1/extensions", tenant_id=owner)).json()["items"]) == 2
    nobody = "00000000-0000-7000-8000-000000000000"
    problem(await root.post("/v1/extensions", body, params={"tenant_id": nobody}), 404, "not_found")
    problem(await root.get(f"/v1/extensions/{nobody}"), 404, "not_found")


ROLES = {
    "agent": {"/v1/extensions": 200, "/v1/devices": 403, "/v1/users": 403, "/v1/trunks": 403, "/v1/audit-entries": 403},
    "supervisor": {"/v1/users": 200, "/v1/numbers": 200, "/v1/trunks": 403, "/v1/api-keys": 403},
    "manager": {"/v1/trunks": 200, "/v1/devices": 200, "/v1/api-keys": 403, "/v1/audit-entries": 403},
    "tenant_admin": {"/v1/api-keys": 200, "/v1/audit-entries": 200, "/v1/tenants": 200},
}


@pytest.mark.parametrize("role", ROLES)
async def test_roles_read_what_they_need_and_write_nothing(directory, role):
    tenant, _ = await directory.tenant("acme")
    person = directory.person(role, tenant=tenant["id"])
    for path, status in ROLES[role].items():
        assert (await person.get(path)).status_code == status, path
    if role != "tenant_admin":
        for path in ("/v1/extensions", "/v1/numbers", "/v1/trunks", "/v1/users", "/v1/api-keys", "/v1/tenants"):
            problem(await person.post(path, {}), 403, "forbidden")
    problem(await person.post("/v1/platform/republish"), 403, "forbidden")


async def test_api_keys_do_what_their_scopes_say(directory):
    tenant, _ = await directory.tenant("acme")
    key = directory.person(tenant=tenant["id"], scopes={"extensions:read"})
    assert (await key.get("/v1/extensions")).status_code == 200
    problem(await key.post("/v1/extensions", {"number": "101", "display_name": "x"}), 403, "forbidden")
    problem(await key.get("/v1/devices"), 403, "forbidden")
    problem(await key.get("/v1/users/me"), 403, "forbidden")
    problem(await key.get("/v1/api-keys"), 403, "forbidden")
    everything = directory.person(tenant=tenant["id"], scopes={"tenants:write", "users:write"})
    body = {"slug": "x", "display_name": "x", "domain": "x.example", "country": "IR"}
    problem(await everything.post("/v1/tenants", body), 403, "platform_only")
    body = {"email": "x@x.example", "display_name": "x", "roles": ["platform_admin"]}
    problem(await everything.post("/v1/users", body), 422, "role_not_grantable", "roles")


async def test_an_api_key_is_no_way_to_become_administrator(directory):
    tenant, admin = await directory.tenant("acme")
    keys = directory.person(tenant=tenant["id"], scopes={"users:write"})
    body = {"email": "x@acme.example", "display_name": "x", "roles": ["tenant_admin"]}
    problem(await keys.post("/v1/users", body), 403, "forbidden")
    boss = await admin.made("/v1/users", body)
    path = f"/v1/users/{boss['id']}"
    problem(await keys.patch(path, {"password": "a phrase of my own"}), 403, "forbidden")
    problem(await keys.delete(path), 403, "forbidden")
    agent = await keys.made("/v1/users", {**body, "email": "y@acme.example", "roles": ["agent"]})
    problem(await keys.patch(f"/v1/users/{agent['id']}", {"roles": ["tenant_admin"]}), 403, "forbidden")
    assert (await keys.patch(f"/v1/users/{agent['id']}", {"roles": ["supervisor"]})).status_code == 200


async def test_a_tenants_administrator_cannot_lift_its_own_limits(directory):
    tenant, admin = await directory.tenant("acme", max_calls=10)
    path = f"/v1/tenants/{tenant['id']}"
    problem(await admin.patch(path, {"display_name": "New", "max_calls": 1000}), 403, "platform_only", "max_calls")
    assert (await admin.get(path)).json()["display_name"] == "Acme"
    assert (await admin.patch(path, {"display_name": "New", "language": "fa"})).json()["display_name"] == "New"
    problem(await admin.delete(path), 403, "platform_only")
    problem(
        await admin.post("/v1/api-keys", {"display_name": "k", "scopes": ["tenants:write"]}), 422, "scope_not_grantable"
    )


async def test_without_a_token_nothing(directory):
    for path in ("/v1/tenants", "/v1/extensions", "/v1/audit-entries"):
        problem(await directory.client.get(path), 401, "unauthorized")
    forged = Person(directory.client, "eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJwbGF0Zm9ybV9hZG1pbiJdfQ.")
    problem(await forged.get("/v1/tenants"), 401, "invalid_token")
