from __future__ import annotations

import hashlib

from shared.contracts.directory import ExtensionChanged, NumberChanged
from tests.integration.directory.world import problem
from tests.support.nats_server import until

CSV = {"Content-Type": "text/csv; charset=utf-8"}


async def send(admin, text: str, path="/v1/extensions/import", **params: str):
    return await admin.ask("POST", path, content=text.encode(), headers=CSV, params=params)


async def numbers(admin) -> list[str]:
    return [one["number"] for one in (await admin.get("/v1/extensions", limit=200)).json()["items"]]


async def test_extensions_with_their_phones_from_csv(directory):
    _, admin = await directory.tenant("acme")
    answer = await send(
        admin,
        "number,display_name,call_class,max_calls,create_device,sip_username,sip_password\n"
        "101,Sara,international,2,,,\n"
        "102,رضا,,,no,,\n"
        "103,Omid,,,,omid,kettle-Garden-42\n",
    )
    report = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.status_code, report["applied"], report["created"], report["refused"]) == (200, True, 3, 0)
    sara, reza, omid = report["rows"]
    assert reza["device"] is None
    assert (omid["device"]["sip_username"], omid["device"]["password"]) == ("omid", None)
    user = await directory.look_up("101", "acme.example")
    plain = f"101:acme.example:{sara['device']['password']}".encode()
    wanted = hashlib.md5(plain, usedforsecurity=False).hexdigest()
    assert user.find(".//param[@name='a1-hash']").get("value") == wanted
    shown = (await admin.get(f"/v1/extensions/{sara['id']}")).json()
    assert (shown["call_class"], shown["max_calls"]) == ("international", 2)
    await until(lambda: len([one for one in directory.events if isinstance(one, ExtensionChanged)]) == 3)
    entries = (await admin.get("/v1/audit-entries", limit=200)).json()["items"]
    assert len([one for one in entries if one["action"] == "extension.created"]) == 3


BAD = (
    "number,display_name,outbound_caller_id,sip_username,sip_password\n"
    "101,Taken,,,\n"
    "102,Good,,,\n"
    "102,Twice,,,\n"
    "x,,,,\n"
    "104,Caller,+982112345678,,\n"
    "105,Weak,,,105105105105\n"
    "106,Username,,101,\n"
)


async def test_one_wrong_row_and_nothing_is_written(directory):
    _, admin = await directory.tenant("acme")
    await directory.phone(admin, "101")
    report = (await send(admin, BAD)).json()
    assert (report["applied"], report["created"], report["refused"]) == (False, 0, 6)
    told = {row["row"]: [(one["field"], one["code"]) for one in row["errors"]] for row in report["rows"]}
    assert told == {
        1: [("number", "extension_number_taken")],
        2: [],
        3: [("number", "extension_number_taken")],
        4: [("number", "value_error"), ("display_name", "missing")],
        5: [("outbound_caller_id", "caller_id_not_owned")],
        6: [("sip_password", "weak_password")],
        7: [("sip_username", "sip_username_taken")],
    }
    assert report["rows"][1]["status"] == "valid"
    assert report["rows"][1]["device"]["password"] is None
    assert await numbers(admin) == ["101"]


async def test_the_good_rows_come_in_on_request(directory):
    _, admin = await directory.tenant("acme")
    await directory.phone(admin, "101")
    report = (await send(admin, BAD, mode="best_effort")).json()
    assert (report["applied"], report["created"], report["refused"]) == (True, 1, 6)
    assert await numbers(admin) == ["101", "102"]


async def test_a_dry_run_writes_nothing(directory):
    _, admin = await directory.tenant("acme")
    report = (await send(admin, "number,display_name\n101,A\n102,B\n", dry_run="true")).json()
    assert (report["applied"], report["dry_run"]) == (False, True)
    assert [row["status"] for row in report["rows"]] == ["valid", "valid"]
    assert await numbers(admin) == []


async def test_json_rows_and_a_key_that_makes_them_once(directory):
    _, admin = await directory.tenant("acme")
    rows = [{"number": str(number), "display_name": "A"} for number in range(200, 500)]
    first = await admin.post("/v1/extensions/import", rows, headers={"Idempotency-Key": "file-1"})
    again = await admin.post("/v1/extensions/import", rows, headers={"Idempotency-Key": "file-1"})
    assert first.json() == again.json()
    assert first.json()["created"] == 300
    assert (await admin.post("/v1/extensions/import", rows)).json()["refused"] == 300
    assert directory.app.http.state.services.memory.replica.sizes()["devices"] == 300


async def test_numbers_from_csv_and_one_that_is_somebody_elses(directory):
    _, acme = await directory.tenant("acme")
    _, beta = await directory.tenant("beta")
    await acme.made("/v1/numbers", {"e164": "+982112345678"})
    text = "e164,destination\n+982112345678,extension:101\n+982112345679,extension:101\n+982112345680,nowhere\n"
    report = (await send(beta, text, "/v1/numbers/import", mode="best_effort")).json()
    assert [row["status"] for row in report["rows"]] == ["refused", "created", "refused"]
    assert report["rows"][0]["errors"][0]["code"] == "number_taken"
    assert report["rows"][2]["errors"][0]["field"] == "destination"
    await until(lambda: any(isinstance(one, NumberChanged) and one.e164[-1] == "9" for one in directory.events))


async def test_files_that_cannot_be_read(directory):
    _, admin = await directory.tenant("acme")
    for text in ("", "number\n", "colour\nred\n", "number,number\n1,2\n", 'number\n"', "number\n\x00\n"):
        problem(await send(admin, text), 422, "import_unreadable", "body")
    for body in ({}, [], [1], "x"):
        problem(await admin.post("/v1/extensions/import", body), 422, "import_unreadable", "body")
    deep = await admin.ask(
        "POST", "/v1/extensions/import", content=b"[" * 100_000, headers={"Content-Type": "application/json"}
    )
    problem(deep, 422, "import_unreadable")
    other = await admin.ask("POST", "/v1/extensions/import", content=b"x", headers={"Content-Type": "text/plain"})
    problem(other, 415, "unsupported_media_type")
    large = await send(admin, "number\n" + "1" * (3 * 1024 * 1024))
    problem(large, 413, "too_large")
    problem(await send(admin, "number\n101\n", mode="some"), 422, "invalid", "mode")
