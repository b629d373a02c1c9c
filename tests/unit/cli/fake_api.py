"""A faked API for the command line, and the command line itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
from typer.testing import CliRunner

from services.cli.__main__ import app

TENANT = {"id": "0197-t", "slug": "demo", "display_name": "Demo"}
SARA = {"id": "0197-e", "number": "101", "display_name": "Sara [/red] Ahmadi", "call_class": "local", "enabled": True}


class FakeApi:
    """Answers what was put into it, and remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.asked: list[httpx.Request] = []
        self.put("POST", "/v1/tokens", {"access_token": "t", "expires_in": 900})
        self.put("GET", "/v1/tenants", {"items": [TENANT], "next_cursor": None})
        self.put("GET", "/v1/extensions", {"items": [SARA], "next_cursor": None})

    def put(self, method: str, path: str, body: Any = None, status: int = 200) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.answers[method, path] = httpx.Response(status, content=content)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.raw_path.decode().partition("?")[0]
        missing = httpx.Response(404, json={"code": "not_found", "detail": f"no {path} [/red]"})
        return self.answers.get((request.method, path), missing)

    @property
    def last(self) -> httpx.Request:
        return self.asked[-1]


def seda(*words: str, status: int = 0) -> Any:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == status, done.output + done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done
