"""What agents, supervisors and phones do on any floor, for tests of whatever happens there."""

from __future__ import annotations

from hypothesis import strategies as st

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import (
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    Pause,
    SignIn,
    SignOut,
    Unpause,
    WrapUpSkipped,
)
from services.acd.domain.overflow import OverflowStep
from shared.telephony.destinations import Destination

ELSEWHERE = Destination.parse("voicemail:101")
OVERFLOWS: tuple[tuple[OverflowStep, ...], ...] = (
    (),
    (OverflowStep("waited", ELSEWHERE, 30),),
    (OverflowStep("all_paused", ELSEWHERE), OverflowStep("estimated_wait", ELSEWHERE, 300)),
)
AGENTS = ("maryam", "reza", "neda")
SLUGS = ("support", "sales")
CAUSES = ("USER_BUSY", "CALL_REJECTED", "NO_ANSWER", "USER_NOT_REGISTERED")
LOST_WITH_ITS_OWNER = frozenset(
    {"answered", "not_taken", "connected", "not_connected", "stands", "does_not_stand", "passed_on"}
)
WISHES: tuple[AgentEvent, ...] = (
    SignIn(),
    SignOut(),
    Pause("lunch"),
    Pause("tea", 60),
    Unpause(),
    WrapUpSkipped(),
    ForceAvailable(),
    ForcePause("coaching"),
    ForceSignOut(),
)
NUMBER = st.integers(0, 1_000)
