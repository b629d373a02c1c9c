"""The catalogue as an AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""

from __future__ import annotations

from typing import Any

from shared.contracts.catalogue import COMMANDS, EVENTS
from shared.contracts.message import Command, Event

REF = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Every message with its subject and every field."""
    schemas: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for event in EVENTS:
        channel = _channel(event, event.pattern().replace(".*.*", ".{tenant}.{key}"), schemas, messages)
        channels[event.name] = channel
        operations[f"{event.owner}.{event.name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{event.name}"}}
    for command in COMMANDS:
        channels[command.name] = _channel(command, f"{command.prefix()}.{{key}}", schemas, messages)
        schemas.update(_schema(command.reply))
        operations[f"{command.owner}.{command.name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{command.name}"},
            "reply": {"address": {"location": "$message.header#/Reply"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Seda's bus", "version": "1"},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel(
    kind: type[Event] | type[Command], address: str, schemas: dict[str, Any], messages: dict[str, Any]
) -> dict[str, Any]:
    schemas.update(_schema(kind))
    messages[kind.__name__] = {
        "name": kind.name,
        "summary": (kind.__doc__ or "").strip().split("\n")[0],
        "payload": {"$ref": REF.format(model=kind.__name__)},
        "x-version": kind.version,
        "x-delivery": kind.delivery.value,
    }
    return {"address": address, "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}}}


def _schema(kind: Any) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template=REF)
    return {**schema.pop("$defs", {}), kind.__name__: schema}
