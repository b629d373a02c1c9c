"""``seda queue`` and ``seda agent`` against a faked API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.fake_api import TENANT, FakeApi, seda

SUPPORT = {"id": "q1", "slug": "support", "display_name": "", "strategy": "longest_idle", "rings": "", "enabled": True}
SARA = {
    "id": "a1", "display_name": "Sara", "phone": "extension:101", "skills": {"english": 80},
    "queues": [{"queue_id": "q1", "level": 1, "position": 0}],
}  # fmt: skip
NOW = {"agent_id": "a1", "status": "available", "since": "2026-03-14T08:30:00Z"}


@pytest.fixture(autouse=True)
def centre(api: FakeApi) -> None:
    api.put("GET", "/v1/queues", {"items": [SUPPORT], "next_cursor": None})
    api.put("GET", "/v1/agents", {"items": [SARA], "next_cursor": None})


def test_queues_and_agents_are_listed_and_shown(api: FakeApi) -> None:
    assert "longest_idle" in seda("queue", "list").stdout
    assert api.last.url.params["tenant_id"] == TENANT["id"]
    assert api.last.url.port == 8106
    assert "extension:101" in seda("agent", "list").stdout
    assert json.loads(seda("agent", "list", "--json").stdout) == [SARA]
    assert json.loads(seda("queue", "show", "support", "--json").stdout) == SUPPORT
    assert api.last.url.params["slug"] == "support"
    assert json.loads(seda("agent", "show", "Sara", "--json").stdout) == SARA
    assert api.last.url.params["display_name"] == "Sara"
    assert "no queue sales" in seda("queue", "show", "sales", status=1).stderr


def test_queues_and_agents_are_added_changed_and_removed(api: FakeApi) -> None:
    api.put("POST", "/v1/queues", SUPPORT, 201)
    seda("queue", "add", "slug=support", "rings=WT<60: english>50", "ring_seconds:=30")
    assert json.loads(api.last.content) == {"slug": "support", "rings": "WT<60: english>50", "ring_seconds": 30}
    api.put("POST", "/v1/agents", SARA, 201)
    seda("agent", "add", "display_name=Sara", "phone=extension:101", 'skills={"english":80}')
    assert json.loads(api.last.content)["skills"] == {"english": 80}
    api.put("PATCH", "/v1/queues/q1", SUPPORT)
    seda("queue", "update", "support", "enabled=false")
    assert json.loads(api.last.content) == {"enabled": False}
    for word, name, path in (("queue", "support", "/v1/queues/q1"), ("agent", "Sara", "/v1/agents/a1")):
        api.put("DELETE", path, status=204)
        assert f"{word} {name} removed" in seda(word, "remove", name).stdout
        assert (api.last.method, api.last.url.path) == ("DELETE", path)


def test_what_became_of_contacts_is_shown_by_queue_and_agent(api: FakeApi) -> None:
    api.put("GET", "/v1/queue-contacts", {"items": [{"slug": "support", "contacts": 12, "warm": 7}]})
    assert "support" in seda("queue", "contacts").stdout
    assert not {"queue_id", "since"} & api.last.url.params.keys()
    told = seda("queue", "contacts", "support", "--agent", "Sara", "--since", "2026-03-14T00:00:00Z", "--json").stdout
    assert json.loads(told)["items"][0]["warm"] == 7
    asked = api.last.url.params
    assert (asked["queue_id"], asked["agent_id"], asked["since"]) == ("q1", "a1", "2026-03-14T00:00:00Z")


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (("sign-in", "Sara"), "sign-in", None),
        (("sign-out", "Sara", "--as-agent"), "sign-out", {"forced": False}),
        (("pause", "Sara", "lunch", "--seconds", "1800"), "pause", {"reason": "lunch", "seconds": 1800}),
        (("pause", "Sara", "ناهار", "--as-agent"), "pause", {"reason": "ناهار", "forced": False}),
        (("unpause", "Sara"), "unpause", None),
    ],
)
def test_what_an_agent_does_is_changed_and_shown(api: FakeApi, words: tuple[str, ...], path: str, body: Any) -> None:
    api.put("POST", f"/v1/agents/a1/{path}", NOW)
    assert "available" in seda("agent", *words).stdout
    assert json.loads(seda("agent", *words, "--json").stdout) == NOW
    assert api.last.url.path == f"/v1/agents/a1/{path}"
    assert json.loads(api.last.content or b"null") == body


def test_a_change_that_cannot_be_is_told(api: FakeApi) -> None:
    refusal = {"code": "illegal_change", "detail": "Unpause is impossible while offline"}
    api.put("POST", "/v1/agents/a1/unpause", refusal, 409)
    told = seda("agent", "unpause", "Sara", status=1).stderr
    assert told == "refused: Unpause is impossible while offline (illegal_change)\n"


def test_what_an_agent_did_is_shown(api: FakeApi) -> None:
    api.put("GET", "/v1/agents/a1/status", NOW)
    assert "available" in seda("agent", "status", "Sara").stdout
    past = {"status": "paused", "pause_reason": "lunch", "since": "2026-03-14T08:30:00Z", "ended_at": None}
    api.put("GET", "/v1/agents/a1/history", {"items": [past], "next_cursor": None})
    assert "lunch" in seda("agent", "history", "Sara").stdout
    api.put("GET", "/v1/agents/a1/attendance", {"talk_seconds": 1800.0})
    assert "1800.0" in seda("agent", "attendance", "Sara", "2026-03-14").stdout
    assert api.last.url.params["day"] == "2026-03-14"


def test_an_agent_joins_and_leaves_a_queue(api: FakeApi) -> None:
    member = {"agent_id": "a1", "display_name": "Sara", "phone": "extension:101", "level": 2, "position": 0}
    api.put("PUT", "/v1/queues/q1/agents/a1", member)
    assert json.loads(seda("queue", "join", "support", "Sara", "--level", "2", "--json").stdout) == member
    assert json.loads(api.last.content) == {"level": 2, "position": 0}
    api.put("GET", "/v1/queues/q1/agents", {"items": [member], "next_cursor": None})
    assert "extension:101" in seda("queue", "agents", "support").stdout
    api.put("DELETE", "/v1/queues/q1/agents/a1", status=204)
    assert "Sara no longer serves support" in seda("queue", "leave", "support", "Sara").stdout


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("move", "e1", "support"), {"queue_id": "q1"}),
        (("front", "e1"), None),
        (("prioritise", "e1", "5"), {"priority": 5}),
        (("send", "e1", "hangup:normal"), {"destination": "hangup:normal"}),
    ],
)
def test_a_supervisor_steers_who_waits(api: FakeApi, words: tuple[str, ...], body: dict[str, Any] | None) -> None:
    api.put("POST", f"/v1/waiting/e1/{words[0]}", {"entry_id": "e1", "position": 1})
    assert "e1" in seda("queue", *words).stdout
    assert (json.loads(api.last.content) if api.last.content else None) == body


def test_who_waits_is_shown_and_an_agent_list_is_taken_in(api: FakeApi, tmp_path: Any) -> None:
    caller = {"position": 1, "caller_number": "+989121234567", "waited_seconds": 12.34, "entry_id": "e1"}
    shown = {"queue_id": "q1", "callers": 1, "items": [caller]}
    api.put("GET", "/v1/queues/q1/waiting", shown)
    assert "+989121234567" in seda("queue", "waiting", "support").stdout
    assert json.loads(seda("queue", "waiting", "support", "--json").stdout) == shown
    row = {"row": 1, "display_name": "Reza", "status": "created", "errors": []}
    api.put("POST", "/v1/agents/import", {"rows": [row], "refused": 0})
    file = tmp_path / "agents.csv"
    file.write_text("display_name,phone\nReza,extension:102\n")
    assert "Reza" in seda("agent", "import", str(file)).stdout
    assert api.last.headers["content-type"] == "text/csv"


def test_callbacks_are_listed_cancelled_and_moved(api: FakeApi) -> None:
    callback = {"state": "waiting", "number": "+989121234567", "asked_at": NOW["since"], "attempts": 1}
    one = {"entry_id": "e1", "queue_id": "q1", "caller_name": "Ali", "callback": callback}
    api.put("GET", "/v1/callbacks", {"items": [one], "next_cursor": None})
    assert "+989121234567" in seda("queue", "callbacks", "support").stdout
    assert (api.last.url.params["queue_id"], api.last.url.params["state"]) == ("q1", "waiting")
    assert json.loads(seda("queue", "callbacks", "--state", "", "--json").stdout) == [one]
    assert "state" not in api.last.url.params
    api.put("POST", "/v1/callbacks/e1/cancel", one)
    assert "is not called back" in seda("queue", "cancel-callback", "e1").stdout
    api.put("POST", "/v1/callbacks/e1/move", one)
    seda("queue", "move-callback", "e1", "support")
    assert json.loads(api.last.content) == {"queue_id": "q1"}
