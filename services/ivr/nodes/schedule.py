"""schedule: whether it is open now: weekly hours and holidays, by the Gregorian, Jalali or Hijri calendar."""

from __future__ import annotations

from typing import Literal

from pydantic import PrivateAttr

from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, never_waits
from shared.telephony.schedule_fields import ScheduleFields, schedule_of
from shared.telephony.schedules import Schedule, is_open, time_zone


class Config(NodeConfig):
    """Goes on by ``open`` or ``closed``; when closed on a day of other hours than usual, by ``holiday`` if wired."""

    MUST_EXIT = ("open", "closed")
    MAY_EXIT = ("holiday",)

    type: Literal["schedule"] = "schedule"
    schedule: ScheduleFields

    _read: dict[str, Schedule] = PrivateAttr(default_factory=dict)

    def in_zone(self, zone: str) -> Schedule:
        """The schedule; ``zone`` is the tenant's, for one that names none."""
        found = self._read.get(zone)
        if found is None:
            found = self._read[zone] = schedule_of(self.schedule.model_dump(mode="json"), zone=zone)
        return found


def begin(config: Config, here: Here) -> Outcome:
    """Look at the clock. The variable ``holiday`` is then the day's name, if it has one."""
    schedule = config.in_zone(here.facts.time_zone)
    if is_open(schedule, here.now):
        return Leave("open")
    exception = schedule.exception_on(here.now.astimezone(time_zone(schedule.zone)).date())
    if exception is not None and "holiday" in config.exits:
        return Leave("holiday", {"holiday": exception.name})
    return Leave("closed")


KIND = Kind(Config, begin, never_waits)
