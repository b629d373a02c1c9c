"""``docs/flow-nodes.md``: every node that a tenant may write, with its fields and exits."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, Final

from services.ivr.domain.announcements import Part
from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.node import Kind, NodeConfig
from services.ivr.domain.variables import OF_EVERY_CALL
from services.ivr.nodes import NODES

Schema = Mapping[str, Any]
OF_EVERY_NODE: Final = frozenset(NodeConfig.model_fields)
ANNOUNCEMENT: Final = "announcement"
_PARTS: Final = frozenset({"PromptPart", "TextPart", "SayPart"})
_IN_WORDS: Final = {
    r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$": "short name (small letters, digits, hyphens)",
    r"^[a-z0-9][a-z0-9-]*$": "short name (small letters, digits, hyphens)",
    r"^[a-z][a-z0-9-]*$": "short name (small letters, digits, hyphens)",
    r"^[a-z0-9][a-z0-9_-]{0,39}$": "a node's id",
    r"^(?:[a-z0-9][a-z0-9_-]{0,39}|[*#])$": "an exit",
    r"^[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?$": "a variable",
    r"^[a-z][a-z0-9_.]*$": "a variable",
    r"^[0-9]{2,8}$": "2-8 digits",
    r"^[0-9*#]$": "a key",
    r"^[0-9*#]*$": "keys",
    r"^[A-Z]{3}$": "three capitals, such as `IRR`",
    r"^[0-9:, -]*$": "hours",
    r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$": "a time zone, such as `Asia/Tehran`",
    r"^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,9}$": "a place, such as `order.items.0.name`",
}
"""Patterns as people call what fits them."""
_OF_ANOTHER: Final = "a prompt of the tenant"
"""What a prompt's name says of itself, also where it names something else."""


def flow_nodes(made: str) -> str:
    """The page; ``made`` says what made it."""
    text = f"# Nodes of a flow\n{made}\n{_INTRODUCTION}\n## A flow\n\n"
    document = FlowDocument.model_json_schema()
    text += _fields(document, leave_out=frozenset({"nodes"}))
    text += "| `nodes` | node's id → node | *required* | up to 200 |\n"
    text += "\n## Of every node\n\n" + _fields(NodeConfig.model_json_schema())
    text += f"\n## Variables\n\nOf every call: {_codes(OF_EVERY_CALL)}.\n{_VARIABLES}"
    text += "\n## An announcement\n\n" + _ANNOUNCEMENT
    parts: dict[str, Schema] = {}
    for part in Part.__args__:
        schema = part.model_json_schema()
        text += f"\n{_words(part)}\n\n" + _fields(schema)
    for name, kind in NODES.items():
        text += _node(name, kind, parts)
    text += "\n## Parts of nodes\n"
    for name in sorted(parts):
        text += f"\n### {name}\n\n{_sentence(parts[name].get('description', ''))}\n\n" + _fields(parts[name])
    return text


def _node(name: str, kind: Kind, parts: dict[str, Schema]) -> str:
    config = kind.config
    schema = config.model_json_schema()
    _collect(schema, parts)
    text = f"\n## {name}\n\n{_words(config)}\n\n"
    text += _fields(schema, leave_out=OF_EVERY_NODE | {"type"})
    must, may = config.MUST_EXIT, config.MAY_EXIT
    told = []
    if must:
        told.append(f"{_codes(must)} must lead somewhere")
    if may:
        told.append(f"{_codes(may)} may")
    return text + (f"\nExits: {'; '.join(told)}.\n" if told else "\nExits: none.\n")


def _collect(schema: Schema, parts: dict[str, Schema]) -> None:
    """Every model that stands inside of it, but announcements' parts."""
    for name, inner in schema.get("$defs", {}).items():
        if name not in _PARTS | {"Position"} and inner.get("type") == "object":
            parts[name] = {**inner, "$defs": schema["$defs"]}


def _fields(schema: Schema, leave_out: frozenset[str] = frozenset()) -> str:
    required = schema.get("required", ())
    definitions = schema.get("$defs", {})
    rows = [
        (
            f"`{name}`",
            _kind(field, definitions),
            "*required*" if name in required else _default(field),
            _meaning(name, field),
        )
        for name, field in schema.get("properties", {}).items()
        if name not in leave_out
    ]
    if not rows:
        return ""
    lines = [("field", "what", "default", "meaning"), ("---",) * 4, *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _meaning(name: str, field: Schema) -> str:
    told = str(field.get("description", "")).replace("|", "\\|")
    return "" if told == _OF_ANOTHER and name != "prompt" else told


def _kind(field: Schema, definitions: Schema) -> str:
    """What may stand in a field, in words."""
    if "$ref" in field:
        return _reference(field["$ref"], definitions)
    choices = field.get("anyOf") or field.get("oneOf")
    if choices:
        return " or ".join(_kind(one, definitions) for one in choices if one.get("type") != "null")
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    return _KINDS[field["type"]](field, definitions)


def _reference(reference: str, definitions: Schema) -> str:
    name = reference.rsplit("/", 1)[-1]
    target = definitions[name]
    if target.get("type") == "object":
        return f"[{name}](#{name.lower()})" if name != "Position" else "`x` and `y`"
    return _kind(target, definitions)


def _number(word: str) -> Any:
    def kind(field: Schema, _: Schema) -> str:
        least, most = field.get("minimum"), field.get("maximum")
        return word if least is None or most is None else f"{word} {_short(least)}-{_short(most)}"

    return kind


def _text(field: Schema, _: Schema) -> str:
    if field.get("format") == "date":
        return "date such as `2027-03-21`"
    pattern = field.get("pattern", "")
    if pattern in _IN_WORDS:
        return _IN_WORDS[pattern]
    most = field.get("maxLength")
    return f"text, up to {most} characters" if most else "text"


def _list(field: Schema, definitions: Schema) -> str:
    inner = field.get("items", {})
    references = {one.get("$ref", "").rsplit("/", 1)[-1] for one in inner.get("anyOf", ())}
    if references & _PARTS:
        return f"[{ANNOUNCEMENT}](#an-{ANNOUNCEMENT})"
    most = field.get("maxItems")
    return f"list of {_kind(inner, definitions)}" + (f", up to {most}" if most else "")


def _map(field: Schema, definitions: Schema) -> str:
    inner = field.get("additionalProperties")
    patterns = field.get("patternProperties", {})
    if patterns:
        inner = next(iter(patterns.values()))
    names = field.get("propertyNames", {})
    key = "`en`, `fa`, `ar`" if "enum" in names else "name"
    return f"{key} → {_kind(inner, definitions)}" if isinstance(inner, dict) and inner else "names → values"


_KINDS: Final[dict[str, Any]] = {
    "boolean": lambda _, __: "yes or no",
    "integer": _number("whole number"),
    "number": _number("number"),
    "string": _text,
    "array": _list,
    "object": _map,
}


def _default(field: Schema) -> str:
    value = field.get("default")
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{', '.join(map(str, value)) if isinstance(value, list | tuple) else _short(value)}`"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(kind: type) -> str:
    return _sentence(inspect.cleandoc(kind.__doc__ or ""))


def _sentence(text: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split()))


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_INTRODUCTION = """\
How to write a flow, with examples: [flows.md](flows.md). The same as a JSON schema: `docs/openapi/ivr.json`.
"""

_VARIABLES = """\
Nodes set others; in texts they stand in braces (`{order}`), a brace of its own is written twice. What an unknown
variable leaves is nothing. Names: small letters, digits and `_`, with one dot at most.
A node that calls somebody and gets the caller back sets `voicemail_reason` to `busy` (do-not-disturb too),
`no_answer` or `unavailable`; so does forwarding that leads to a flow. A mailbox plays its `busy` greeting by it.
"""

_ANNOUNCEMENT = """\
A list of parts that are said one after the other, up to 20. The name of a prompt alone is short for a list of that one.
"""
