"""`limit hash`: how many at once, and how many in an interval (mod_hash.c)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch


@dataclass
class _Count:
    usage: int = 0
    rate: int = 0
    interval_started: int = 0


class Limits:
    """Counters by realm and id."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._counts: dict[str, _Count] = {}
        self._held: dict[str, list[str]] = {}

    def take(self, session: Session, realm: str, key: str, maximum: int, interval: int) -> bool:
        """Count the leg in; False when the limit is reached. `interval` seconds above 0 limit the rate too."""
        name = f"{realm}_{key}"
        count = self._counts.setdefault(name, _Count())
        held = self._held.setdefault(session.uuid, [])
        now = self._switch.clock.now() // 1_000_000
        if interval > 0:
            if count.interval_started <= now - interval:
                count.rate, count.interval_started = 1, now
            else:
                count.rate += 1
                if maximum >= 0 and count.rate > maximum:
                    return False
        elif name not in held and maximum >= 0 and count.usage + 1 > maximum:
            return False
        if name not in held:
            held.append(name)
            count.usage += 1
        session.channel.set(f"limit_usage_{name}", str(count.usage))
        session.channel.set("limit_usage", str(count.usage))
        session.channel.set("limit_rate", str(count.rate))
        return True

    def release(self, session: Session) -> None:
        """Count the leg out of all its limits."""
        for name in self._held.pop(session.uuid, []):
            count = self._counts[name]
            count.usage -= 1
            if count.usage <= 0 and not count.interval_started:
                del self._counts[name]

    def usage(self, realm: str, key: str) -> int:
        """How many hold a limit now."""
        count = self._counts.get(f"{realm}_{key}")
        return count.usage if count else 0
