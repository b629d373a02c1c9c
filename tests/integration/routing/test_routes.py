"""What is changed over REST is what the switch is told."""

from __future__ import annotations

from shared.contracts.routing import RoutingConfigChanged
from tests.integration.routing.world import MOBILE, OTHER_NUMBER, TEHRAN_NUMBER, Routing, extension_event
from tests.support.nats_server import until
from tests.unit.routing.questions import called, read, trunk_question
from tests.unit.routing.town import ACME, RIVAL, id_of


def forwarding(number: str = "102") -> str:
    return f"/v1/extensions/{id_of(f'acme/{number}')}/forwarding"


async def rung(routing: Routing, number: str, **fields: str) -> list[str]:
    dial = called(await routing.dial(number, **fields))
    return [leg.data for leg in dial.attempts[0]]


async def test_the_switch_needs_its_secret(routing: Routing) -> None:
    assert (await routing.ask(b"", secret="wrong")).status_code == 401
    assert (await routing.client.get("/switch/dialplan")).status_code == 405
    assert await rung(routing, "102") == ["phones/102%acme.example"]


async def test_a_forward_holds_from_the_answer_on(routing: Routing) -> None:
    shown = await routing.admin.get(forwarding())
    assert shown.json()["always"] is None
    changed = await routing.admin.patch(forwarding(), {"always": "extension:103", "no_answer_seconds": 30})
    assert changed.status_code == 200
    assert (changed.json()["always"], changed.json()["no_answer_seconds"]) == ("extension:103", 30)
    assert await rung(routing, "102") == ["phones/103%acme.example"]
    kept = await routing.admin.patch(forwarding(), {"busy": f"external:{MOBILE}"})
    assert (kept.json()["always"], kept.json()["busy"]) == ("extension:103", f"external:{MOBILE}")
    await routing.admin.patch(forwarding(), {"always": None})
    assert await rung(routing, "102") == ["phones/102%acme.example"]


async def test_do_not_disturb(routing: Routing) -> None:
    path = f"/v1/extensions/{id_of('acme/102')}/do-not-disturb"
    assert (await routing.admin.put(path, {"on": True})).json()["do_not_disturb"] is True
    assert (await routing.dial("102"))[1] == ("hangup", "USER_BUSY")


async def test_a_feature_code_is_stored_like_a_change_over_rest(routing: Routing) -> None:
    actions = await routing.dial("*72103", caller="102")
    assert [application for application, _ in actions][1:] == ["answer", "playback", "playback", "hangup"]
    assert (await routing.admin.get(forwarding())).json()["always"] == "extension:103"
    assert await rung(routing, "102") == ["phones/103%acme.example"]
    await routing.dial("*73", caller="102")
    assert await rung(routing, "102") == ["phones/102%acme.example"]


async def test_a_ring_group_takes_calls(routing: Routing) -> None:
    made = await routing.admin.made(
        "/v1/ring-groups",
        {"slug": "sales", "members": [{"extension": "102"}, {"extension": "103", "delay_seconds": 5}]},
    )
    assert made["tenant_id"] == str(ACME.id)
    await routing.admin.patch(forwarding("101"), {"always": "ring-group:sales"})
    assert await rung(routing, "101", Hunt__Username="102") == ["phones/102%acme.example", "phones/103%acme.example"]
    changed = await routing.admin.patch(
        f"/v1/ring-groups/{made['id']}", {"strategy": "sequential", "revision": made["revision"]}
    )
    assert changed.json()["members"][1]["delay_seconds"] == 5
    assert await rung(routing, "101") == ["phones/102%acme.example"]
    stale = await routing.admin.patch(f"/v1/ring-groups/{made['id']}", {"ring_seconds": 9, "revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_conflict")
    assert (await routing.admin.delete(f"/v1/ring-groups/{made['id']}")).status_code == 204
    assert (await routing.dial("101"))[1] == ("hangup", "UNALLOCATED_NUMBER")


async def test_others_are_told_which_ring_groups_there_are(routing: Routing) -> None:
    made = [await routing.admin.made("/v1/ring-groups", {"slug": slug}) for slug in ("sales", "care")]
    await routing.rival.made("/v1/ring-groups", {"slug": "theirs"})
    await routing.admin.delete(f"/v1/ring-groups/{made[0]['id']}")

    def told() -> list[tuple[str, ...] | None]:
        events = routing.bus.published(RoutingConfigChanged)
        return [event.ring_groups for event in events if event.tenant_id == ACME.id]

    await until(lambda: len(told()) == 3)
    assert told() == [("sales",), ("care", "sales"), ("care",)]


async def test_an_inbound_route_decides_by_the_hour(routing: Routing) -> None:
    made = await routing.admin.made(
        "/v1/inbound-routes",
        {
            "number_id": str(id_of(OTHER_NUMBER)),
            "entries": [{"destination": "extension:102", "schedule": {"weekly": {"saturday": "09:00-17:00"}}}],
            "otherwise": "extension:103",
        },
    )
    assert made["e164"] == OTHER_NUMBER
    assert made["entries"][0]["schedule"]["time_zone"] == "Asia/Tehran"
    answer = await routing.ask(trunk_question(OTHER_NUMBER))
    assert called(read(answer.content)).attempts[0][0].data == "phones/102%acme.example"
    await routing.clock.advance(6 * 3600)
    answer = await routing.ask(trunk_question(OTHER_NUMBER))
    assert called(read(answer.content)).attempts[0][0].data == "phones/103%acme.example"
    tried = await routing.admin.post("/v1/routes/try", {"to": OTHER_NUMBER, "at": "2026-03-14T10:00:00+03:30"})
    assert tried.json()["steps"][0]["details"]["targets"][0]["extension"] == "102"


async def test_an_inbound_route_knows_the_holidays_of_every_year(routing: Routing) -> None:
    nowruz = {"calendar": "jalali", "month": 1, "day": 1, "last_month": 1, "last_day": 4, "name": "Nowruz"}
    schedule = {"weekly": {"saturday": "09:00-17:00"}, "recurring": [nowruz]}
    made = await routing.admin.made(
        "/v1/inbound-routes",
        {
            "number_id": str(id_of(OTHER_NUMBER)),
            "entries": [{"destination": "extension:102", "schedule": schedule}],
            "otherwise": "extension:103",
        },
    )
    assert made["entries"][0]["schedule"]["recurring"] == [{**nowruz, "periods": ""}]
    for day, extension in (("2026-03-14", "102"), ("2026-03-21", "103"), ("2026-03-28", "102"), ("2028-03-25", "102")):
        tried = await routing.admin.post("/v1/routes/try", {"to": OTHER_NUMBER, "at": f"{day}T10:00:00+03:30"})
        assert tried.json()["steps"][0]["details"]["targets"][0]["extension"] == extension


async def test_an_outbound_rule_and_limits(routing: Routing) -> None:
    await routing.admin.made("/v1/outbound-rules", {"prefix": "98912", "allow": False})
    assert (await routing.dial("09121234567"))[1] == ("hangup", "OUTGOING_CALL_BARRED")
    limits = await routing.admin.patch("/v1/limits", {"max_calls": 7})
    assert limits.json()["effective"]["max_calls"] == 7
    own = await routing.admin.patch(f"/v1/extensions/{id_of('acme/101')}/limits", {"max_calls_per_second": 2})
    assert own.json()["max_calls_per_second"] == 2
    actions = await routing.dial("102")
    assert [data.split()[1] for application, data in actions if application == "limit"] == [
        "seda-tenant",
        "seda-extension-rate",
    ]


async def test_settings(routing: Routing) -> None:
    changed = await routing.admin.patch(
        "/v1/routing-settings", {"default_caller_id": OTHER_NUMBER, "emergency_numbers": ["5555"]}
    )
    assert changed.json()["default_caller_id"] == OTHER_NUMBER
    dial = called(await routing.dial("5555"))
    assert dial.on_channel(0, 0)["origination_caller_id_number"] == OTHER_NUMBER


async def test_trying_shows_each_step_and_why(routing: Routing) -> None:
    await routing.admin.patch(forwarding(), {"busy": "extension:103"})
    tried = (
        await routing.admin.post("/v1/routes/try", {"from_extension": "101", "to": "102", "then": ["USER_BUSY"]})
    ).json()
    assert [step["action"] for step in tried["steps"]] == ["ring", "ring"]
    assert tried["steps"][1]["path"][-2:] == [
        "extension 102 forwards (busy) to extension:103",
        "rings extension 103",
    ]
    nothing = await routing.admin.post("/v1/routes/try", {"from_extension": "101", "to": "*72103"})
    assert nothing.json()["steps"][0]["action"] == "confirm"
    assert (await routing.admin.get(forwarding("101"))).json()["always"] is None


async def test_a_ring_group_is_asked_for_by_its_slug(routing: Routing) -> None:
    for slug in ("sales", "sales-2"):
        await routing.admin.made("/v1/ring-groups", {"slug": slug})
    assert [one["slug"] for one in (await routing.admin.get("/v1/ring-groups", slug="sales")).json()["items"]] == [
        "sales"
    ]
    assert (await routing.rival.get("/v1/ring-groups", slug="sales")).json()["items"] == []


async def test_another_tenants_rows_do_not_exist(routing: Routing) -> None:
    made = await routing.admin.made("/v1/ring-groups", {"slug": "sales"})
    for method in ("GET", "DELETE"):
        assert (await routing.rival.ask(method, f"/v1/ring-groups/{made['id']}")).status_code == 404
    assert (await routing.rival.patch(f"/v1/ring-groups/{made['id']}", {"ring_seconds": 9})).status_code == 404
    assert (await routing.rival.get("/v1/ring-groups")).json()["items"] == []
    assert (await routing.rival.get(forwarding())).status_code == 404
    assert (await routing.rival.patch(forwarding(), {"always": "extension:201"})).status_code == 404
    assert (await routing.rival.get("/v1/ring-groups", tenant_id=str(ACME.id))).status_code == 404
    platform = routing.person("platform_admin", tenant=None)
    assert len((await platform.get("/v1/ring-groups", tenant_id=str(ACME.id))).json()["items"]) == 1
    assert (await platform.get("/v1/ring-groups")).json()["code"] == "tenant_required"


async def test_refusals_name_code_and_field_and_leave_nothing(routing: Routing) -> None:
    unknown = {"extension": "999"}
    cases = [
        ("/v1/ring-groups", {"slug": "x", "members": [unknown]}, "extension_unknown", "members.0.extension"),
        ("/v1/ring-groups", {"slug": "Not A Slug"}, "invalid", "slug"),
        ("/v1/ring-groups", {"slug": "x", "unknown": 1}, "invalid", "unknown"),
        ("/v1/ring-groups", {"slug": "x", "no_answer": "extension:"}, "invalid", "no_answer"),
        ("/v1/ring-groups", {"slug": "x", "display_name": "a\nb"}, "invalid", "display_name"),
        ("/v1/inbound-routes", {"number_id": str(id_of("+442071234567"))}, "number_not_owned", "number_id"),
        ("/v1/outbound-rules", {"prefix": "98", "trunk_ids": [str(id_of("x"))]}, "trunk_unknown", "trunk_ids.0"),
        ("/v1/outbound-rules", {"prefix": "+98"}, "invalid", "prefix"),
        ("/v1/routes/try", {"from_extension": "201", "to": "102"}, "extension_unknown", "from_extension"),
    ]  # fmt: skip
    for path, body, code, field in cases:
        answer = await routing.admin.post(path, body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), path
    own = await routing.admin.patch(forwarding(), {"always": "extension:102"})
    assert (own.status_code, own.json()["code"]) == (422, "forwards_to_itself")
    other = await routing.admin.patch("/v1/routing-settings", {"default_caller_id": "+442071234567"})
    assert (other.status_code, other.json()["code"]) == (422, "number_not_owned")
    assert (await routing.admin.get("/v1/ring-groups")).json()["items"] == []
    await routing.admin.made("/v1/ring-groups", {"slug": "sales"})
    taken = await routing.admin.post("/v1/ring-groups", {"slug": "sales"})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "ring_group_slug_taken", "slug")


async def test_a_repeated_post_is_done_once(routing: Routing) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await routing.admin.post("/v1/ring-groups", {"slug": "sales"}, headers=headers)
    again = await routing.admin.post("/v1/ring-groups", {"slug": "sales"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await routing.admin.post("/v1/ring-groups", {"slug": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_who_may(routing: Routing) -> None:
    agent = routing.person("agent")
    assert (await agent.get("/v1/ring-groups")).status_code == 403
    assert (await routing.person("supervisor").post("/v1/ring-groups", {"slug": "x"})).status_code == 403
    key = routing.person(scopes={"routes:write"})
    assert (await key.post("/v1/ring-groups", {"slug": "x"})).status_code == 201
    assert (await key.get("/v1/ring-groups")).status_code == 403
    assert (await routing.client.get("/v1/ring-groups")).status_code == 401


async def test_the_directorys_changes_hold_at_once_and_old_ones_never(routing: Routing) -> None:
    await routing.bus.publish(extension_event(ACME, "104", 5))
    replica = routing.app.http.state.here.replica
    await until(lambda: "104" in replica.config.tenant(ACME.id).by_number)
    await routing.bus.publish(extension_event(ACME, "104", 4, enabled=False))
    await routing.bus.publish(extension_event(RIVAL, "204", 1))
    await until(lambda: "204" in replica.config.tenant(RIVAL.id).by_number)
    assert await rung(routing, "104") == ["phones/104%acme.example"]
    await routing.bus.publish(extension_event(ACME, "104", 6, removed=True))
    await until(lambda: "104" not in replica.config.tenant(ACME.id).by_number)
    assert (await routing.dial("104"))[1] == ("hangup", "UNALLOCATED_NUMBER")


async def test_a_number_leads_in(routing: Routing) -> None:
    answer = await routing.ask(trunk_question(TEHRAN_NUMBER))
    dial = called(read(answer.content))
    assert dial.attempts[0][0].data == "phones/101%acme.example"
    assert dial.on_channel(0, 0)["origination_caller_id_number"] == MOBILE
