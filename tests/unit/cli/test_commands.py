"""The command line against a faked API: what it asks, what it prints, how it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import typer

from services.cli import session
from services.cli.__main__ import app
from shared.http.client import ApiClient
from tests.unit.cli.fake_api import SARA, TENANT, FakeApi, seda


def commands(command: Any, name: str = "seda") -> Iterator[tuple[str, Any]]:
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {word}")
    if not hasattr(command, "commands"):
        yield name, command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_there_is_a_group_for_each_kind_of_thing() -> None:
    groups = {name.split()[1] for name in COMMANDS}
    assert groups >= {"tenant", "extension", "device", "number", "trunk", "call", "record", "node", "tail"}
    assert groups >= {"flow", "prompt", "mailbox", "customer", "survey", "callback", "queue", "agent"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json(name: str) -> None:
    assert "--json" in {option for parameter in COMMANDS[name].params for option in parameter.opts}


def test_a_call_is_placed_by_naming_two_extensions(api: FakeApi) -> None:
    api.put("POST", "/v1/calls", {"call_id": "c1", "node_id": "n1"})
    done = seda("call", "101", "102", "--json")
    assert json.loads(api.last.content) == {"from_extension": "101", "to": "102"}
    assert api.last.url.params["tenant_id"] == TENANT["id"]
    assert json.loads(done.stdout) == {"call_id": "c1", "node_id": "n1"}


@pytest.mark.parametrize(
    ("words", "method", "path", "body"),
    [
        (("call", "hangup", "c1"), "DELETE", "/v1/calls/c1", None),
        (("call", "transfer", "c1", "103"), "POST", "/v1/calls/c1/transfer", {"to": "103"}),
        (("call", "hold", "c1"), "POST", "/v1/calls/c1/hold", None),
        (("call", "unhold", "c1"), "POST", "/v1/calls/c1/unhold", None),
        (("call", "recording", "c1", "mask"), "POST", "/v1/calls/c1/recording", {"action": "mask"}),
        (("node", "drain", "n1"), "POST", "/v1/nodes/n1/drain", None),
        (("node", "undrain", "n1"), "POST", "/v1/nodes/n1/undrain", None),
        (("extension", "delete", "101"), "DELETE", "/v1/extensions/0197-e", None),
    ],
)
def test_what_is_done_is_said_and_is_null_for_programs(
    api: FakeApi, words: tuple[str, ...], method: str, path: str, body: Any
) -> None:
    api.put(method, path, status=204)
    assert seda(*words).stdout.strip()
    assert json.loads(seda(*words, "--json").stdout) is None
    assert (api.last.method, api.last.url.path) == (method, path)
    assert json.loads(api.last.content or b"null") == body


def test_an_id_is_one_word_of_the_path_whatever_stands_in_it(api: FakeApi) -> None:
    seda("call", "hangup", "../extensions/0197-e?x=#", status=1)
    assert api.last.url.raw_path.startswith(b"/v1/calls/..%2Fextensions%2F0197-e%3Fx%3D%23?")


def test_a_refusal_is_one_line_as_it_was_told_and_status_1(api: FakeApi) -> None:
    done = seda("record", "show", "c9", status=1)
    assert done.stderr.strip() == "refused: no /v1/call-records/c9 [/red] (not_found)"
    name = "[b]" + 90 * "9" + "[/]"
    assert seda("extension", "show", name, status=1).stderr == f"refused: no extension {name} (not_found)\n"


def test_texts_of_tenants_are_shown_as_they_are(api: FakeApi) -> None:
    assert "Sara [/red] Ahmadi" in seda("extension", "list").stdout
    assert "Sara [/red] Ahmadi" in seda("extension", "show", "101").stdout


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "nonsense", "ftp://127.0.0.1"])
def test_a_service_that_cannot_be_asked_is_one_line_and_status_2(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(session, "ApiClient", ApiClient)
    monkeypatch.setenv("SEDA_DIRECTORY_URL", url)
    assert seda("tenant", "list", status=2).stderr.startswith("cannot ask: directory")


def test_something_else_that_answers_there_is_told_so(api: FakeApi) -> None:
    api.answers["GET", "/v1/tenants"] = httpx.Response(200, text="<html>hello</html>")
    assert "is not Seda's directory" in seda("tenant", "list", status=2).stderr


def test_a_profile_that_is_none_is_told(api: FakeApi, tmp_path: Any) -> None:
    (tmp_path / "cli.json").write_text('{"colour": "red"}')
    assert "cli.json" in seda("tenant", "list", status=2).stderr


def test_numbers_stay_text_unless_asked_for(api: FakeApi) -> None:
    api.put("POST", "/v1/extensions", SARA)
    seda("extension", "create", "number=101", "max_calls:=5", "enabled=false", "display_name=a=b")
    assert json.loads(api.last.content) == {"number": "101", "max_calls": 5, "enabled": False, "display_name": "a=b"}


@pytest.mark.parametrize("field", ["number", "=101", "max_calls:=five", "max_calls:=NaN", "prefixes=[1"])
def test_a_field_that_is_none_is_refused_before_anything_is_asked(api: FakeApi, field: str) -> None:
    seda("extension", "create", field, status=2)
    assert [request for request in api.asked if request.url.path == "/v1/extensions"] == []


def test_a_device_is_made_at_its_extension(api: FakeApi) -> None:
    api.put("POST", "/v1/extensions/0197-e/devices", {"id": "d1", "password": "once"})
    assert "once" in seda("device", "create", "extension=101").stdout
    assert json.loads(api.last.content) == {}
    assert "whose device" in seda("device", "create", "sip_username=101", status=1).stderr


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("people.csv", b"number,display_name\n104,\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa7\n", "text/csv"),
        ("people.json", b'[{"number": "104"}]', "application/json"),
    ],
)
def test_a_file_is_sent_as_it_is_and_its_report_shown(
    api: FakeApi, tmp_path: Any, name: str, content: bytes, media_type: str
) -> None:
    (tmp_path / name).write_bytes(content)
    row = {"row": 1, "number": "104", "status": "created", "device": {"sip_username": "104", "password": "once"}}
    api.put("POST", "/v1/extensions/import", {"refused": 0, "rows": [row]})
    assert "once" in seda("extension", "import", str(tmp_path / name)).stdout
    assert (api.last.content, api.last.headers["content-type"]) == (content, media_type)
    assert api.last.url.params["mode"] == "best_effort"


def test_a_refused_row_is_named_and_makes_status_1(api: FakeApi, tmp_path: Any) -> None:
    (tmp_path / "numbers.csv").write_text("e164\n+98\n")
    wrong = {"row": 1, "number": None, "status": "refused", "errors": [{"field": "e164", "detail": "is no number"}]}
    api.put("POST", "/v1/numbers/import", {"refused": 1, "rows": [wrong]})
    words = ("number", "import", str(tmp_path / "numbers.csv"), "--all-or-nothing", "--dry-run")
    assert "e164: is no number" in seda(*words, status=1).stdout
    assert dict(api.last.url.params) == {"tenant_id": "0197-t", "mode": "all_or_nothing", "dry_run": "true"}
    assert json.loads(seda(*words, "--json", status=1).stdout)["rows"] == [wrong]


def test_a_key_of_the_platform_may_name_a_tenant_and_one_of_a_tenant_needs_not(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEDA_API_KEY", "seda_key")
    seda("extension", "list")
    assert "tenant_id" not in api.last.url.params
    seda("extension", "list", "--tenant", "demo")
    assert api.last.url.params["tenant_id"] == TENANT["id"]


def test_a_list_stops_at_its_limit(api: FakeApi) -> None:
    api.put("GET", "/v1/extensions", {"items": [SARA, SARA, SARA], "next_cursor": "more"})
    assert len(json.loads(seda("extension", "list", "--limit", "5", "--json").stdout)) == 5


def test_a_call_that_a_program_placed_shows_whom_it_calls(api: FakeApi) -> None:
    own = {"leg_id": "c1", "leg_direction": "outbound", "caller_number": "101", "called_number": "101"}
    other = {"leg_id": "l2", "leg_direction": "outbound", "caller_number": "101", "called_number": "102"}
    api.put("GET", "/v1/calls", {"items": [{"call_id": "c1", "direction": "internal", "legs": [own, other]}]})
    assert seda("call", "list").stdout.splitlines()[1].split() == ["-", "internal", "101", "102", "-", "2"]


def test_a_callers_name_does_not_steer_the_terminal(api: FakeApi) -> None:
    record = {"caller_number": "101", "caller_name": "\x1b[2JBob\r\n\u202eForged", "call_id": "c1"}
    api.put("GET", "/v1/call-records/c1", record)
    shown = seda("record", "show", "c1").stdout
    assert "\x1b" not in shown
    assert " [2JBob Forged" in shown
    assert json.loads(seda("record", "show", "c1", "--json").stdout) == record


def test_a_callers_name_does_not_end_the_events(api: FakeApi) -> None:
    told = [{"type": "call.created", "caller_name": "a\u2028b\u0085c\u2029d\x0be\rf"}, {"type": "call.hung_up"}]
    lines = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in told)
    api.answers["GET", "/v1/events"] = httpx.Response(200, content=lines.encode())
    assert [json.loads(line) for line in seda("tail", "--json").stdout.strip().split("\n")] == told


def test_events_are_followed_line_by_line(api: FakeApi) -> None:
    event = {"type": "call.created", "occurred_at": "2026-11-01T10:00:00Z", "caller_name": "[/] Mallory", "version": 1}
    api.answers["GET", "/v1/events"] = httpx.Response(200, text=f": hello\n\ndata: {json.dumps(event)}\n\n")
    assert json.loads(seda("tail", "--json", "--only", "call.").stdout) == event
    assert api.last.url.params["only"] == "call."
    assert "caller_name=[/] Mallory" in seda("tail").stdout
