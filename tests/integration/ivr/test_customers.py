"""Customers over REST: one number, one customer; whole files; and who a flow finds."""

from __future__ import annotations

import asyncio
from typing import Any

from services.ivr.errands import find_customer
from tests.integration.ivr.world import Ivr
from tests.unit.routing.town import ACME, RIVAL

SARA = {
    "name": "Sara",
    "language": "fa",
    "numbers": ["+989121234567", "+982112345678"],
    "external_id": "C-1",
    "attributes": {"vip": "yes"},
}


async def test_a_customer_is_kept_found_changed_and_forgotten(ivr: Ivr) -> None:
    made = await ivr.admin.made("/v1/customers", SARA)
    path = f"/v1/customers/{made['id']}"
    assert made["numbers"] == sorted(SARA["numbers"])  # type: ignore[type-var]
    found = (await ivr.admin.get("/v1/customers", number="+989121234567")).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]
    for filters in ({"name": "SAR"}, {"external_id": "C-1"}):
        assert len((await ivr.admin.get("/v1/customers", **filters)).json()["items"]) == 1
    for filters in ({"name": "100%"}, {"number": "+989120000000"}):
        assert (await ivr.admin.get("/v1/customers", **filters)).json()["items"] == []
    changed = await ivr.admin.patch(path, {"numbers": ["+989120000000"], "revision": made["revision"]})
    assert (changed.json()["numbers"], changed.json()["name"]) == (["+989120000000"], "Sara")
    assert changed.json()["revision"] == made["revision"] + 1
    assert (await ivr.admin.patch(path, {"name": "x", "revision": 1})).status_code == 412
    assert (await ivr.admin.delete(path)).status_code == 204
    assert (await ivr.admin.get("/v1/customers")).json()["items"] == []


async def test_a_flow_finds_who_calls(ivr: Ivr) -> None:
    find = find_customer(ivr.database)
    made = await ivr.admin.made("/v1/customers", {"name": "Reza", "numbers": ["+989120000000"]})
    await ivr.admin.made("/v1/customers", SARA)
    assert await find(ACME.id, "+982112345678") == {"vip": "yes", "name": "Sara", "language": "fa", "id": "C-1"}
    assert await find(ACME.id, "+989120000000") == {"name": "Reza", "language": "", "id": made["id"]}
    for tenant, number in ((ACME.id, "+989999999999"), (ACME.id, "anonymous"), (RIVAL.id, "+982112345678")):
        assert await find(tenant, number) is None


async def test_a_number_belongs_to_one(ivr: Ivr) -> None:
    await ivr.admin.made("/v1/customers", SARA)
    other = await ivr.admin.made("/v1/customers", {"name": "Reza"})
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"numbers": ["+989121234567"]}, "customer_number_taken", "numbers"),
        ({"external_id": "C-1"}, "customer_external_id_taken", "external_id"),
    ]
    for body, code, field in cases:
        for answer in (
            await ivr.admin.post("/v1/customers", {"name": "x", **body}),
            await ivr.admin.patch(f"/v1/customers/{other['id']}", body),
        ):
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, code, field)
    assert len((await ivr.admin.get("/v1/customers")).json()["items"]) == 2
    assert (await ivr.rival.post("/v1/customers", SARA)).status_code == 201


async def test_two_give_the_same_number_at_once(ivr: Ivr) -> None:
    answers = await asyncio.gather(*(ivr.admin.post("/v1/customers", {**SARA, "external_id": None}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len((await ivr.admin.get("/v1/customers")).json()["items"]) == 1


async def test_refusals_name_the_field(ivr: Ivr) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "name"),
        ({"name": "x", "numbers": ["0912"]}, "numbers.0"),
        ({"name": "x", "numbers": ["+989121234567"] * 2}, "numbers"),
        ({"name": "x", "language": "de"}, "language"),
        ({"name": "x", "attributes": {"name": "y"}}, "attributes"),
        ({"name": "x", "attributes": {"vip": "a\x00"}}, "attributes.vip"),
        ({"name": "x", "attributes": {f"a{place}": "" for place in range(21)}}, "attributes"),
    ]
    for body, field in cases:
        answer = await ivr.admin.post("/v1/customers", body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


CSV = (
    "name;language;numbers;external_id;attribute.vip;attribute.city\n"
    "Sara;fa;+989121234567 +982112345678;C-1;yes;تهران\n"
    "Reza;;+989120000000;;;\n"
)


async def imported(ivr: Ivr, body: str, **params: Any) -> Any:
    answer = await ivr.admin.ask(
        "POST", "/v1/customers/import", content=body.encode(), params=params, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_file_comes_in_whole(ivr: Ivr) -> None:
    tried = await imported(ivr, CSV, dry_run=True)
    assert [one["status"] for one in tried["rows"]] == ["valid", "valid"]
    report = await imported(ivr, CSV)
    assert (report["applied"], report["created"], report["refused"]) == (True, 2, 0)
    sara = (await ivr.admin.get(f"/v1/customers/{report['rows'][0]['id']}")).json()
    assert (sara["numbers"], sara["attributes"]) == (
        ["+982112345678", "+989121234567"],
        {"vip": "yes", "city": "تهران"},
    )
    again = await imported(ivr, CSV)
    assert (again["applied"], again["refused"]) == (False, 2)
    assert {error["code"] for error in again["rows"][0]["errors"]} == {
        "customer_number_taken",
        "customer_external_id_taken",
    }


async def test_one_wrong_row_keeps_all_out_unless_asked_otherwise(ivr: Ivr) -> None:
    body = "name,numbers\nSara,+989121234567\nReza,0912\nMina,+989121234567\n,+989120000000\n"
    report = await imported(ivr, body)
    assert (report["applied"], [one["status"] for one in report["rows"]]) == (
        False,
        ["valid", "refused", "refused", "refused"],
    )
    assert [(one["errors"][0]["field"]) for one in report["rows"][1:]] == ["numbers.0", "numbers.0", "name"]
    assert (await ivr.admin.get("/v1/customers")).json()["items"] == []
    best = await imported(ivr, body, mode="best_effort")
    assert (best["applied"], best["created"], best["refused"]) == (True, 1, 3)


async def test_a_json_file_and_files_that_cannot_be_read(ivr: Ivr) -> None:
    answer = await ivr.admin.post("/v1/customers/import", [SARA, {"name": "Reza"}])
    assert answer.json()["created"] == 2
    for content, kind, status, code in (
        (b"name,shoe_size\nx,1\n", "text/csv", 422, "import_unreadable"),
        (b"name,attribute.\nx,1\n", "text/csv", 422, "import_unreadable"),
        (b"{}", "application/json", 422, "import_unreadable"),
        (b"x", "text/plain", 415, "unsupported_media_type"),
    ):
        refused = await ivr.admin.ask(
            "POST", "/v1/customers/import", content=content, headers={"Content-Type": kind}
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_another_tenants_customers_do_not_exist(ivr: Ivr) -> None:
    made = await ivr.admin.made("/v1/customers", SARA)
    path = f"/v1/customers/{made['id']}"
    for method in ("GET", "PATCH", "DELETE"):
        assert (await ivr.rival.ask(method, path, json={"name": "x"})).status_code == 404
    assert (await ivr.rival.get("/v1/customers", number="+989121234567")).json()["items"] == []
    assert (await ivr.person("supervisor").get(path)).status_code == 200
    assert (await ivr.person("supervisor").delete(path)).status_code == 403
