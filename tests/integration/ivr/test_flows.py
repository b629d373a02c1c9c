"""Flows over REST: written, checked, published, rolled back, tried out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from shared.contracts.acd import QueueChanged
from shared.contracts.routing import RoutingConfigChanged
from shared.telephony.ids import new_id
from tests.integration.ivr.world import Ivr
from tests.support.nats_server import until
from tests.unit.routing.town import ACME

END = {"type": "hangup"}
GOOD = {
    "start": "menu",
    "nodes": {
        "menu": {"type": "menu", "announcement": [{"text": "Press 1 for Sara"}], "exits": {"1": "sara", "2": "end"}},
        "sara": {"type": "extension", "number": "101"},
        "end": END,
    },
}
BAD = {
    "start": "menu",
    "languages": ["en", "fa"],
    "nodes": {
        "menu": {"type": "menu", "announcement": "welcome", "exits": {"1": "gone", "2": "nobody"}},
        "nobody": {"type": "extension", "number": "999"},
        "lost": {"type": "play", "announcement": [{"text": {"en": "Hi"}}]},
        "inner": {"type": "subflow", "flow": "other", "exits": {"done": "inner"}},
    },
}


async def made(ivr: Ivr, slug: str = "main", draft: Any = GOOD) -> dict[str, Any]:
    return await ivr.admin.made("/v1/flows", {"slug": slug, "draft": draft})


async def published(ivr: Ivr, slug: str = "main", draft: Any = GOOD) -> dict[str, Any]:
    flow = await made(ivr, slug, draft)
    answer = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": flow["revision"]})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


LEADING = {
    "start": "menu",
    "fallback": "voicemail:102",
    "nodes": {
        "menu": {
            "type": "menu",
            "announcement": [{"text": "Press 1, 2 or 3"}],
            "exits": {"1": "sales", "2": "box", "3": "queue"},
        },
        "sales": {"type": "ring_group", "group": "sales"},
        "box": {"type": "voicemail", "mailbox": "101"},
        "queue": {"type": "queue", "queue": "care"},
    },
}


async def has_queue(ivr: Ivr, slug: str) -> QueueChanged:
    """The tenant has a queue that takes calls."""
    told = QueueChanged(tenant_id=ACME.id, id=new_id(), revision=1, slug=slug)
    await ivr.bus.publish(told)
    await until(lambda: slug in ivr.library.tenant(ACME.id).queues.values())
    return told


async def missing(ivr: Ivr, flow: dict[str, Any]) -> list[str]:
    """What the flow's draft leads to that is not there."""
    found = (await ivr.admin.get(f"/v1/flows/{flow['id']}/problems")).json()["problems"]
    return [one["detail"] for one in found if one["code"] == "missing_target"]


async def test_ring_groups_and_mailboxes_must_be_there_to_lead_callers_to_them(ivr: Ivr) -> None:
    await has_queue(ivr, "care")
    flow = await made(ivr, draft=LEADING)
    away = [f"there is no {target}" for target in ("voicemail:102", "ring-group:sales", "voicemail:101")]
    assert sorted(await missing(ivr, flow)) == sorted(away)
    refused = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": flow["revision"]})
    assert refused.json()["code"] == "flow_has_problems"
    for number in ("101", "102"):
        await ivr.admin.made("/v1/mailboxes", {"number": number})
    told = RoutingConfigChanged(tenant_id=ACME.id, id=ACME.id, revision=1, ring_groups=("sales", "support"))
    await ivr.bus.publish(told)
    await until(lambda: ivr.library.tenant(ACME.id).ring_groups == {"sales", "support"})
    assert await missing(ivr, flow) == []
    published = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": flow["revision"]})
    assert published.status_code == 200
    fewer = RoutingConfigChanged(tenant_id=ACME.id, id=ACME.id, revision=2, ring_groups=("support",))
    await ivr.bus.publish(fewer)
    await until(lambda: ivr.library.tenant(ACME.id).ring_groups == {"support"})
    assert await missing(ivr, flow) == ["there is no ring-group:sales"]


async def test_a_queue_must_take_calls_to_have_callers_led_to_it(ivr: Ivr) -> None:
    nodes = {"queue": {"type": "queue", "queue": "support", "exits": {}}}
    flow = await made(ivr, draft={"start": "queue", "nodes": nodes})
    assert await missing(ivr, flow) == ["there is no queue:support"]
    support = await has_queue(ivr, "support")
    assert await missing(ivr, flow) == []
    await ivr.bus.publish(QueueChanged(tenant_id=ACME.id, id=support.id, revision=2, slug="support", enabled=False))
    await until(lambda: not ivr.library.tenant(ACME.id).queues)
    assert await missing(ivr, flow) == ["there is no queue:support"]


async def test_what_routing_did_not_say_is_not_held_against_a_flow(ivr: Ivr) -> None:
    await has_queue(ivr, "care")
    await ivr.bus.publish(RoutingConfigChanged(tenant_id=ACME.id, id=ACME.id, revision=1))
    await until(lambda: ivr.library.tenant(ACME.id).ring_groups is None)
    found = await missing(ivr, await made(ivr, draft=LEADING))
    assert sorted(found) == ["there is no voicemail:101", "there is no voicemail:102"]


async def test_the_first_caller_of_a_published_text_does_not_wait_for_the_synthesiser(ivr: Ivr, tmp_path: Path) -> None:
    flow = await made(ivr)
    assert list((tmp_path / "media").glob("spoken/*/*.wav")) == []
    await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": flow["revision"]})
    await until(lambda: len(list((tmp_path / "media").glob("spoken/*/*.wav"))) == 1)


async def test_a_flow_is_written_published_and_in_memory(ivr: Ivr) -> None:
    flow = await made(ivr)
    assert (flow["published_version"], flow["revision"], flow["tenant_id"]) == (None, 1, str(ACME.id))
    assert flow["draft"]["nodes"]["menu"]["tries"] == 3
    assert ivr.library.tenant(ACME.id).library().by_slug("main") is None
    answer = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": 1, "note": "first"})
    assert (answer.status_code, answer.json()["published_version"]) == (200, 1)
    assert answer.headers["etag"] == f'"{answer.json()["revision"]}"'
    found = ivr.library.tenant(ACME.id).library().by_slug("main")
    assert found is not None
    assert found.document.start == "menu"
    versions = (await ivr.admin.get(f"/v1/flows/{flow['id']}/versions")).json()["items"]
    assert [(one["version"], one["published"], one["published_by"], one["note"]) for one in versions] == [
        (1, True, "user:1", "first")
    ]
    shown = (await ivr.admin.get(f"/v1/flows/{flow['id']}/versions/1")).json()
    assert shown["document"]["start"] == "menu"


async def test_every_problem_is_named_by_node_and_nothing_is_published(ivr: Ivr) -> None:
    flow = await made(ivr, draft=BAD)
    found = (await ivr.admin.get(f"/v1/flows/{flow['id']}/problems")).json()
    assert not found["publishable"]
    named = {(one["node"], one["code"], one["field"]) for one in found["problems"]}
    assert named >= {
        ("menu", "missing_prompt", "announcement"),
        ("menu", "unknown_node", "exits.1"),
        ("nobody", "missing_target", ""),
        ("lost", "unreachable", ""),
        ("lost", "dead_end", "exits.done"),
        ("lost", "missing_language", "announcement"),
        ("inner", "unreachable", ""),
        ("inner", "loop_without_input", "exits"),
        ("inner", "missing_target", "flow"),
    }
    refused = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "flow_has_problems")
    assert {"field": "nodes.menu.exits.1", "code": "unknown_node"}.items() <= next(
        one for one in refused.json()["errors"] if one["field"] == "nodes.menu.exits.1"
    ).items()
    after = (await ivr.admin.get(f"/v1/flows/{flow['id']}")).json()
    assert (after["published_version"], after["last_version"], after["revision"]) == (None, 0, 1)


async def test_two_editors_publish_and_the_second_is_told(ivr: Ivr) -> None:
    flow = await made(ivr)
    path = f"/v1/flows/{flow['id']}/publish"
    sara, reza = ivr.person("tenant_admin", subject="user:sara"), ivr.person("tenant_admin", subject="user:reza")
    answers = await asyncio.gather(sara.post(path, {"revision": 1}), reza.post(path, {"revision": 1}))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused = next(answer for answer in answers if answer.status_code == 412)
    assert refused.json()["code"] == "revision_conflict"
    assert len((await ivr.admin.get(f"/v1/flows/{flow['id']}/versions")).json()["items"]) == 1


async def test_two_editors_write_and_the_second_is_told(ivr: Ivr) -> None:
    flow = await made(ivr)
    path = f"/v1/flows/{flow['id']}"
    first = await ivr.admin.patch(path, {"draft": BAD, "revision": 1})
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    for options in (
        {"body": {"draft": GOOD, "revision": 1}},
        {"body": {"draft": GOOD}, "headers": {"If-Match": '"1"'}},
    ):
        assert (await ivr.admin.patch(path, **options)).status_code == 412
    assert (await ivr.admin.get(path)).json()["draft"]["nodes"].keys() == BAD["nodes"].keys()  # type: ignore[attr-defined]


async def test_a_flow_is_asked_for_by_its_slug(ivr: Ivr) -> None:
    for slug in ("main", "main-2"):
        await made(ivr, slug)
    assert [one["slug"] for one in (await ivr.admin.get("/v1/flows", slug="main")).json()["items"]] == ["main"]
    assert (await ivr.rival.get("/v1/flows", slug="main")).json()["items"] == []


async def test_a_draft_does_not_touch_calls(ivr: Ivr) -> None:
    flow = await published(ivr)
    await ivr.admin.patch(f"/v1/flows/{flow['id']}", {"draft": {**GOOD, "start": "end"}, "display_name": "Main"})
    found = ivr.library.tenant(ACME.id).library().by_slug("main")
    assert found is not None
    assert (found.ref.version, found.document.start) == (1, "menu")


async def test_rolling_back_publishes_again(ivr: Ivr) -> None:
    flow = await published(ivr)
    path = f"/v1/flows/{flow['id']}"
    changed = (await ivr.admin.patch(path, {"draft": {"start": "sara", "nodes": {"sara": END}}})).json()
    again = await ivr.admin.post(f"{path}/publish", {"revision": changed["revision"]})
    assert again.json()["published_version"] == 2
    back = (await ivr.admin.post(f"{path}/roll-back", {"version": 1})).json()
    assert (back["published_version"], back["draft"]["start"]) == (3, "sara")
    found = ivr.library.tenant(ACME.id).library().by_slug("main")
    assert found is not None
    assert (found.ref.version, found.document.start) == (3, "menu")
    assert (await ivr.admin.post(f"{path}/roll-back", {"version": 9})).status_code == 404
    gone = (await ivr.admin.post(f"{path}/unpublish")).json()
    assert gone["published_version"] is None
    assert ivr.library.tenant(ACME.id).library().by_slug("main") is None


async def test_a_flow_that_others_enter_stays(ivr: Ivr) -> None:
    inner = await published(ivr, "inner", {"start": "back", "nodes": {"back": {"type": "return"}}})
    enters = {
        "start": "in",
        "nodes": {"in": {"type": "subflow", "flow": "inner", "exits": {"done": "end"}}, "end": END},
    }
    outer = await published(ivr, "outer", enters)
    for method, path in (("DELETE", f"/v1/flows/{inner['id']}"), ("POST", f"/v1/flows/{inner['id']}/unpublish")):
        refused = await ivr.admin.ask(method, path)
        assert (refused.status_code, refused.json()["code"]) == (409, "flow_in_use")
    assert (await ivr.admin.delete(f"/v1/flows/{outer['id']}")).status_code == 204
    assert (await ivr.admin.delete(f"/v1/flows/{inner['id']}")).status_code == 204
    assert (await ivr.admin.get("/v1/flows")).json()["items"] == []


async def test_a_flow_that_enters_itself_is_not_published(ivr: Ivr) -> None:
    flow = await published(ivr)
    itself = {"start": "in", "nodes": {"in": {"type": "subflow", "flow": "main", "exits": {"done": "e"}}, "e": END}}
    changed = (await ivr.admin.patch(f"/v1/flows/{flow['id']}", {"draft": itself})).json()
    refused = await ivr.admin.post(f"/v1/flows/{flow['id']}/publish", {"revision": changed["revision"]})
    assert [one["code"] for one in refused.json()["errors"]] == ["subflow_loop"]


async def test_refusals_name_the_field(ivr: Ivr) -> None:
    cases = [
        ({"slug": "Not A Slug", "draft": GOOD}, "slug"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {}}}, "draft.nodes"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {"a": {"type": "teleport"}}}}, "draft.nodes.a"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {"a": {"type": "queue"}}}}, "draft.nodes.a.queue.queue"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {"a": {**END, "x": 1}}}}, "draft.nodes.a.hangup.x"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {"a": {**END, "name": "a\x00b"}}}}, "draft"),
        ({"slug": "x", "draft": {"start": "a", "nodes": {"a": {**END, "name": "\ud800"}}}}, "draft"),
    ]  # fmt: skip
    for body, field in cases:
        answer = await ivr.admin.ask(
            "POST", "/v1/flows", content=ascii_json(body), headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    await made(ivr)
    taken = await ivr.admin.post("/v1/flows", {"slug": "main", "draft": GOOD})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "flow_slug_taken", "slug")


def ascii_json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode("ascii")


async def test_a_flow_is_at_most_a_megabyte(ivr: Ivr) -> None:
    words = [{"text": "x" * 1000}] * 20
    nodes = {f"n{place}": {"type": "play", "announcement": words} for place in range(60)}
    answer = await ivr.admin.post("/v1/flows", {"slug": "x", "draft": {"start": "n0", "nodes": nodes}})
    assert (answer.status_code, answer.json()["field"]) == (422, "draft")


async def test_another_tenants_flows_do_not_exist(ivr: Ivr) -> None:
    flow = await published(ivr)
    path = f"/v1/flows/{flow['id']}"
    asked = [
        ("GET", "", None),
        ("PATCH", "", {"display_name": "mine"}),
        ("DELETE", "", None),
        ("GET", "/problems", None),
        ("GET", "/versions", None),
        ("GET", "/versions/1", None),
        ("POST", "/publish", {"revision": 1}),
        ("POST", "/roll-back", {"version": 1}),
        ("POST", "/unpublish", None),
        ("POST", "/try", {}),
    ]
    for method, rest, body in asked:
        answer = await ivr.rival.ask(method, path + rest, json=body)
        assert answer.status_code == 404, (method, rest)
    assert (await ivr.rival.get("/v1/flows")).json()["items"] == []
    assert (await ivr.rival.post("/v1/flows", {"slug": "main", "draft": GOOD})).status_code == 201
    platform = ivr.person("platform_admin", tenant=None)
    assert len((await platform.get("/v1/flows", tenant_id=str(ACME.id))).json()["items"]) == 1
    assert (await platform.get("/v1/flows")).json()["code"] == "tenant_required"


async def test_who_may(ivr: Ivr) -> None:
    for role in ("manager", "supervisor", "quality"):
        assert (await ivr.person(role).get("/v1/flows")).status_code == 200
        assert (await ivr.person(role).post("/v1/flows", {"slug": "x", "draft": GOOD})).status_code == 403
    assert (await ivr.person("agent").get("/v1/flows")).status_code == 403
    key = ivr.person(scopes={"flows:write"})
    assert (await key.post("/v1/flows", {"slug": "x", "draft": GOOD})).status_code == 201
    assert (await key.get("/v1/flows")).status_code == 403
    assert (await ivr.client.get("/v1/flows")).status_code == 401


async def test_a_repeated_post_is_done_once(ivr: Ivr) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await ivr.admin.post("/v1/flows", {"slug": "main", "draft": GOOD}, headers=headers)
    again = await ivr.admin.post("/v1/flows", {"slug": "main", "draft": GOOD}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    path = f"/v1/flows/{first.json()['id']}/publish"
    for _ in range(2):
        answer = await ivr.admin.post(path, {"revision": 1}, headers={"Idempotency-Key": "k2"})
        assert (answer.status_code, answer.json()["published_version"]) == (200, 1)


async def test_trying_a_draft_and_a_version(ivr: Ivr) -> None:
    flow = await published(ivr)
    path = f"/v1/flows/{flow['id']}"
    tried = (await ivr.admin.post(f"{path}/try", {"keys": ["", "1"], "at": "2026-03-14T10:00:00+03:30"})).json()
    assert [(one["node"], one["says"], one["pressed"], one["exit"]) for one in tried["steps"]] == [
        ("menu", "Press 1 for Sara", "", None),
        ("menu", "[ivr-no-input] Press 1 for Sara", "1", "1"),
        ("sara", None, None, None),
    ]
    assert (tried["ends"], tried["destination"]) == ("sent_on", "extension:101")
    await ivr.admin.patch(path, {"draft": {**GOOD, "start": "end"}})
    assert (await ivr.admin.post(f"{path}/try", {})).json()["ends"] == "hung_up"
    assert (await ivr.admin.post(f"{path}/try", {"version": 1})).json()["ends"] == "waits_for_keys"
    assert (await ivr.admin.post(f"{path}/try", {"version": 2})).status_code == 404
    refused = await ivr.admin.post(f"{path}/try", {"answers": {"sara": {"outcome": "NO_SUCH_CAUSE"}}})
    assert (refused.status_code, refused.json()["code"]) == (422, "cause_unknown")


async def test_kinds_of_nodes_are_described(ivr: Ivr) -> None:
    kinds = {one["type"]: one for one in (await ivr.person("agent").get("/v1/flow-nodes")).json()["items"]}
    assert len(kinds) == 23
    assert kinds["play"]["must_exit"] == ["done"]
    assert kinds["gather"]["config_schema"]["properties"]["variable"]["description"]
    assert all(one["description"] for one in kinds.values())
