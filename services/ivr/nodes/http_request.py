"""http_request: ask a program of the tenant's, and keep what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field

from services.ivr.domain.actions import Note, Request
from services.ivr.domain.events import Event, Responded
from services.ivr.domain.names import VariableName
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.templates import Template, filled

JsonPath = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,9}$", description="such as order.items.0.name")
]
Header = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
MOST_CHARACTERS = 500


class Config(NodeConfig):
    """Sends a request, in and out JSON. The caller waits ``seconds`` at most, repetitions included."""

    MUST_EXIT = ("done", "failed")

    type: Literal["http_request"] = "http_request"
    method: Literal["GET", "POST", "PUT"] = "GET"
    url: Template = Field(min_length=8, max_length=1000, description="http or https; variables are percent-encoded")
    headers: dict[Header, Annotated[Template, Field(max_length=1000)]] = Field(default_factory=dict, max_length=20)
    body: dict[VariableName, Annotated[Template, Field(max_length=1000)]] | None = Field(
        default=None, max_length=40, description="a JSON object of these texts; of POST and PUT"
    )
    keep: dict[VariableName, JsonPath] = Field(
        default_factory=dict, max_length=20, description="variable -> place in the answer"
    )
    seconds: float = Field(default=5.0, ge=0.5, le=15)
    tries: int = Field(default=1, ge=1, le=3, description="repeated when it cannot be reached, or answers 502-504")

    def problems(self) -> Iterator[tuple[str, str, str]]:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in {"http", "https"} or not host or "{" in parts.netloc or parts.username is not None:
            yield "bad_url", "url", "an http or https address, without variables or passwords in its host"
        for name, value in self.headers.items():
            if any(ord(char) < 32 or ord(char) == 127 for char in value):
                yield "bad_header", f"headers.{name}", "a header holds no control characters"


def begin(config: Config, here: Here) -> Outcome:
    """Ask."""
    body = None
    if config.body is not None:
        body = json.dumps({name: filled(text, here.variables) for name, text in config.body.items()})
    headers = {name: _printable(filled(text, here.variables)) for name, text in config.headers.items()}
    url = filled(config.url, here.variables, escape=lambda value: quote(value, safe=""))
    return Wait(Request(config.method, url, headers, body, config.seconds, config.tries))


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Keep what was wanted of a good answer."""
    if not isinstance(event, Responded):
        return Leave(
            "failed", {"http_status": "0"}, notes=(Note("request.failed", here.node, {"reason": _why(event)}),)
        )
    variables = {"http_status": str(event.status)}
    if not 200 <= event.status < 300:
        return Leave("failed", variables, notes=(Note("request.failed", here.node, {"reason": str(event.status)}),))
    for name, path in config.keep.items():
        variables[name] = text_at(event.document, path)
    return Leave("done", variables)


def text_at(document: Any, path: str) -> str:
    """What stands at a place in a JSON document, as text; empty where there is nothing, or no single value."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return ""
    if isinstance(document, bool):
        return "true" if document else "false"
    return str(document)[:MOST_CHARACTERS] if isinstance(document, str | int | float) else ""


def _why(event: Event) -> str:
    return str(getattr(event, "reason", "unavailable"))


def _printable(value: str) -> str:
    """A header's value cannot hold what would end it: the caller's name may stand in it."""
    return "".join(char if 32 <= ord(char) < 127 else quote(char) for char in value)


KIND = Kind(Config, begin, resume)
