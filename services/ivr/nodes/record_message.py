"""record_message: what the caller says, kept for the tenant (a complaint, an order), not in a mailbox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import Play, Record, Store
from services.ivr.domain.announcements import Announcement
from services.ivr.domain.events import Event, Played, Recorded, Stored
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.writes import RecordedMessage


class Config(NodeConfig):
    """Says something, then records until ``#``, silence, or the limit."""

    MUST_EXIT = ("done", "nothing")
    MAY_EXIT = ("failed",)
    TAKES_INPUT = True

    type: Literal["record_message"] = "record_message"
    announcement: Announcement = ()
    topic: str = Field(default="", max_length=80, description="what the messages are about")
    least_seconds: float = Field(default=1.0, ge=0, le=30, description="shorter ones are thrown away")
    most_seconds: int = Field(default=120, ge=5, le=900)
    silence_seconds: int = Field(default=5, ge=2, le=60)


def begin(config: Config, here: Here) -> Outcome:
    """Say what is wanted; a message that was being kept when the program died is kept again."""
    if "seconds" in here.memo:
        return _keep(config, here, str(here.memo["name"]), float(here.memo["seconds"]))
    if config.announcement:
        return Wait(Play(here.render(config.announcement), here.language))
    return _record(config, here)


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Record, keep, go on."""
    if isinstance(event, Played):
        return _record(config, here)
    if isinstance(event, Recorded):
        if event.seconds < config.least_seconds:
            return Leave("nothing")
        return _keep(config, here, event.name, event.seconds)
    if isinstance(event, Stored):
        return Leave("done", {"recording": str(here.memo.get("name", ""))})
    return Leave("failed")


def _keep(config: Config, here: Here, name: str, seconds: float) -> Outcome:
    return Wait(Store(RecordedMessage(here.node, config.topic, name, seconds)), {"name": name, "seconds": seconds})


def _record(config: Config, here: Here) -> Outcome:
    name = f"messages/{here.facts.leg_id}-{here.node}"
    return Wait(Record(name, config.most_seconds, config.silence_seconds))


KIND = Kind(Config, begin, resume, hears_hang_up=True)
