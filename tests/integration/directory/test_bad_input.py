"""Input that is meant to break something: refused with a stable code and the field, and nothing is half written."""

from __future__ import annotations

import json

from tests.integration.directory.world import problem

JSON = {"Content-Type": "application/json"}
NASTY_NAMES = [
    "a\x00b", "a\nb", "a\rb", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\ud800b", "\udfff", "a\ufffeb", "a\u202eb",
    "", "   ", "\u200c", "x" * 81, "x" * 100_000, None, 1, True, [], {}, ["a"], {"$ne": ""},
]  # fmt: skip


async def send(person, method: str, path: str, body: object):
    """JSON as an attacker writes it: lone surrogates are escaped, not refused by the sender."""
    return await person.ask(method, path, content=json.dumps(body).encode(), headers=JSON)


async def test_names(directory):
    _, admin = await directory.tenant("acme")
    extension = await admin.made("/v1/extensions", {"number": "101", "display_name": "Good"})
    path = f"/v1/extensions/{extension['id']}"
    for name in NASTY_NAMES:
        answer = await send(admin, "POST", "/v1/extensions", {"number": "102", "display_name": name})
        problem(answer, 422, "invalid", "display_name")
        answer = await send(admin, "PATCH", path, {"number": "102", "display_name": name})
        problem(answer, 422, "invalid", "display_name")
    (shown,) = (await admin.get("/v1/extensions")).json()["items"]
    assert (shown["number"], shown["display_name"], shown["revision"]) == ("101", "Good", 1)


HARMLESS_NAMES = [
    "${uuid}",
    "'; DROP TABLE extensions; --",
    "</user><x>",
    "%0AInjected: 1",
    "سارا‌احمدی",
    "Bob \\ Co",
    "a'b\"c",
    "🎧",
]


async def test_names_that_are_only_text_come_back_as_text_and_change_no_document(directory):
    _, admin = await directory.tenant("acme")
    for number, name in enumerate(HARMLESS_NAMES, start=101):
        extension, _ = await directory.phone(admin, str(number), display_name=name)
        assert (await admin.get(f"/v1/extensions/{extension['id']}")).json()["display_name"] == name
        user = await directory.look_up(str(number), "acme.example")
        assert len(user.findall(".//variable")) == 9
        shown = user.find(".//variable[@name='effective_caller_id_name']").get("value")
        assert not set(shown) & set(r"""\"<>|${}^""" + "'\n")


WRONG = [
    ({"number": "1"}, "number"),
    ({"number": "123456789"}, "number"),
    ({"number": 101}, "number"),
    ({"number": "10a"}, "number"),
    ({"number": "١٠\u0000"}, "number"),
    ({"call_class": "all"}, "call_class"),
    ({"call_class": None}, "call_class"),
    ({"enabled": 1}, "enabled"),
    ({"enabled": "true"}, "enabled"),
    ({"max_calls": 0}, "max_calls"),
    ({"max_calls": -1}, "max_calls"),
    ({"max_calls": 2**31}, "max_calls"),
    ({"max_calls": 10**400}, "max_calls"),
    ({"max_calls": 1.5}, "max_calls"),
    ({"max_calls": "5"}, "max_calls"),
    ({"max_calls": True}, "max_calls"),
    ({"language": "xx"}, "language"),
    ({"outbound_caller_id": "02112345678"}, "outbound_caller_id"),
    ({"outbound_caller_id": "+98\n2112345678"}, "outbound_caller_id"),
    ({"tenant_id": "00000000-0000-7000-8000-000000000000"}, "tenant_id"),
    ({"id": "00000000-0000-7000-8000-000000000000"}, "id"),
    ({"revision": 5}, "revision"),
    ({"colour": "red"}, "colour"),
    ({"__proto__": {}}, "__proto__"),
]


async def test_extensions(directory):
    _, admin = await directory.tenant("acme")
    for change, field in WRONG:
        body = {"number": "101", "display_name": "A", **change}
        problem(await send(admin, "POST", "/v1/extensions", body), 422, "invalid", field)
    assert (await admin.get("/v1/extensions")).json()["items"] == []


async def test_keys_of_json_that_are_no_text(directory):
    _, admin = await directory.tenant("acme")
    for key in ("\ud800", "a\x00", "x" * 10_000, ""):
        answer = await send(admin, "POST", "/v1/extensions", {"number": "101", "display_name": "A", key: 1})
        problem(answer, 422, "invalid")


BODIES = [b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 20_000, b"NaN", b"{}" * 2]


async def test_bodies_that_are_no_object(directory):
    _, admin = await directory.tenant("acme")
    extension = await admin.made("/v1/extensions", {"number": "101", "display_name": "A"})
    places = (
        ("POST", "/v1/extensions"), ("PATCH", f"/v1/extensions/{extension['id']}"), ("POST", "/v1/tokens"),
        ("POST", "/v1/trunks"), ("POST", "/v1/numbers"), ("POST", "/v1/users"),
    )  # fmt: skip
    for body in BODIES:
        for method, path in places:
            answer = await admin.ask(method, path, content=body, headers=JSON)
            assert answer.status_code in (400, 422), (method, path, body[:12], answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_over_the_cap(directory):
    _, admin = await directory.tenant("acme")
    large = b'{"display_name": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    problem(await admin.ask("POST", "/v1/extensions", content=large, headers=JSON), 413, "too_large")


async def test_ids_and_queries_that_are_none(directory):
    _, admin = await directory.tenant("acme")
    for wrong in ("1", "x", "%00", "..%2f..", "00000000-0000-0000-0000-00000000000g", "{id}"):
        answer = await admin.get(f"/v1/extensions/{wrong}")
        assert answer.status_code in (404, 422), wrong
    for name, value in (
        ("limit", "0"), ("limit", "201"), ("limit", "x"), ("limit", str(10**40)), ("q", "a\x00b"), ("q", "x" * 500),
        ("q", "a\nb"), ("number", "abc"), ("tenant_id", "x"),
    ):  # fmt: skip
        problem(await admin.get("/v1/extensions", **{name: value}), 422, "invalid", name)
    raw = await admin.ask("GET", "/v1/extensions?q=%ff%fe%ed%a0%80")
    assert raw.status_code in (200, 422)


async def test_headers_that_are_none(directory):
    _, admin = await directory.tenant("acme")
    body = {"number": "101", "display_name": "A"}
    for key in ("x" * 129, "a b", "a\x01"):
        answer = await admin.post("/v1/extensions", body, headers={"Idempotency-Key": key})
        problem(answer, 422, "invalid", "Idempotency-Key")
    made = await admin.made("/v1/extensions", body)
    path = f"/v1/extensions/{made['id']}"
    for tag in ('"0"', "-1", '"x"', "1" * 30, '"1", "2"', "W/"):
        problem(await admin.patch(path, {"display_name": "B"}, headers={"If-Match": tag}), 422, "if_match_invalid")
    assert (await admin.patch(path, {"display_name": "B"}, headers={"If-Match": "*"})).status_code == 200


async def test_sign_in_with_anything(directory):
    for body in (
        {"email": "a@b.example"}, {"password": "x"}, {"email": "a@b.example", "password": ""},
        {"email": "a@b.example", "password": "x" * 2000}, {"email": "a@b.example", "password": "x", "api_key": "y" * 9},
        {"email": "a\x00@b.example", "password": "x"}, {"api_key": "x"}, {"api_key": "é" * 30},
        {"email": ["a@b.example"], "password": {"$ne": 1}},
    ):  # fmt: skip
        problem(await directory.client.post("/v1/tokens", json=body), 422, "invalid")
    odd = {"email": "a@b.example", "password": "\ud800\x00' OR 1=1"}
    answer = await directory.client.post("/v1/tokens", content=json.dumps(odd).encode(), headers=JSON)
    assert answer.status_code in (401, 422)


class TestSwitch:
    """``/switch/directory`` with anything."""

    async def test_the_secret_is_needed(self, directory):
        for secret in ("", "wrong", "the-switch-secret-of-test", "the-switch-secret-of-tests "):
            assert (await directory.ask_switch({"user": "101"}, secret=secret)).status_code == 401
        assert (await directory.client.post("/switch/directory")).status_code == 401
        assert (await directory.client.get("/switch/directory")).status_code == 405

    async def test_any_body_is_answered_with_a_document(self, directory):
        for body in (
            b"", b"&&&===", b"\xff\xfe\x00", b"user=%", b"user=%zz&domain=%00", b"user=" + b"a" * 200_000, b"=" * 1000,
        ):  # fmt: skip
            answer = await directory.ask_switch(body)
            assert answer.status_code == 200
            assert b'<result status="not found"/>' in answer.content

    async def test_unknown_user_and_unknown_tenant_are_told_the_same_and_counted(self, directory):
        _, admin = await directory.tenant("acme")
        await directory.phone(admin)
        answers = {
            (await directory.ask_switch({"section": "directory", "key": "id", "user": user, "domain": domain})).content
            for user, domain in (("999", "acme.example"), ("101", "nobody.example"), ("101", "beta.example"))
        }
        assert len(answers) == 1
        scraped = (await directory.client.get("/metrics")).text
        assert 'seda_directory_lookups_total{asked="user",outcome="unknown_user"} 1.0' in scraped
        assert 'seda_directory_lookups_total{asked="user",outcome="unknown_domain"} 2.0' in scraped

    async def test_a_body_over_the_cap(self, directory):
        assert (await directory.ask_switch(b"x" * 300_000)).status_code == 413
