"""say: speak a value, such as a balance or a date, as people of the caller's language say it."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import Play
from services.ivr.domain.announcements import Announcement, Part, SayPart
from services.ivr.domain.announcements import Kind as SayKind
from services.ivr.domain.events import Event
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.templates import Template


class Config(NodeConfig):
    """Speaks a value between two announcements."""

    MUST_EXIT = ("done",)

    type: Literal["say"] = "say"
    before: Announcement = ()
    say: SayKind
    value: Template = Field(min_length=1, max_length=200, description="the value, or {variables}")
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    calendar: Literal["gregorian", "jalali", "hijri"] | None = None
    after: Announcement = ()

    @cached_property
    def spoken(self) -> tuple[Part, ...]:
        """All of it."""
        value = SayPart(say=self.say, value=self.value, currency=self.currency, calendar=self.calendar)
        return (*self.before, value, *self.after)


def begin(config: Config, here: Here) -> Outcome:
    """Speak it."""
    return Wait(Play(here.render(config.spoken), here.language))


def resume(_: Config, __: Here, ___: Event) -> Outcome:
    """It is over."""
    return Leave("done")


KIND = Kind(Config, begin, resume)
