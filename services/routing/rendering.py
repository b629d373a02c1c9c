"""A route as dialplan actions. Only typed builders write what the switch reads; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

from services.routing.domain.progress import Progress, Stage
from services.routing.domain.request import NEXT, PHONES
from services.routing.domain.route import (
    Cap,
    Confirm,
    DialTrunk,
    Diversion,
    EchoTest,
    JoinConference,
    JoinLeg,
    JoinQueue,
    Notice,
    Refuse,
    Ring,
    Route,
    RunProgram,
    Shown,
    StandBy,
    Step,
    Target,
)
from shared.telephony.caller_id import display_name
from shared.telephony.causes import CAUSES
from shared.telephony.channel_variables import Value
from shared.telephony.dial_string import DialString, GroupConfirm, Leg, Phone, Trunk
from shared.telephony.dialplan_actions import (
    Action,
    Answer,
    Bridge,
    Conference,
    Echo,
    ExecuteOn,
    FireEvent,
    Hangup,
    Intercept,
    Limit,
    LimitExecute,
    Park,
    Playback,
    PreAnswer,
    SchedHangup,
    SetAll,
    Socket,
    Transfer,
    UnlessMoved,
)
from shared.telephony.handover import CALLED, CAUSE, HOLD, NOT_TAKEN, PROGRAM, TURN
from shared.telephony.hops import HOP_PEER
from shared.telephony.queueing import (
    LAST_BRIDGE,
    LAST_QUEUE,
    MEDIA_TIMEOUT,
    OUTLIVES_AGENT,
    QUEUE,
    QUEUE_LANGUAGE,
    QUEUE_TURN,
    QUEUED,
    SILENT_PHONE_MS,
)
from shared.telephony.sounds import MusicOnHold, SoundFile, SoundSequence, Tone

Sealed = Callable[[Progress], str]
"""Writes progress so that nobody else can."""
Wherever = Callable[[Route, Leg], Leg]

EXPORTED: Final = "seda_call_id,seda_tenant_id,seda_direction,seda_acting_extension_id,force_transfer_context"
"""Variables that every further leg of the call gets, whoever calls it."""
PROGRAM_LIVES: Final = 4
"""How many programs may die under one call before it goes elsewhere."""
AFTER_BRIDGE: Final = "transfer_after_bridge"
STOP_KEYS: Final = "playback_terminators"
MAX_LEGS: Final = 120
MUSIC_REPEATS: Final = 32
MUSIC_ROWS: Final = 4
"""Of three minutes of music more than six hours; who waits longer hears Seda's own."""
MAX_SECONDS: Final = 86_400
LANGUAGES: Final = frozenset({"en", "fa", "ar"})

_safe_name = lru_cache(maxsize=16_384)(display_name)

DONE: Final = Tone("%(150,50,880);%(150,0,1175)")
FAILED: Final = Tone("%(300,100,480);%(300,100,480);%(300,0,480)")
RINGING: Final = Tone("%(1000,4000,425)")


def actions_of(
    route: Route, sealed: Sealed, programs: tuple[str, ...] = (), wherever: Wherever = lambda _, leg: leg
) -> list[Action]:
    """What the switch is to do, in order.

    Args:
        sealed: writes where routing goes on when the step fails.
        programs: addresses (host:port) of the processes that talk with callers.
        wherever: a leg to a device as it is called, also where the device is registered on another node.

    Raises:
        UnsafeText: a value could be read as more than itself; nothing must be sent then.
    """
    step = route.step
    if isinstance(step, RunProgram):
        steps = _program(route, programs)
    elif isinstance(step, Ring):
        steps = _ring(route, step, wherever)
    else:
        steps = _STEPS[type(step)](route, step)
    return [SetAll(_variables(route, sealed)), *map(_limit, route.caps), *steps]


def _variables(route: Route, sealed: Sealed) -> dict[str, Value]:
    """The variables of the caller's own leg."""
    variables: dict[str, Value] = {
        "seda_call_id": route.call_id,
        "seda_direction": route.direction,
        "hangup_after_bridge": not (route.next and (route.next.after or route.next.stage is Stage.QUEUE)),
        # A transfer by REFER stays in the phones' context, also of a call that came by a trunk.
        "force_transfer_context": PHONES,
        "export_vars": EXPORTED,
        # Who answers is who may transfer the call later.
        "import": "seda_party_id",
        # The SIP status follows from the cause; a refusal of ours is not replaced by an earlier leg's.
        "sip_ignore_remote_cause": True,
    }
    if route.tenant_id:
        variables["seda_tenant_id"] = str(route.tenant_id)
    if route.acting_id:
        variables["seda_acting_extension_id"] = str(route.acting_id)
    if route.trunk_id:
        variables["seda_trunk_id"] = str(route.trunk_id)
    if route.answered:
        variables["transfer_ringback"] = RINGING.uri
    if isinstance(route.step, Ring | JoinLeg) and route.step.hop_peer:
        # What the phone speaks is spoken between the nodes as well: nothing is transcoded twice.
        variables |= {HOP_PEER: route.step.hop_peer, "inherit_codec": True}
    # Nothing is left over from an earlier step of this call: what is empty is unset.
    passing = _of_this_step(route, sealed).items()
    return variables | {name: value for name, value in passing if value or not route.is_first}


def _of_this_step(route: Route, sealed: Sealed) -> dict[str, str]:
    step = route.step
    return (
        _of_program(step)
        | _of_queue(step)
        | {
            "seda_refusal": step.reason.value if isinstance(step, Refuse) else "",
            "continue_on_fail": "true" if route.next else "",
            "seda_next": sealed(route.next) if route.next else "",
            # What the next question is told when a cap keeps the step from being tried at all.
            "originate_disposition": _capped(route) if route.next else "",
        }
    )


def _of_program(step: Step) -> dict[str, str]:
    if not isinstance(step, RunProgram):
        return {PROGRAM: ""}
    return {
        PROGRAM: step.program,
        CALLED: step.called,
        CAUSE: step.cause,
        NOT_TAKEN: step.not_taken,
        TURN: str(step.turn),
        # The dialplan goes on when a program dies: the next `socket` finds the call another one.
        "socket_resume": "true",
        # Keys sent by SIP INFO count beside those in the media.
        "rtp_liberal_dtmf": "true",
    }


def _of_queue(step: Step) -> dict[str, str]:
    """Of a leg that waits in a queue. The turn is never unset: it tells one time in line from the next."""
    if not isinstance(step, JoinQueue):
        return {QUEUE: "", AFTER_BRIDGE: "", STOP_KEYS: ""}
    return {
        QUEUE: str(step.queue_id),
        LAST_QUEUE: step.slug,
        QUEUE_TURN: str(step.turn),
        QUEUE_LANGUAGE: _language(step.language),
        LAST_BRIDGE: "",
        # When the agent leaves, routing is asked where the caller goes.
        AFTER_BRIDGE: f"{NEXT}:XML:{PHONES}",
        OUTLIVES_AGENT: "true",
        # Keys are the queue's to take: none ends the music.
        STOP_KEYS: "none",
    }


def _capped(route: Route) -> str:
    if isinstance(route.step, Ring):
        return CAUSES["USER_BUSY"].name
    return CAUSES["NORMAL_CIRCUIT_CONGESTION"].name if isinstance(route.step, DialTrunk) else ""


def _limit(cap: Cap) -> Limit:
    realm = f"seda-{cap.kind}-rate" if cap.per_second else f"seda-{cap.kind}"
    return Limit(realm, str(cap.key), cap.most, per_seconds=1 if cap.per_second else 0)


def _ring(route: Route, step: Ring, wherever: Wherever) -> list[Action]:
    legs = [
        Leg(
            Phone(device.sip_username, step.domain),
            {
                "seda_extension_id": str(target.extension.id),
                "seda_extension": target.extension.number,
                "seda_device_id": str(device.id),
                "seda_party_id": str(target.extension.id),
                # Else it is `102%domain`, which a transfer makes a caller id and mod_sofia then decodes.
                "origination_callee_id_number": target.extension.number,
                "origination_callee_id_name": _safe_name(target.extension.display_name) or target.extension.number,
            },
            timeout_seconds=_leg_timeout(target),
            delay_seconds=target.delay_seconds or None,
        )
        for target in step.targets
        for device in target.extension.devices
    ][:MAX_LEGS]
    legs = legs if step.is_hop else [wherever(route, leg) for leg in legs]
    bridge = Bridge(
        DialString.simultaneous(
            legs,
            _told(step.via, step.diversion, step.domain),
            timeout_seconds=step.timeout_seconds,
            ignore_early_media=len(legs) > 1,
            **_caller(step.shown),
        )
    )
    only = step.targets[0].extension
    capped = bridge if step.max_calls is None else LimitExecute("seda-extension", str(only.id), step.max_calls, bridge)
    return [capped, _afterwards(route)]


def _leg_timeout(target: Target) -> int | None:
    # Counted by the whole attempt's clock (switch_ivr_originate.c), so the delay is part of it.
    return None if target.timeout_seconds is None else target.delay_seconds + target.timeout_seconds


def _trunk(route: Route, step: DialTrunk) -> list[Action]:
    variables = _told(step.via, step.diversion, "trunk.invalid")
    variables |= {"seda_trunk_id": str(step.trunk_id), "seda_number_class": step.number_class}
    if step.billed_id:
        variables["seda_billed_extension_id"] = str(step.billed_id)
    if step.shown.hidden:
        variables["origination_privacy"] = "hide_name:hide_number"
    accept = GroupConfirm("1", f"{_language(route.language)}/ivr-accept-call.wav") if step.accept_key else None
    bridge: Action = Bridge(
        DialString.to(
            Trunk(step.trunk_id, step.number),
            variables,
            timeout_seconds=step.timeout_seconds,
            confirm=accept,
            ignore_early_media=accept is not None,
            **_caller(step.shown),
        )
    )
    key = str(step.trunk_id)
    if step.caps.max_calls is not None:
        bridge = LimitExecute("seda-trunk", key, step.caps.max_calls, bridge)
    return [*_trunk_rate(route, step, key), *_time_limit(route, step), bridge, _afterwards(route)]


def _trunk_rate(route: Route, step: DialTrunk, key: str) -> list[Action]:
    most = step.caps.max_calls_per_second
    if most is None:
        return []
    return [Limit("seda-trunk-rate", key, most, per_seconds=1, number=NEXT if route.next else None, context=PHONES)]


def _time_limit(route: Route, step: DialTrunk) -> list[Action]:
    if step.remaining_seconds is None:
        return []
    end = SchedHangup(min(step.remaining_seconds, MAX_SECONDS))
    return [end if route.answered else ExecuteOn("answer", end)]


def _afterwards(route: Route) -> Transfer | Hangup:
    # Reached without continue_on_fail only after NO_ANSWER and its like (switch_channel_handle_cause).
    return Transfer(NEXT, PHONES) if route.next else Hangup(CAUSES["NO_ANSWER"])


def _told(via: str, diversion: Diversion | None, host: str) -> dict[str, Value]:
    variables: dict[str, Value] = {"seda_via": via} if via else {}
    if diversion:
        variables["sip_h_Diversion"] = f"<sip:{diversion.number}@{host}>;reason={diversion.reason}"
    return variables


def _caller(shown: Shown) -> dict[str, Any]:
    name = _safe_name(shown.name) or shown.number
    return {"caller_id_number": shown.number, "caller_id_name": name}


def _refuse(_: Route, step: Refuse) -> list[Action]:
    return [Hangup(step.cause)]


def _notice(_: Route, step: Notice) -> list[Action]:
    return [PreAnswer(), Playback(SoundFile(f"{_language(step.language)}/{step.prompt.value}.wav")), Hangup(step.cause)]


def _confirm(_: Route, step: Confirm) -> list[Action]:
    return [Answer(), Playback(DONE if step.done else FAILED), *_said(step.prompt, step.language), Hangup()]


def _said(prompt: str, language: str) -> list[Action]:
    return [Playback(SoundFile(f"{_language(language)}/{prompt}.wav"))] if prompt else []


def _stand_by(_: Route, step: StandBy) -> list[Action]:
    """As acd calls an agent's phone that stays connected, only that the phone called."""
    about: dict[str, Value] = {
        "seda_agent_id": step.agent_id,
        "seda_agent_leg": True,
        "hangup_after_bridge": False,
        "park_after_bridge": True,
        MEDIA_TIMEOUT: SILENT_PHONE_MS,
    }
    return [SetAll(about), Answer(), Playback(DONE), *_said(step.prompt, step.language), Park()]


def _program(route: Route, addresses: tuple[str, ...]) -> list[Action]:
    """Offer the call to the programs, each call to another one first; those that die leave it to the next."""
    if isinstance(route.step, RunProgram) and route.step.program == HOLD:
        return [Park()]
    if not addresses:
        return [_afterwards(route)]
    first = crc32(route.call_id.encode()) % len(addresses)
    offers = [addresses[first + turn :] + addresses[: first + turn] for turn in range(len(addresses) - first)]
    offers += [addresses[turn:] + addresses[:turn] for turn in range(first)]
    return [*(Socket(offers[place % len(offers)]) for place in range(PROGRAM_LIVES)), _afterwards(route)]


def _queue(route: Route, step: JoinQueue) -> list[Action]:
    # What plays for ever takes no keys (mod_dptools.c: endless_playback), so a queue's own music is a long row of it.
    own = [Playback(SoundSequence((SoundFile(step.music),) * MUSIC_REPEATS))] * MUSIC_ROWS if step.music else []
    # The music ends when acd connects the caller, too; no further one begins then (switch_ivr_play_file).
    return [Answer(), FireEvent(QUEUED), *own, Playback(MusicOnHold()), UnlessMoved(_afterwards(route))]


def _conference(_: Route, step: JoinConference) -> list[Action]:
    return [Answer(), Conference(step.name)]


def _join_leg(_: Route, step: JoinLeg) -> list[Action]:
    # Reached where that leg has ended meanwhile.
    return [Intercept(step.leg_id), Hangup(CAUSES["SUBSCRIBER_ABSENT"])]


def _echo(_: Route, __: EchoTest) -> list[Action]:
    return [Answer(), Echo()]


def _language(word: str) -> str:
    return word if word in LANGUAGES else "en"


_STEPS: Final[dict[type, Callable[[Route, Any], list[Action]]]] = {
    DialTrunk: _trunk,
    Refuse: _refuse,
    Notice: _notice,
    Confirm: _confirm,
    StandBy: _stand_by,
    JoinConference: _conference,
    JoinLeg: _join_leg,
    JoinQueue: _queue,
    EchoTest: _echo,
}
