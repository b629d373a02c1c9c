"""clock: the speaking clock. Only in Seda's own flows."""

from __future__ import annotations

from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.ivr.domain import speaking
from services.ivr.domain.actions import Beep, Piece, Play, Sound
from services.ivr.domain.events import Event, Played
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait

MOST_TIMES: Final = 10


class Config(NodeConfig):
    """Says the time of the tenant's zone, and beeps, ten times."""

    MUST_EXIT = ("done",)

    type: Literal["clock"] = "clock"


def begin(_: Config, here: Here) -> Outcome:
    """Say the time."""
    times = int(here.memo.get("times", 0)) + 1
    if times > MOST_TIMES:
        return Leave("done")
    try:
        zone = ZoneInfo(here.facts.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    said = speaking.say_time(here.now.astimezone(zone).time(), here.language)
    time = tuple(Piece(f"pieces/{name}") for name in said)
    sounds: tuple[Sound, ...] = (Piece("clock-at-the-tone"), *time, Beep())
    return Wait(Play(sounds, here.language, stop_keys="*#"), {"times": times})


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Again, until the caller has had enough."""
    if isinstance(event, Played) and not event.key:
        return begin(config, here)
    return Leave("done")


KIND = Kind(Config, begin, resume)
