"""echo: what the caller says is played back: whether one hears and is heard. Only in Seda's own flows."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from services.ivr.domain.actions import Play, Record, Recording
from services.ivr.domain.events import Event, Played, Recorded
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait

MOST_TIMES: Final = 10


class Config(NodeConfig):
    """Records after a beep until a pause, plays it back, ten times; * ends it."""

    MUST_EXIT = ("done",)
    TAKES_INPUT = True

    type: Literal["echo"] = "echo"
    most_seconds: int = Field(default=10, ge=2, le=60)


def begin(config: Config, here: Here) -> Outcome:
    """Listen."""
    times = int(here.memo.get("times", 0)) + 1
    if times > MOST_TIMES:
        return Leave("done")
    name = f"echo/{here.facts.leg_id}"
    return Wait(Record(name, config.most_seconds, silence_seconds=2, stop_keys="*#"), {"times": times})


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Play it back, then listen again."""
    match event:
        case Recorded(key="*"):
            return Leave("done")
        case Recorded(name=name):
            return Wait(Play((Recording(name),), here.language, stop_keys="*#"), here.memo)
        case Played(key=key) if key != "*":
            return begin(config, here)
    return Leave("done")


KIND = Kind(Config, begin, resume)
