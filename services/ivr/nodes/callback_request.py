"""callback_request: the caller asks to be called back, on this number or another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import Gather, Note, Piece, Sound, Store
from services.ivr.domain.announcements import SayPart
from services.ivr.domain.events import Event, Gathered, Stored
from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Here, Kind, Leave, Outcome, Wait
from services.ivr.domain.writes import CallbackRequest
from services.ivr.nodes.asking import Asking, AskingConfig, ask, ask_again

CONFIRM, OTHER = "1", "2"


class Config(AskingConfig):
    """Reads the caller's number out; 1 takes it, 2 asks for another. The announcement says so.

    A number that is hidden, or not a phone's, is asked for at once.
    """

    MUST_EXIT = ("done",)
    MAY_EXIT = ("no_input", "invalid", "failed")

    type: Literal["callback_request"] = "callback_request"
    queue: PromptSlug | None = Field(default=None, description="whose agents call back")


def begin(config: Config, here: Here) -> Outcome:
    """Offer the number the caller has; one that was being kept when the program died is kept again."""
    if "number" in here.memo:
        return _store(config, here, str(here.memo["number"]))
    phase = here.memo.get("phase") or ("offer" if _is_number(here.facts.caller_number) else "number")
    asking = _offer(config, here) if phase == "offer" else _number(config, here)
    return _in(ask(here, asking), phase)


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Take the number."""
    phase = str(here.memo.get("phase", "offer"))
    if isinstance(event, Gathered):
        return _offered(config, here, event.digits) if phase == "offer" else _given(config, here, event.digits)
    if isinstance(event, Stored):
        number = str(here.memo.get("number", ""))
        return Leave("done", {"callback_number": number})
    return Leave("failed")


def _offered(config: Config, here: Here, digits: str) -> Outcome:
    if digits == CONFIRM:
        return _store(config, here, here.facts.caller_number)
    if digits == OTHER:
        return _in(ask(here, _number(config, here)), "number")
    return _in(ask_again(config, here, _offer(config, here), missed=not digits, given=digits), "offer")


def _given(config: Config, here: Here, digits: str) -> Outcome:
    if 3 <= len(digits) <= 15:
        return _store(config, here, digits)
    return _in(ask_again(config, here, _number(config, here), missed=not digits, given=digits), "number")


def _store(config: Config, here: Here, number: str) -> Outcome:
    request = CallbackRequest(number=number, queue=config.queue or here.variables.get("queue", ""))
    note = Note("input.taken", here.node, {"digits": number})
    return Wait(Store(request), {"phase": "store", "number": number}, (note,))


def _in(outcome: Outcome, phase: str) -> Outcome:
    return (
        Wait(outcome.action, {**outcome.memo, "phase": phase}, outcome.notes) if isinstance(outcome, Wait) else outcome
    )


def _is_number(number: str) -> bool:
    digits = number.removeprefix("+")
    return digits.isdigit() and 3 <= len(digits) <= 15


def _offer(config: Config, here: Here) -> Asking:
    def gather(first: tuple[Sound, ...]) -> Gather:
        number = here.render((SayPart(say="digits", value="{caller_number}"),))
        return Gather(
            (*first, *number, *here.render(config.announcement)), here.language, 1, 1, config.first_seconds, 3.0
        )

    return gather


def _number(config: Config, here: Here) -> Asking:
    def gather(first: tuple[Sound, ...]) -> Gather:
        return Gather((*first, Piece("callback-number")), here.language, 3, 15, config.first_seconds, 3.0, "#")

    return gather


KIND = Kind(Config, begin, resume)
