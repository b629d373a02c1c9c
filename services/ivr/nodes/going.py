"""What nodes share that send the call elsewhere: extension, ring group, queue, conference, outside, voicemail."""

from __future__ import annotations

from typing import Final, Literal, get_args

from pydantic import Field

from services.ivr.domain.actions import GoTo, HangUp
from services.ivr.domain.events import CameBack, Event
from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Finish, Here, Leave, NodeConfig, Outcome
from services.ivr.domain.variables import VOICEMAIL_REASON
from shared.telephony.causes import CAUSES, CauseCategory
from shared.telephony.destinations import Destination
from shared.telephony.handover import NotTaken

EXITS: Final[tuple[NotTaken, ...]] = get_args(NotTaken)
_EXIT_OF: Final[dict[CauseCategory, NotTaken]] = {
    CauseCategory.BUSY: "busy",
    CauseCategory.REJECTED: "busy",
    CauseCategory.NO_ANSWER: "no_answer",
}


class GoingConfig(NodeConfig):
    """A node that sends the call to somebody. Comes back when an exit is wired and nobody took it."""

    MAY_EXIT = EXITS

    survey_flow: PromptSlug | None = Field(
        default=None, description="flow for the caller when who answered has hung up; without: the call ends then"
    )

    def flows(self) -> tuple[str, ...]:
        return (self.survey_flow,) if self.survey_flow else ()


def go(
    config: NodeConfig,
    destination: Destination,
    *,
    ring_seconds: int | None = None,
    accept_key: bool = False,
    not_taken: NotTaken | Literal[""] = "",
) -> Finish:
    """Send the call there. It comes back only where the flow goes on afterwards."""
    comes_back = any(config.exits.get(exit_name) for exit_name in EXITS)
    after = config.survey_flow if isinstance(config, GoingConfig) else None
    return Finish(
        GoTo(
            destination,
            comes_back=comes_back,
            ring_seconds=ring_seconds,
            accept_key=accept_key,
            after=after or "",
            not_taken=not_taken,
        )
    )


def not_taken(here: Here) -> NotTaken | Literal[""]:
    """Why who was called last did not take the call; empty: nobody was called, or the flow says something else."""
    said = here.variables.get(VOICEMAIL_REASON)
    return next((one for one in EXITS if one == said), "")


def came_back(config: NodeConfig, _: Here, event: Event) -> Outcome:
    """Go on by why nobody took it, which is kept; an exit that leads nowhere gives way to ``unavailable``."""
    cause = event.cause if isinstance(event, CameBack) else CAUSES["NORMAL_TEMPORARY_FAILURE"]
    exit_name = _EXIT_OF.get(cause.category, "unavailable")
    for name in (exit_name, "unavailable"):
        if name in config.exits:
            return Leave(name, {VOICEMAIL_REASON: exit_name})
    return Finish(HangUp(cause))
