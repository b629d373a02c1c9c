"""``seda prompt``, ``seda customer``, ``seda survey`` and ``seda callback`` against a faked API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.fake_api import TENANT, FakeApi, seda

WELCOME = {"id": "0197-p", "slug": "welcome", "languages": [{"language": "fa", "seconds": 3.21}]}
SOUND = {"language": "fa", "seconds": 3.2, "loudness_lufs": -23.0, "source": "wav/pcm"}


@pytest.fixture
def prompts(api: FakeApi) -> FakeApi:
    api.put("GET", "/v1/prompts", {"items": [WELCOME], "next_cursor": None})
    api.put("PUT", "/v1/prompts/0197-p/languages/fa", SOUND)
    return api


def test_a_list_says_in_which_languages_a_prompt_is_there(prompts: FakeApi) -> None:
    assert "fa (3.2 s)" in seda("prompt", "list").stdout
    assert json.loads(seda("prompt", "list", "--json").stdout) == [WELCOME]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.wav", "audio/wav"), ("a.MP3", "audio/mpeg"), ("a.ogg", "audio/ogg"), ("a", "application/octet-stream")],
)
def test_a_recording_is_sent_as_it_is(prompts: FakeApi, tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_bytes(b"RIFF\x00\xff")
    assert "-23.0" in seda("prompt", "upload", "welcome", "fa", str(tmp_path / name)).stdout
    assert (prompts.last.method, prompts.last.content) == ("PUT", b"RIFF\x00\xff")
    assert prompts.last.headers["content-type"] == media_type
    assert prompts.last.url.params["tenant_id"] == TENANT["id"]


def test_a_text_is_spoken(prompts: FakeApi) -> None:
    assert json.loads(seda("prompt", "say", "welcome", "fa", "خوش آمدید", "--json").stdout) == SOUND
    assert (prompts.last.method, json.loads(prompts.last.content)) == ("PUT", {"text": "خوش آمدید"})


def test_a_language_that_seda_does_not_speak_is_refused_before_anything_is_asked(prompts: FakeApi) -> None:
    seda("prompt", "say", "welcome", "de", "Willkommen", status=2)
    assert prompts.asked == []


def test_who_plays_a_prompt_is_listed(prompts: FakeApi) -> None:
    use = {"flow": "main", "version": 2, "node": "menu", "field": "announcement"}
    prompts.put("GET", "/v1/prompts/0197-p/used-by", {"items": [use]})
    assert json.loads(seda("prompt", "used-by", "welcome", "--json").stdout) == [use]


def test_a_survey_is_summed_up_by_question(api: FakeApi) -> None:
    question = {"question": "service", "scale": "nps", "count": 4, "mean": 8.5, "nps": 25.0, "distribution": {"9": 4}}
    api.put("GET", "/v1/surveys/after-call/summary", {"survey": "after-call", "questions": [question]})
    words = ("survey", "summary", "after-call", "--since", "2026-11-01T00:00Z")
    assert seda(*words).stdout.splitlines()[1].split()[:5] == ["service", "nps", "4", "8.5", "25.0"]
    assert (api.last.url.params["from"], "to" in api.last.url.params) == ("2026-11-01T00:00Z", False)
    assert json.loads(seda(*words, "--json").stdout)["survey"] == "after-call"


def test_answers_of_one_survey_are_listed(api: FakeApi) -> None:
    api.put("GET", "/v1/survey-answers", {"items": [{"question": "service", "number": 9}], "next_cursor": None})
    assert "service" in seda("survey", "answers", "after-call").stdout
    assert api.last.url.params["survey"] == "after-call"


def test_who_waits_for_a_call_is_listed_until_somebody_called(api: FakeApi) -> None:
    waiting = {"id": "0197-c", "number": "+989121112233", "done_at": None}
    api.put("GET", "/v1/callback-requests", {"items": [waiting], "next_cursor": None})
    assert "+989121112233" in seda("callback", "list").stdout
    assert api.last.url.params["done"] == "false"
    seda("callback", "list", "--all")
    assert "done" not in api.last.url.params
    api.put("POST", "/v1/callback-requests/0197-c/done", {**waiting, "done_note": "reached"})
    seda("callback", "done", "0197-c", "--note", "reached")
    assert json.loads(api.last.content) == {"note": "reached"}


def test_a_customer_is_looked_for_by_name_and_asked_for_by_id(api: FakeApi) -> None:
    mina = {"id": "0197c0de-0000-7000-8000-000000000001", "name": "Mina", "numbers": ["+989121112233"]}
    api.put("GET", "/v1/customers", {"items": [mina, {**mina, "id": "x", "name": "Minaei"}], "next_cursor": None})
    api.put("GET", f"/v1/customers/{mina['id']}", mina)
    assert "+989121112233" in seda("customer", "show", "Mina").stdout
    assert api.last.url.params["name"] == "Mina"
    assert json.loads(seda("customer", "show", str(mina["id"]), "--json").stdout) == mina
    assert api.last.url.path == f"/v1/customers/{mina['id']}"


def test_customers_are_taken_in_from_a_file(api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("name,numbers\nMina,+989121112233\n")
    wrong = {"field": "numbers", "detail": "another customer has it"}
    rows = [{"row": 1, "name": "Mina", "status": "refused", "errors": [wrong]}]
    api.put("POST", "/v1/customers/import", {"refused": 1, "rows": rows})
    assert "numbers: another customer has it" in seda("customer", "import", str(file), status=1).stdout
    assert api.last.content == file.read_bytes()
