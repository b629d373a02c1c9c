"""``seda flow`` and ``seda mailbox`` against a faked API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.fake_api import TENANT, FakeApi, seda

DRAFT = {"start": "end", "nodes": {"end": {"type": "hangup"}}}
MAIN = {
    "id": "0197-f",
    "slug": "main",
    "display_name": "Main",
    "published_version": 2,
    "last_version": 3,
    "revision": 7,
}


@pytest.fixture
def flows(api: FakeApi) -> FakeApi:
    api.put("GET", "/v1/flows", {"items": [MAIN], "next_cursor": None})
    api.put("GET", "/v1/flows/0197-f", {**MAIN, "draft": DRAFT})
    return api


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "main.json"
    path.write_text(json.dumps(DRAFT))
    return str(path)


def sent(api: FakeApi) -> tuple[str, str, Any]:
    assert api.last.url.params["tenant_id"] == TENANT["id"]
    return api.last.method, api.last.url.path, json.loads(api.last.content or b"null")


def test_a_flow_is_made_from_a_file(flows: FakeApi, file: str) -> None:
    flows.put("POST", "/v1/flows", {**MAIN, "draft": DRAFT}, 201)
    shown = seda("flow", "create", "main", file, "--display-name", "Main").stdout
    assert sent(flows) == ("POST", "/v1/flows", {"slug": "main", "display_name": "Main", "draft": DRAFT})
    assert "hangup" not in shown
    assert json.loads(seda("flow", "create", "main", file, "--json").stdout)["draft"] == DRAFT


def test_a_draft_goes_into_a_file_and_back(flows: FakeApi, file: str) -> None:
    flows.put("PATCH", "/v1/flows/0197-f", {**MAIN, "draft": DRAFT})
    assert json.loads(seda("flow", "show", "main", "--draft").stdout) == DRAFT
    seda("flow", "edit", "main", file)
    assert sent(flows) == ("PATCH", "/v1/flows/0197-f", {"draft": DRAFT})
    seda("flow", "edit", "main", file, "--revision", "7")
    assert sent(flows)[2]["revision"] == 7


def test_a_file_that_is_no_json_is_refused_before_anything_is_asked(flows: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{")
    seda("flow", "edit", "main", str(tmp_path / "wrong.json"), status=2)
    assert flows.asked == []


def test_a_flow_that_is_not_there_is_named(flows: FakeApi) -> None:
    assert "no flow other" in seda("flow", "publish", "other", status=1).stderr


def test_publishing_publishes_the_revision_that_there_is(flows: FakeApi) -> None:
    flows.put("POST", "/v1/flows/0197-f/publish", MAIN)
    seda("flow", "publish", "main", "--note", "Nowruz")
    assert sent(flows) == ("POST", "/v1/flows/0197-f/publish", {"revision": 7, "note": "Nowruz"})
    seda("flow", "publish", "main", "--revision", "6")
    assert sent(flows)[2]["revision"] == 6


def test_rolling_back_names_a_version(flows: FakeApi) -> None:
    flows.put("POST", "/v1/flows/0197-f/roll-back", MAIN)
    seda("flow", "roll-back", "main", "1")
    assert sent(flows) == ("POST", "/v1/flows/0197-f/roll-back", {"version": 1, "note": ""})


def test_problems_are_told_by_node_and_make_status_1(flows: FakeApi) -> None:
    found = {"code": "dead_end", "node": "menu", "field": "exits.1", "detail": "leads nowhere", "severity": "error"}
    flows.put("GET", "/v1/flows/0197-f/problems", {"publishable": False, "problems": [found]})
    assert seda("flow", "problems", "main", status=1).stdout.splitlines()[1].split()[:3] == ["error", "menu", "exits.1"]
    flows.put("GET", "/v1/flows/0197-f/problems", {"publishable": True, "problems": []})
    assert json.loads(seda("flow", "problems", "main", "--json").stdout) == {"publishable": True, "problems": []}


def test_a_trial_shows_the_way_and_how_it_ended(flows: FakeApi, tmp_path: Path) -> None:
    step = {"flow": "main", "node": "menu", "type": "menu", "says": "Press [1]", "pressed": "1", "exit": "1"}
    way = {"steps": [step], "ends": "sent_on", "destination": "extension:101", "cause": None}
    flows.put("POST", "/v1/flows/0197-f/try", way)
    (tmp_path / "answers.json").write_text('{"ask": {"http_status": 200}}')
    words = (
        "1",
        "",
        "--at",
        "2027-03-22T10:00+03:30",
        "--caller",
        "+98912",
        "--answers",
        str(tmp_path / "answers.json"),
    )
    shown = seda("flow", "try", "main", *words).stdout
    assert "Press [1]" in shown
    assert shown.rstrip().endswith("sent on extension:101")
    assert sent(flows)[2] == {
        "keys": ["1", ""],
        "at": "2027-03-22T10:00+03:30",
        "caller_number": "+98912",
        "called_number": "",
        "answers": {"ask": {"http_status": 200}},
    }
    assert json.loads(seda("flow", "try", "main", "--json").stdout) == way


def test_versions_are_listed(flows: FakeApi) -> None:
    one = {"version": 2, "published": True, "published_at": "2026-11-01", "published_by": "a@b", "note": "first [/]"}
    flows.put("GET", "/v1/flows/0197-f/versions", {"items": [one]})
    assert "first [/]" in seda("flow", "versions", "main").stdout


def test_a_boxs_messages_are_found_by_its_number(api: FakeApi) -> None:
    api.put("GET", "/v1/mailboxes", {"items": [{"id": "0197-m", "number": "101"}], "next_cursor": None})
    message = {"id": "v1", "state": "new", "caller_number": "+982188776655", "seconds": 12.34}
    api.put("GET", "/v1/mailboxes/0197-m/messages", {"items": [message], "next_cursor": None})
    assert "+982188776655" in seda("mailbox", "messages", "101", "--state", "new").stdout
    assert api.last.url.params["state"] == "new"
    assert json.loads(seda("mailbox", "messages", "101", "--json").stdout) == [message]


def test_a_box_is_made_for_an_extension(api: FakeApi) -> None:
    api.put("POST", "/v1/mailboxes", {"id": "0197-m", "number": "101"}, 201)
    seda("mailbox", "create", "number=101", "quota_messages:=50")
    assert sent(api) == ("POST", "/v1/mailboxes", {"number": "101", "quota_messages": 50})
