"""What two of the switch's threads tell of one leg in either order, in the one form that every run has.

`uuid_bridge` and `uuid_transfer` run in the connection's thread. They give the leg a new caller profile, flag it as on
its way (CF_TRANSFER) and change its state; where it came from, `transfer_source`, is noted between flag and state
(switch_ivr_bridge.c: switch_ivr_uuid_bridge) or last of all (switch_ivr.c: switch_ivr_session_transfer). The leg's own
thread leaves what it plays at the flag and goes on, wherever the other thread is by then: `with_sources`,
`without_begun`.

Who answers is told of by the thread that takes the 200; who called sees the leg answered and bridges it, or has it run
something, before or after that is told (switch_channel.c: switch_channel_perform_mark_answered): `answered_first`.

Who kills a leg, or takes its BYE, sets the state and the cause, then tells the hang-up; the leg's own thread may have
told what it left by then, with the cause already (switch_channel.c: switch_channel_perform_hangup): `hung_up_first`.
Before it tells, it notes the leg's role in a bridge that the leg's own thread may have left by then, too: `in_bridge`.

A leg that hangs up while a prompt asks it for digits has its own thread see that before a frame is read, and then no
result is set, or in the reading of one, which reads as a failure (switch_ivr_play_say.c: switch_ivr_play_file,
switch_ivr_read): `without_result`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]

SOURCE = "variable_transfer_source"
PROFILE = "Caller-Profile-Index"
_WHO_ENDED = "variable_sip_hangup_disposition"
_BYE = "variable_sip_term_status"
BRIDGING = (
    "Caller-Channel-Bridged-Time",
    "variable_bridge_to",
    "variable_last_bridge_to",
    "variable_bridge_channel",
    "variable_bridge_uuid",
    "variable_signal_bond",
    "variable_call_uuid",
    "Channel-Call-UUID",
)
"""What a bridge sets on the second leg before both talk (switch_ivr_bridge.c: switch_ivr_multi_threaded_bridge)."""
DISPOSED = ("variable_endpoint_disposition", "ANSWER")
"""Noted by who takes the 200 once the answer is told, while who called goes on."""
ENDING = (
    "Caller-Channel-Hangup-Time",
    "variable_hangup_cause",
    "variable_hangup_cause_q850",
    "variable_digits_dialed",
    "variable_last_app",
    "variable_last_arg",
)
"""What a leg's own thread notes when it ends; a hang-up told after that tells it, too."""
TURNED = (
    "Caller-Caller-ID-Name",
    "Caller-Caller-ID-Number",
    "Caller-Callee-ID-Name",
    "Caller-Callee-ID-Number",
)
"""What `originate` turns round on a leg before it runs an application (switch_channel.c: switch_channel_sort_cid)."""
ASKING = "play_and_get_digits"
RESULT = "variable_read_result"
AFTER_MUSIC = "execute_extension"
"""What stands after the music in a queue's dialplan."""


@dataclass(frozen=True)
class OneForm:
    """A leg's events as every run tells them, and what is to be read as if it were otherwise in its record.

    Args:
        undone: what the leg last began and left undone, if it did.
        role: its role in the bridge that it was taken from by its own hang-up; none where it was in no bridge.
        asked: whether it hung up while a prompt asked it for digits.
    """

    events: list[Event]
    undone: PassedOver | None
    role: str | None
    asked: bool

    def record(self, variables: dict[str, str]) -> dict[str, str]:
        """The variables of the leg's record."""
        role = {"last_bridge_role": self.role} if self.role else {}
        if self.asked:
            variables = _no_failure(variables, RESULT.removeprefix("variable_"))
        return {**role, **(self.undone.undone(variables, prefix="") if self.undone else variables)}


def in_one_form(events: list[Event], *, killed: bool = False) -> OneForm:
    """A leg's events, its hang-up already in its place; `killed` by a command, or as its far end had it."""
    told, role = in_bridge(events, killed=killed)
    told, asked = without_result(told)
    return OneForm(*without_begun(with_sources(answered_first(told))), role, asked)


def without_result(events: list[Event]) -> tuple[list[Event], bool]:
    """A leg's events without a failure from where it hung up while a prompt asked it for digits; whether it did."""
    at = next((at for at, event in enumerate(events) if _is_prompt_left(event)), None)
    if at is None:
        return events, False
    return [*events[:at], *(_no_failure(event, RESULT) for event in events[at:])], True


def _is_prompt_left(event: Event) -> bool:
    in_prompt = event["Event-Name"] == "PLAYBACK_STOP" and event.get("variable_current_application") == ASKING
    return in_prompt and event.get("Answer-State") == "hangup"


def _no_failure(told: Event, name: str) -> Event:
    return {key: value for key, value in told.items() if (key, value) != (name, "failure")}


def in_bridge(events: list[Event], *, killed: bool) -> tuple[list[Event], str | None]:
    """A leg's events with its role in the bridge from its hang-up on, where a BYE or a command took it out of one.

    Its own thread, which sees the state first, may have forgotten the bridge (switch_ivr_bridge.c: audio_bridge_thread)
    when the one that hangs it up looks for it.
    """
    at = next((at for at, event in enumerate(events) if event["Event-Name"] == "CHANNEL_HANGUP"), 0)
    if not at or not (killed or (_BYE in events[at] and _BYE not in events[at - 1])):
        return events, None
    role, other = _bridge_of(events[:at], events[at].get("variable_last_bridge_to"))
    if role is None:
        return events, None
    hang_up = {"variable_bridge_to": other, "variable_last_bridge_role": role, **events[at]}
    after = [{"variable_last_bridge_role": role, **event} for event in events[at + 1 :]]
    return [*events[:at], hang_up, *after], role


def _bridge_of(events: list[Event], last: str | None) -> tuple[str | None, str | None]:
    """A leg's role in the bridge it is in after these events, and the other leg; `last` it was bridged to."""
    told = [event for event in events if event["Event-Name"] in {"CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE"}][-1:]
    if told and told[0]["Event-Name"] == "CHANNEL_BRIDGE":
        return "originator", told[0]["Bridge-B-Unique-ID"]
    now = events[-1]
    entered = now.get("variable_last_bridge_to") != last or now.get("Application") == "uuid_bridge"
    return ("originatee", last) if last and (entered or now.get("variable_bridge_to") == last) else (None, None)


def hung_up_first(events: list[Event]) -> list[Event]:
    """A leg's events, its hang-up before all that tell of a leg that is hung up, and without what it took from them."""
    at = next((at for at, event in enumerate(events) if event["Event-Name"] == "CHANNEL_HANGUP"), None)
    if at is None:
        return events
    first = next((place for place, event in enumerate(events[:at]) if event.get("Answer-State") == "hangup"), at)
    if first == at and [event["Event-Name"] for event in events[at + 1 : at + 2]] == ["CHANNEL_HANGUP_COMPLETE"]:
        before = events[at - 1] if at else {}  # it had nothing to leave, and may have ended already
        return [*events[:at], _as_before(before, events[at], ENDING), *events[at + 1 :]]
    if first in {0, at}:
        return events
    sent = str(events[at].get(_WHO_ENDED)).startswith("send_")  # what was received is noted before the hang-up
    names = (*ENDING, _WHO_ENDED) if sent else ENDING
    return [*events[:first], _as_before(events[first - 1], events[at], names), *events[first:at], *events[at + 1 :]]


def answered_first(events: list[Event]) -> list[Event]:
    """A leg's events, where its answer tells nothing of what it leads to, and all after it that it was answered."""
    at = next((at for at, event in enumerate(events) if _is_answer(event)), 0)
    if not at:
        return events
    late = next(
        (place for place, event in enumerate(events) if place > at and event.get(DISPOSED[0]) == DISPOSED[1]), at
    )
    between = [{**event, DISPOSED[0]: DISPOSED[1]} for event in events[at + 1 : late]]
    answer = _as_before(events[at - 1], events[at], (*BRIDGING, *TURNED))
    return [*events[:at], answer, *between, *events[max(late, at + 1) :]]


def _is_answer(event: Event) -> bool:
    return event["Event-Name"] == "CHANNEL_ANSWER" and event.get("Call-Direction") == "outbound"


def _as_before(before: Event, event: Event, names: tuple[str, ...]) -> Event:
    """An event that tells of `names` what the one before it told."""
    kept = {name: value for name, value in event.items() if name not in names}
    return {**kept, **{name: before[name] for name in names if name in before}}


def with_sources(events: list[Event]) -> list[Event]:
    """A leg's events, each with the `transfer_source` of its caller profile.

    A profile has one of its own. Where the first events of a profile still tell the one before (or none), they get what
    is told next in the same profile.
    """
    out: list[Event] = []
    profile = before = now = None
    first = True
    for at, event in enumerate(events):
        if not _has_variables(event):
            out.append(event)
            continue
        if event.get(PROFILE) != profile:
            profile, before, first = event.get(PROFILE), now, profile is None
        now = event.get(SOURCE)
        if now == before and not first:
            now = next(_told_in_its_profile(events[at:], before), now)
        out.append({**event, SOURCE: now} if now is not None else event)
    return out


def _told_in_its_profile(events: list[Event], before: str | None) -> Iterator[str]:
    """New sources told from an event on in its own profile."""
    for event in events:
        if event.get(PROFILE) != events[0].get(PROFILE):
            return
        if event.get(SOURCE) not in {before, None}:
            yield event[SOURCE]


@dataclass(frozen=True)
class PassedOver:
    """What a leg left to be moved, and what it only began afterwards.

    The dialplan goes on to the next application as long as the leg's state is CS_EXECUTE (switch_core_state_machine.c:
    switch_core_standard_on_execute); `execute_extension` then runs nothing, as a flagged leg is not ready
    (switch_core_session.c: switch_core_session_execute_exten).
    """

    left: str
    left_data: str
    begun: str
    begun_data: str

    def undone(self, told: Event, prefix: str = "variable_") -> Event:
        """What is told of the leg as if the application had not begun."""
        swaps = {
            "current_application": (self.begun, self.left),
            "last_app": (self.begun, self.left),
            "last_arg": (self.begun_data, self.left_data),
        }
        changed = {
            f"{prefix}{name}": instead
            for name, (begun, instead) in swaps.items()
            if told.get(f"{prefix}{name}") == begun
        }
        return {**told, **changed}


def without_begun(events: list[Event]) -> tuple[list[Event], PassedOver | None]:
    """A leg's events without what it began only because its state had not changed yet; and the last of these."""
    out: list[Event] = []
    found: PassedOver | None = None
    undone = False
    rest = iter(range(len(events)))
    for at in rest:
        if (passed := _passed_over(events, at)) is not None:
            found, undone = passed, True
            next(rest)
            continue
        event = events[at]
        if event["Event-Name"] == "CHANNEL_EXECUTE" and event.get("Application") != "uuid_bridge":
            undone = False
        out.append(found.undone(event) if found and undone else event)
    return out, found


def _passed_over(events: list[Event], at: int) -> PassedOver | None:
    """Whether an application begins here and ends at once, after one that was left, before the leg is elsewhere.

    Elsewhere is another caller profile than it had in the application left; a transfer of the leg's own would have
    been told as an application between begin and end.
    """
    if at == 0 or at + 2 >= len(events):
        return None
    left, begun, over, after = events[at - 1 : at + 3]
    names = [event["Event-Name"] for event in (left, begun, over)]
    if names != ["CHANNEL_EXECUTE_COMPLETE", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"]:
        return None
    if not begun.get("Application") == over.get("Application") == AFTER_MUSIC:
        return None
    started = [event for event in events[:at] if event["Event-Name"] == "CHANNEL_EXECUTE"][-1:]
    if not started or started[0].get(PROFILE) == after.get(PROFILE):
        return None
    return PassedOver(
        str(left.get("Application")),
        str(left.get("Application-Data")),
        AFTER_MUSIC,
        str(begun.get("Application-Data")),
    )


def _has_variables(event: Event) -> bool:
    return any(name.startswith("variable_") for name in event)
