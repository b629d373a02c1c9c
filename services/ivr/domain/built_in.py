"""Flows that come with Seda: mailboxes, and what feature codes lead to."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid5

from services.ivr.domain.actions import FlowRef
from services.ivr.domain.flow import Flow, FlowDocument
from services.ivr.domain.names import LANGUAGES
from services.ivr.domain.node import NodeConfig
from services.ivr.nodes import KINDS
from shared.telephony.ids import is_slug

BUILT_IN: Final = ("voicemail", "mailbox", "echo", "clock", "record-prompt")
VERSION: Final = 1
_NAMESPACE: Final = UUID("6f0a7f0e-51c5-5f0b-9a0e-5eda00000003")
_NUMBER: Final = re.compile(r"[0-9]{2,8}")


class UnknownBuiltIn(ValueError):
    """There is no such flow, or its argument means nothing."""


@lru_cache(maxsize=1024)
def built_in_flow(name: str, argument: str) -> Flow:
    """A flow of Seda's own. The same name and argument give the same `FlowRef`, in every process.

    Args:
        name: one of `BUILT_IN`.
        argument: ``voicemail``: the box's number; ``mailbox``: number of the calling extension, which must have been
            authenticated, or empty: the number is asked; ``record-prompt``: the prompt's slug; else empty.

    Raises:
        UnknownBuiltIn: there is none such.
    """
    make = _FLOWS.get(name)
    if make is None:
        raise UnknownBuiltIn(f"Seda has no flow '{name}'")
    nodes = make(argument)
    ref = FlowRef(uuid5(_NAMESPACE, f"{name}:{argument}"), VERSION)
    document = FlowDocument.model_construct(start=next(iter(nodes)), languages=LANGUAGES, nodes=nodes, fallback=None)
    return Flow(ref, name, document)


def _node(kind: str, **fields: Any) -> NodeConfig:
    return KINDS[kind].config.model_validate({"type": kind, **fields})


def _end() -> NodeConfig:
    return _node("hangup")


def _number(argument: str) -> str:
    if not _NUMBER.fullmatch(argument):
        raise UnknownBuiltIn("the number of a mailbox is 2-8 digits")
    return argument


def _nothing(argument: str) -> None:
    if argument:
        raise UnknownBuiltIn("this flow takes no argument")


def _voicemail(argument: str) -> dict[str, NodeConfig]:
    number = _number(argument)
    exits = {"done": "end", "nothing": "end", "full": "end", "owner": "owner", "unknown": "sorry", "failed": "sorry"}
    return {
        "leave": _node("voicemail_deposit", mailbox=number, exits=exits),
        "owner": _node("mailbox", number=number, exits=_same("end", "done", "denied", "locked", "unknown", "failed")),
        "sorry": _node("hangup", cause="unreachable"),
        "end": _end(),
    }


def _mailbox(argument: str) -> dict[str, NodeConfig]:
    number = _number(argument) if argument else ""
    exits = _same("end", "done", "denied", "locked", "unknown", "failed")
    return {"menu": _node("mailbox", number=number, own=bool(number), exits=exits), "end": _end()}


def _echo(argument: str) -> dict[str, NodeConfig]:
    _nothing(argument)
    return {"echo": _node("echo", exits={"done": "end"}), "end": _end()}


def _clock(argument: str) -> dict[str, NodeConfig]:
    _nothing(argument)
    return {"clock": _node("clock", exits={"done": "end"}), "end": _end()}


def _record_prompt(argument: str) -> dict[str, NodeConfig]:
    if not is_slug(argument):
        raise UnknownBuiltIn("a prompt's name is 1-63 of a-z, 0-9 and inner hyphens")
    refused = _same("end", "denied", "locked", "unknown", "failed")
    return {
        "pin": _node("mailbox", calling=True, only_pin=True, exits={**refused, "done": "record"}),
        "record": _node("record_prompt", prompt=argument, exits=_same("end", "done", "nothing", "failed")),
        "end": _end(),
    }


def _same(target: str, *exits: str) -> dict[str, str]:
    return dict.fromkeys(exits, target)


_FLOWS: Final[dict[str, Callable[[str], dict[str, NodeConfig]]]] = {
    "voicemail": _voicemail,
    "mailbox": _mailbox,
    "echo": _echo,
    "clock": _clock,
    "record-prompt": _record_prompt,
}
