"""mailbox: the owner's menu of a mailbox by phone. Only in Seda's own flows.

Here: whose box it is, and the main menu. The rest: ``mailbox_pin``, ``mailbox_messages``, ``mailbox_greetings``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from pydantic import Field

from services.ivr.domain.actions import Piece
from services.ivr.domain.events import Event, Found, Gathered, Played
from services.ivr.domain.mailbox_menu import MENU, At, Transitions, follow, main_menu, offer_menu, wrong
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome
from services.ivr.nodes import mailbox_greetings, mailbox_messages, mailbox_pin


class Config(NodeConfig):
    """Identifies the owner by PIN, then plays messages and changes greetings and PIN."""

    MUST_EXIT = ("done",)
    MAY_EXIT = ("denied", "locked", "unknown", "failed")
    TAKES_INPUT = True

    type: Literal["mailbox"] = "mailbox"
    number: str = Field(default="", pattern=r"^(?:[0-9]{2,8})?$", description="number of the box")
    calling: bool = Field(default=False, description="the box of the calling extension; else an empty number is asked")
    own: bool = Field(default=False, description="the call comes from the box's own extension: it may set a first PIN")
    only_pin: bool = Field(default=False, description="leave by `done` as soon as the PIN was right")


def begin(config: Config, here: Here) -> Outcome:
    """Find out whose box it is; after another process died, go on in the main menu."""
    if here.memo.get("in"):
        return main_menu(At(here, here.memo))
    at = At(here, {"own": config.own or config.calling, "only_pin": config.only_pin})
    number = here.facts.extension if config.calling else config.number
    if number or config.calling:
        return mailbox_pin.find(at, number)
    return mailbox_pin.ask_number(at)


def resume(_: Config, here: Here, event: Event) -> Outcome:
    """Follow the owner."""
    return follow(_TRANSITIONS, At(here, here.memo), event)


def _counted(at: At, event: Found) -> Outcome:
    return offer_menu(at, event.answer)


def _chosen(at: At, event: Gathered) -> Outcome:
    todo = _KEYS.get(event.digits)
    if todo is not None:
        return todo(at)
    if at.last_try():
        return at.end("done")
    return at.keys("menu", (wrong(event.digits), Piece(MENU)), tries=at.next_try())


def _left(at: At, _: Played) -> Outcome:
    return Leave(str(at.memo.get("exit", "failed")))


_KEYS: Final[dict[str, Callable[[At], Outcome]]] = {
    "1": mailbox_messages.open_folders,
    "2": mailbox_greetings.offer,
    "3": mailbox_pin.ask_new,
    "0": main_menu,
    "*": lambda at: at.end("done"),
}

_TRANSITIONS: Final[Transitions] = {
    ("counts", Found): _counted,
    ("menu", Gathered): _chosen,
    ("bye", Played): _left,
    **mailbox_pin.TRANSITIONS,
    **mailbox_messages.TRANSITIONS,
    **mailbox_greetings.TRANSITIONS,
}

KIND = Kind(Config, begin, resume)
