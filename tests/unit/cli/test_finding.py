"""How the command line finds one thing: by asking for it, not by reading all of them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.unit.cli.fake_api import SARA, TENANT, FakeApi, seda

BY_NAME = [
    ("tenant", "demo", "/v1/tenants", "slug"),
    ("extension", "101", "/v1/extensions", "number"),
    ("device", "101-2", "/v1/devices", "sip_username"),
    ("number", "+982112345678", "/v1/numbers", "number"),
    ("trunk", "Carrier", "/v1/trunks", "display_name"),
    ("user", "Sara@acme.example", "/v1/users", "email"),
    ("ring-group", "sales", "/v1/ring-groups", "slug"),
    ("flow", "main", "/v1/flows", "slug"),
    ("prompt", "welcome", "/v1/prompts", "slug"),
    ("mailbox", "101", "/v1/mailboxes", "number"),
    ("customer", "Sara", "/v1/customers", "name"),
]


@pytest.mark.parametrize(("resource", "name", "path", "parameter"), BY_NAME, ids=lambda value: value)
def test_one_thing_is_asked_for_by_its_name(api: FakeApi, resource: str, name: str, path: str, parameter: str) -> None:
    kept = name.lower() if parameter == "email" else name
    field = "e164" if path == "/v1/numbers" else parameter
    found = {**TENANT, "id": str(uuid4()), field: kept}
    api.put("GET", path, {"items": [found], "next_cursor": None})
    api.put("GET", f"{path}/{found['id']}", found)
    assert found["id"] in seda(resource, "show", name, "--json").stdout
    [asked] = [one for one in api.asked if one.url.path == path]
    assert asked.url.params[parameter] == kept


def test_the_tenant_that_is_meant_is_asked_for_by_its_slug(api: FakeApi) -> None:
    seda("extension", "list", "--tenant", "demo")
    [asked] = [one for one in api.asked if one.url.path == "/v1/tenants"]
    assert asked.url.params["slug"] == "demo"
    assert api.last.url.params["tenant_id"] == TENANT["id"]


def test_a_tenant_is_named_by_its_id_too(api: FakeApi) -> None:
    tenant = str(uuid4())
    api.put("GET", f"/v1/tenants/{tenant}", {**TENANT, "id": tenant})
    seda("extension", "list", "--tenant", tenant)
    assert api.last.url.params["tenant_id"] == tenant


@pytest.mark.parametrize("owner", [TENANT["id"], str(uuid4())], ids=["theirs", "another's"])
def test_an_id_is_asked_for_itself_and_shown_only_if_it_is_of_the_tenant_that_is_meant(
    api: FakeApi, owner: str
) -> None:
    extension = {**SARA, "id": str(uuid4()), "tenant_id": owner}
    api.put("GET", f"/v1/extensions/{extension['id']}", extension)
    theirs = owner == TENANT["id"]
    done = seda("extension", "show", extension["id"], status=0 if theirs else 1)
    assert api.last.url.path == f"/v1/extensions/{extension['id']}"
    assert (f"no extension {extension['id']}" in done.stderr) is not theirs
