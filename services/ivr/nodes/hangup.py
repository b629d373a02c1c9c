"""hangup: say goodbye, if anything, and hang up."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.actions import HangUp, Play
from services.ivr.domain.announcements import Announcement
from services.ivr.domain.events import Event
from services.ivr.domain.node import Finish, Here, Kind, NodeConfig, Outcome, Wait
from shared.telephony.destinations import HANGUP_CAUSES


class Config(NodeConfig):
    """Ends the call."""

    type: Literal["hangup"] = "hangup"
    announcement: Announcement = ()
    cause: Literal[
        "normal", "busy", "no-answer", "rejected", "unreachable", "unknown-number", "barred", "congested"
    ] = "normal"


def begin(config: Config, here: Here) -> Outcome:
    """Say goodbye first."""
    if config.announcement:
        return Wait(Play(here.render(config.announcement), here.language))
    return _over(config)


def resume(config: Config, _: Here, __: Event) -> Outcome:
    """Whatever came of it."""
    return _over(config)


def _over(config: Config) -> Outcome:
    return Finish(HangUp(HANGUP_CAUSES[config.cause]))


KIND = Kind(Config, begin, resume)
