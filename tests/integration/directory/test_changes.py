"""Revisions, lists, the audit log, messages, keys of idempotency."""

from __future__ import annotations

import asyncio
import base64

from sqlalchemy import text

from shared.contracts.directory import (
    DeviceChanged,
    ExtensionChanged,
    NumberChanged,
    TenantChanged,
    TrunkChanged,
)
from shared.db.outbox import Outbox
from tests.integration.directory.world import problem
from tests.support.nats_server import until


async def test_a_change_of_an_old_revision_is_refused(directory):
    _, admin = await directory.tenant("acme")
    made = await admin.post("/v1/extensions", {"number": "101", "display_name": "A"})
    path, tag = f"/v1/extensions/{made.json()['id']}", made.headers["etag"]
    assert tag == '"1"'
    changed = await admin.patch(path, {"display_name": "B"}, headers={"If-Match": tag})
    assert changed.headers["etag"] == '"2"'
    problem(await admin.patch(path, {"display_name": "C"}, headers={"If-Match": tag}), 412, "revision_conflict")
    problem(await admin.patch(path, {"display_name": "C", "revision": 1}), 412, "revision_conflict", "revision")
    problem(await admin.delete(path, headers={"If-Match": tag}), 412, "revision_conflict")
    problem(await admin.patch(path, {}, headers={"If-Match": "old"}), 422, "if_match_invalid", "If-Match")
    assert (await admin.patch(path, {"display_name": "C", "revision": 2})).json()["revision"] == 3
    assert (await admin.patch(path, {"display_name": "C"})).json()["revision"] == 3  # nothing changed
    assert (await admin.delete(path, headers={"If-Match": '"3"'})).status_code == 204


async def test_many_changes_at_once_lose_nothing(directory):
    _, admin = await directory.tenant("acme")
    extension, device = await directory.phone(admin)
    path = f"/v1/extensions/{extension['id']}"
    answers = await asyncio.gather(
        *(admin.patch(path, {"display_name": f"Name {index}"}) for index in range(8)),
        *(admin.patch(f"/v1/devices/{device['id']}", {"display_name": f"Phone {index}"}) for index in range(8)),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (await admin.get(path)).json()["revision"] == 2 + 16
    await until(lambda: directory.told(ExtensionChanged, extension["id"])[-1].revision == 18)
    told = [event.revision for event in directory.told(ExtensionChanged, extension["id"])]
    assert told == sorted(told)


async def test_lists_go_page_by_page_and_are_searched(directory):
    _, admin = await directory.tenant("acme")
    for number in range(100, 107):
        await admin.made("/v1/extensions", {"number": str(number), "display_name": f"Desk {number} 50%_"})
    seen, cursor = [], None
    while True:
        page = (await admin.get("/v1/extensions", limit=3, **({"cursor": cursor} if cursor else {}))).json()
        seen += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(number) for number in range(100, 107)]
    for query, found in (("105", 1), ("desk", 7), ("50%_", 7), ("%", 7), ("5_%", 0), ("nobody", 0)):
        assert len((await admin.get("/v1/extensions", q=query)).json()["items"]) == found, query
    assert [one["number"] for one in (await admin.get("/v1/extensions", number="103")).json()["items"]] == ["103"]
    for wrong in ("x", "", "W10", "WyJhIl0", "!!!!", "W251bGxd", cursor_of('["a","b","c"]'), cursor_of('["1","x"]')):
        problem(await admin.get("/v1/extensions", cursor=wrong), 422, "invalid_cursor", "cursor")


def cursor_of(text_: str) -> str:

    return base64.urlsafe_b64encode(text_.encode()).decode().rstrip("=")


async def test_every_change_is_in_the_audit_log_without_secrets(directory):
    tenant, admin = await directory.tenant("acme")
    extension, device = await directory.phone(admin)
    await admin.patch(f"/v1/extensions/{extension['id']}", {"display_name": "Sara", "max_calls": 2})
    await admin.post(f"/v1/devices/{device['id']}/password")
    trunk = {"display_name": "T", "kind": "registration", "proxy": "sip.example", "username": "u", "secret": "geheim-9"}
    await admin.made("/v1/trunks", trunk)
    await admin.delete(f"/v1/extensions/{extension['id']}")
    entries = (await admin.get("/v1/audit-entries", limit=200)).json()["items"]
    assert [one["action"] for one in reversed(entries)] == [
        "tenant.created", "extension.created", "device.created", "extension.updated", "device.updated",
        "trunk.created", "device.removed", "extension.removed",
    ]  # fmt: skip
    updated = next(one for one in entries if one["action"] == "extension.updated")
    assert updated["before"] == {"display_name": "Phone 101", "max_calls": None, "revision": 2}
    assert updated["after"] == {"display_name": "Sara", "max_calls": 2, "revision": 3}
    assert updated["actor"].startswith("user:")
    assert updated["tenant_id"] == tenant["id"]
    assert updated["source_address"]
    for secret in ("geheim-9", device["password"]):
        assert secret not in str(entries)
    renewed = next(one for one in entries if one["action"] == "device.updated")
    assert renewed["after"]["a1_hash"] == "(hidden)"
    filtered = (await admin.get("/v1/audit-entries", entity_kind="device", limit=2)).json()
    assert len(filtered["items"]) == 2
    older = (await admin.get("/v1/audit-entries", entity_kind="device", cursor=filtered["next_cursor"])).json()
    assert [one["action"] for one in older["items"]] == ["device.created"]


async def test_the_audit_log_only_grows(directory):
    await directory.tenant("acme")
    for statement in ("UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries"):
        refused = None
        try:
            async with directory.database.platform() as session:
                await session.execute(text(statement))
        except Exception as error:
            refused = str(error)
        assert refused is not None
        assert "permission denied" in refused


async def test_nothing_is_written_when_the_message_cannot_be(directory, monkeypatch):
    _, admin = await directory.tenant("acme")

    async def fail(self, session, *messages):
        raise RuntimeError("no room in the outbox")

    monkeypatch.setattr(Outbox, "add", fail)
    problem(await admin.post("/v1/extensions", {"number": "101", "display_name": "A"}), 500, "internal")
    monkeypatch.undo()
    assert (await admin.get("/v1/extensions")).json()["items"] == []
    assert len((await admin.get("/v1/audit-entries")).json()["items"]) == 1


async def test_a_removed_entity_leaves_a_tombstone_newer_than_all_its_states(directory):
    tenant, admin = await directory.tenant("acme")
    number = await admin.made("/v1/numbers", {"e164": "+982112345678", "destination": "extension:101"})
    await admin.patch(f"/v1/numbers/{number['id']}", {"destination": "queue:support"})
    await admin.delete(f"/v1/numbers/{number['id']}")
    await until(lambda: len(directory.told(NumberChanged, number["id"])) == 3)
    states = directory.told(NumberChanged, number["id"])
    assert [(one.revision, one.removed, one.destination) for one in states] == [
        (1, False, "extension:101"), (2, False, "queue:support"), (3, True, "queue:support"),
    ]  # fmt: skip
    assert (await directory.platform.delete(f"/v1/tenants/{tenant['id']}")).status_code == 204
    await until(lambda: directory.told(TenantChanged, tenant["id"])[-1].removed)


async def test_republishing_tells_every_state_again(directory):
    _, admin = await directory.tenant("acme")
    await directory.phone(admin)
    await admin.made("/v1/numbers", {"e164": "+982112345678"})
    trunk = {"display_name": "T", "kind": "ip", "proxy": "sip.example", "source_addresses": ["192.0.2.1"]}
    await directory.platform.made("/v1/trunks", trunk)
    await until(lambda: any(isinstance(event, TrunkChanged) for event in directory.events))
    directory.events.clear()
    answer = await directory.platform.post("/v1/platform/republish")
    assert (answer.status_code, answer.json()) == (202, {"messages": 5})
    await until(lambda: len(directory.events) == 5)
    kinds = {type(event) for event in directory.events}
    assert kinds == {TenantChanged, ExtensionChanged, DeviceChanged, NumberChanged, TrunkChanged}


async def test_the_same_key_makes_one_thing_and_answers_the_same(directory):
    _, admin = await directory.tenant("acme")
    extension = await admin.made("/v1/extensions", {"number": "101", "display_name": "A"})
    path, key = f"/v1/extensions/{extension['id']}/devices", {"Idempotency-Key": "k-1"}
    first = await admin.post(path, {"display_name": "Desk"}, headers=key)
    again = await admin.post(path, {"display_name": "Desk"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["password"]
    assert first.headers["etag"] == again.headers["etag"]
    assert len((await admin.get("/v1/devices")).json()["items"]) == 1
    problem(await admin.post(path, {"display_name": "Other"}, headers=key), 422, "idempotency_key_reused")
    other = await admin.post(path, {"display_name": "Desk"}, headers={"Idempotency-Key": "k-2"})
    assert other.json()["sip_username"] == "101-2"


async def test_two_at_once_with_the_same_key_make_one_thing(directory):
    _, admin = await directory.tenant("acme")
    body, key = {"display_name": "k", "scopes": ["extensions:read"]}, {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(*(admin.post("/v1/api-keys", body, headers=key) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    shown = {answer.json()["api_key"] for answer in answers if answer.status_code == 201}
    assert len(shown) == 1
    assert len((await admin.get("/v1/api-keys")).json()["items"]) == 1


async def test_kept_answers_are_sealed_and_a_refusal_keeps_nothing(directory):
    _, admin = await directory.tenant("acme")
    key = {"Idempotency-Key": "k-1"}
    problem(await admin.post("/v1/extensions", {"number": "1"}, headers=key), 422, "invalid")
    extension = await admin.made("/v1/extensions", {"number": "101", "display_name": "A"}, headers=key)
    device = await admin.made(f"/v1/extensions/{extension['id']}/devices", {}, headers={"Idempotency-Key": "k-2"})
    async with directory.database.platform() as session:
        bodies = (await session.execute(text("SELECT body FROM idempotency_keys"))).scalars().all()
    assert len(bodies) == 2
    assert all(device["password"].encode() not in bytes(body) for body in bodies)


async def test_keys_of_two_tenants_have_nothing_to_do_with_each_other(directory):
    _, acme = await directory.tenant("acme")
    _, beta = await directory.tenant("beta")
    body, key = {"number": "101", "display_name": "A"}, {"Idempotency-Key": "k-1"}
    one = await acme.made("/v1/extensions", body, headers=key)
    two = await beta.made("/v1/extensions", body, headers=key)
    assert one["tenant_id"] != two["tenant_id"]
