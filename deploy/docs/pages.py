"""Each generated page: its path and its text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from deploy.docs.applications import build_all
from deploy.docs.dashboards import DASHBOARDS
from deploy.docs.flow_nodes import flow_nodes
from deploy.docs.nats_users import nats_users
from deploy.docs.variables import OTHERS, Variable
from deploy.local.settings import LocalSettings
from services.acd.settings import AcdSettings
from services.directory.settings import BootstrapSettings, DirectorySettings
from services.ivr.settings import IvrSettings
from services.reporting.settings import ReportingSettings
from services.routing.settings import RoutingSettings
from services.switchlink.settings import SwitchlinkSettings
from shared.contracts.asyncapi import document
from shared.contracts.catalogue import COMMANDS, EVENTS, STREAMS, StreamSpec
from shared.contracts.message import Event
from shared.runtime.app import App

PROJECT = Path(__file__).resolve().parents[2]

MADE = "<!-- made by `make docs`: change the code, not this page -->\n"

SETTINGS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("directory", DirectorySettings),
    ("python -m services.directory bootstrap", BootstrapSettings),
    ("routing", RoutingSettings),
    ("reporting", ReportingSettings),
    ("ivr", IvrSettings),
    ("acd", AcdSettings),
    ("switchlink", SwitchlinkSettings),
    ("make run", LocalSettings),
)


def pages() -> dict[Path, str]:
    """Every generated page, by its path below the project."""
    apps = build_all()
    docs = Path("docs")
    found = {
        docs / "openapi" / f"{name}.json": _json(app.http.openapi())
        for name, app in apps.items()
        if name != "switchlink"
    }
    found[docs / "asyncapi.json"] = _json(document())
    found[docs / "events.md"] = events()
    found[docs / "settings.md"] = settings()
    found[docs / "metrics.md"] = metrics(apps)
    found[docs / "api.md"] = api(apps)
    found[docs / "flow-nodes.md"] = flow_nodes(MADE)
    found[Path("helm/seda/files/nats-users.conf")] = nats_users()
    return found | observability()


def observability() -> dict[Path, str]:
    """Dashboards, and what the chart has of them and of the rules: a chart reads no file outside of itself."""
    here, chart = Path("deploy/observability"), Path("helm/seda/files/observability")
    boards = {f"{name}.json": board.json() for name, board in DASHBOARDS.items()}
    found = {here / "dashboards" / name: text for name, text in boards.items()}
    found |= {chart / "dashboards" / name: text for name, text in boards.items()}
    return found | {chart / "alerts.yaml": (PROJECT / here / "alerts.yaml").read_text()}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n" for line in lines
    )


def first_line(item: object) -> str:
    """The first line of a docstring."""
    return (item.__doc__ or "").strip().split("\n")[0]


def events() -> str:
    """``docs/events.md``."""
    text = f"# Messages on the bus\n{MADE}\n"
    text += "Every message is declared once in `shared/contracts`; `asyncapi.json` beside this page has every field.\n"
    text += "Each carries `message_id`, `occurred_at` (UTC), `tenant_id`, `type` and `version`; the trace\n"
    text += "context travels in the header `traceparent`. Events come at least once: be idempotent on `message_id`.\n"
    text += "\n## Events\n\n"
    rows = [_event_row(event) for event in EVENTS]
    text += table(("event", "told by", "version", "delivery", "subject (`*`: tenant, key)", "meaning"), rows)
    text += "\n## Commands\n\n"
    rows = [(f"`{c.name}`", c.owner, f"`{c.prefix()}.<key>`", first_line(c), f"`{c.reply.__name__}`") for c in COMMANDS]
    text += table(("command", "carried out by", "subject", "meaning", "reply"), rows)
    text += "\n## Streams\n\n"
    rows = [(f"`{s.name}`", "last message per subject" if s.compacted else "all", _kept(s)) for s in STREAMS]
    return text + table(("stream", "holds", "for"), rows)


def _event_row(event: type[Event]) -> tuple[str, ...]:
    subject = f"`{event.pattern()}`"
    return (f"`{event.name}`", event.owner, str(event.version), event.delivery.value, subject, first_line(event))


def _kept(stream: StreamSpec) -> str:
    return f"{stream.max_age_seconds // 3600} h" if stream.max_age_seconds else "ever"


def settings() -> str:
    """``docs/settings.md``."""
    text = f"# Settings\n{MADE}\nAll come from environment variables. A wrong one refuses to start and is named.\n"
    text += "FreeSWITCH's own are in [freeswitch/README.md](../freeswitch/README.md), its simulator's in\n"
    text += "[freeswitch/simulator/README.md](../freeswitch/simulator/README.md).\n"
    told: set[str] = set()
    for title, kind in SETTINGS:
        prefix = kind.model_config.get("env_prefix", "")
        rows = [
            (f"`{prefix}{name}`".upper(), _default(field), field.description or "")
            for name, field in kind.model_fields.items()
        ]
        rows = [row for row in rows if row[0] not in told]
        told.update(row[0] for row in rows)
        text += f"\n## {title}\n\n" + table(("variable", "default", "meaning"), rows)
    for title, variables in OTHERS:
        rows = [(f"`{one.name}`", _stands_in(one), one.meaning) for one in variables]
        text += f"\n## {title}\n\n" + table(("variable", "default", "meaning"), rows)
    return text


def _stands_in(variable: Variable) -> str:
    return "*required*" if variable.required else f"`{variable.default}`" if variable.default else "*none*"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "*required*" if field.default_factory is None else "*the host's name*"
    if isinstance(field.default, Path):
        place = field.default
        return f"`{place.relative_to(PROJECT) if place.is_relative_to(PROJECT) else place}`"
    return "*none*" if field.default is None else f"`{field.default}`"


def metrics(apps: dict[str, App]) -> str:
    """``docs/metrics.md``."""
    text = f"# Metrics\n{MADE}\nEach service answers `GET /metrics` in Prometheus' format.\n"
    for name, app in apps.items():
        assert app.metrics is not None  # noqa: S101 -- every service has them
        rows = [
            (f"`{family.name}{'_total' if family.type == 'counter' else ''}`", family.type, family.documentation)
            for family in sorted(app.metrics.registry.collect(), key=lambda family: family.name)
            if family.name.startswith("seda_")
        ]
        text += f"\n## {name}\n\n" + table(("metric", "kind", "meaning"), rows)
    return text


def api(apps: dict[str, App]) -> str:
    """``docs/api.md``."""
    text = f"# REST APIs\n{MADE}\n" + API_INTRODUCTION
    for name, app in apps.items():
        paths = app.http.openapi().get("paths", {})
        rows = [
            (method.upper(), f"`{path}`", operation.get("description", operation.get("summary", "")).split("\n")[0])
            for path, methods in sorted(paths.items())
            for method, operation in methods.items()
        ]
        if rows:
            text += f"\n## {name}\n\n" + table(("method", "path", "what it does"), rows)
    return text


API_INTRODUCTION = """\
`/docs` of each service has them with every field; `docs/openapi/` has the same as files.

* **Sign in**: `POST /v1/tokens` at directory with `{"email", "password"}` or `{"api_key"}` gives an access token, good
  for a quarter of an hour at all services: `Authorization: Bearer ...`. Roles decide what people may do, scopes what
  keys may.
* **Tenant**: everybody but a platform administrator is bound to their own; an administrator names one with
  `?tenant_id=`. What belongs to another tenant answers 404.
* **Errors** are `application/problem+json` (RFC 9457) with a stable `code` and, where one field is to blame, `field`.
* **Lists** have `?limit=` (1 to 200) and `?cursor=`; follow `next_cursor` until it is absent.
* **POST** takes `Idempotency-Key`: the same key with the same body within a day gives the first answer again.
* **Changes** take `revision` (or `If-Match`): a change of something that somebody else changed meanwhile answers 412.
* Times are UTC in ISO 8601, public numbers E.164.
"""
