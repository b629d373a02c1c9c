"""play: tell the caller something."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.ivr.domain.actions import Play
from services.ivr.domain.announcements import Announcement
from services.ivr.domain.events import Event
from services.ivr.domain.names import KEYS
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait


class Config(NodeConfig):
    """Plays an announcement."""

    MUST_EXIT = ("done",)

    type: Literal["play"] = "play"
    announcement: Annotated[Announcement, Field(min_length=1)]
    skip_by_key: bool = Field(default=True, description="any key ends it; the key is not kept")


def begin(config: Config, here: Here) -> Outcome:
    """Play it."""
    return Wait(Play(here.render(config.announcement), here.language, stop_keys=KEYS if config.skip_by_key else ""))


def resume(_: Config, __: Here, ___: Event) -> Outcome:
    """It is over."""
    return Leave("done")


KIND = Kind(Config, begin, resume)
