from __future__ import annotations

import json
from dataclasses import fields
from functools import partial
from typing import Any

import httpx
import pytest

from services.cli import session
from services.cli.settings import Profile
from shared.http.client import ApiClient
from tests.unit.cli.fake_api import FakeApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setattr(session, "ApiClient", partial(ApiClient, transport=httpx.MockTransport(fake)))
    for field in fields(Profile):
        monkeypatch.delenv(f"SEDA_{field.name.upper()}", raising=False)
    profile = tmp_path / "cli.json"
    profile.write_text(json.dumps({"email": "a@seda.example", "password": "p", "tenant": "demo"}))
    monkeypatch.setenv("SEDA_PROFILE", str(profile))
    return fake
