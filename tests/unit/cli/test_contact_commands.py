"""``seda contact`` against a faked API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.fake_api import TENANT, FakeApi, seda

TALKS = {
    "entry_id": "e1", "queue_id": "q1", "agent_id": "a1", "caller_number": "+989121112233", "caller_name": "Ali",
    "consult": "agent:a2", "consult_state": "talking", "supervisors": [{"mode": "whisper", "phone": "extension:110"}],
}  # fmt: skip
BARGE = {"mode": "barge", "phone": "extension:9"}
SARA, REZA = {"id": "a1", "display_name": "Sara"}, {"id": "a2", "display_name": "Reza"}


@pytest.fixture(autouse=True)
def centre(api: FakeApi) -> None:
    api.put("GET", "/v1/floor", {"talking": [TALKS, {**TALKS, "entry_id": "e2", "queue_id": "q2"}]})
    api.put("GET", "/v1/agents", {"items": [SARA, REZA], "next_cursor": None})
    api.put("GET", "/v1/queues", {"items": [{"id": "q1", "slug": "support"}], "next_cursor": None})


def test_who_talks_with_whom_is_listed_by_name() -> None:
    shown = seda("contact", "list").stdout
    for word in ("Sara", "Reza", "talking", "whisper extension:110", "e1", "e2"):
        assert word in shown
    assert [one["entry_id"] for one in json.loads(seda("contact", "list", "--queue", "support", "--json").stdout)] == [
        "e1"
    ]


@pytest.mark.parametrize(
    ("words", "path", "body"),
    [
        (("transfer", "e1", "queue:sales"), "transfer", {"destination": "queue:sales"}),
        (("transfer", "e1", "--agent", "Reza"), "transfer", {"agent_id": "a2"}),
        (("put-back", "e1"), "put-back", None),
        (("end", "e1"), "end", None),
        (("consult", "e1", "extension:102"), "consult", {"destination": "extension:102"}),
        (("consult", "e1", "--agent", "Reza"), "consult", {"agent_id": "a2"}),
        (("complete", "e1"), "consult/complete", None),
        (("swap", "e1"), "consult/swap", None),
        (("conference", "e1"), "consult/conference", None),
        (("cancel", "e1"), "consult/cancel", None),
        (("supervise", "e1", "listen"), "supervise", {"mode": "listen"}),
        (("supervise", "e1", "barge", "--phone", "extension:9"), "supervise", BARGE),
    ],
)  # fmt: skip
def test_contacts_are_changed_and_shown(api: FakeApi, words: tuple[str, ...], path: str, body: Any) -> None:
    api.put("POST", f"/v1/contacts/e1/{path}", TALKS)
    assert "Ali" in seda("contact", *words).stdout
    assert (api.last.url.path, api.last.url.params["tenant_id"]) == (f"/v1/contacts/e1/{path}", TENANT["id"])
    assert json.loads(api.last.content or b"null") == body


def test_who_listens_stops(api: FakeApi) -> None:
    api.put("DELETE", "/v1/contacts/e1/supervise", status=204)
    assert "do not listen to e1" in seda("contact", "stop", "e1").stdout


@pytest.mark.parametrize("to", [(), ("extension:102", "--agent", "Reza")])
def test_a_caller_goes_to_one_place(api: FakeApi, to: tuple[str, ...]) -> None:
    assert "either a destination or --agent" in seda("contact", "transfer", "e1", *to, status=2).stderr


def test_an_agent_who_is_busy_is_told(api: FakeApi) -> None:
    refusal = {"code": "illegal_change", "detail": "the agent is on_contact"}
    api.put("POST", "/v1/contacts/e1/consult", refusal, 409)
    assert "the agent is on_contact" in seda("contact", "consult", "e1", "--agent", "Reza", status=1).stderr
