"""Two legs talking (FreeSWITCH: switch_ivr_bridge.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.domain.channel import is_true
from freeswitch.simulator.domain.dial_string import BadDialString, parse_dial_string
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.originate import Originate
from freeswitch.simulator.session import park
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

_AWAY = frozenset({"transfer", "redirect", "xfer_zombie"})
_GOES_ON = frozenset({State.EXECUTE, State.SOFT_EXECUTE, State.PARK, State.ROUTING})


async def dial_and_bridge(session: Session, dial_string: str) -> None:
    """The application `bridge`: ring, then talk; on failure obey `continue_on_fail` (audio_bridge_function)."""
    try:
        dial = parse_dial_string(dial_string)
    except BadDialString as error:
        session.switch.log.warning("%s", error)
        fail(session, "DESTINATION_OUT_OF_ORDER")
        return
    peer, cause = await Originate(session.switch, session, dial).run()
    if peer is None:
        fail(session, cause)
        return
    await bridge(session, peer)


def fail(session: Session, cause: str) -> None:
    """A bridge did not come about."""
    session.channel.set("originate_failed_cause", cause)
    handle_cause(session, cause)


def handle_cause(session: Session, cause: str) -> None:
    """Go on with the next application, or hang up (switch_channel_handle_cause)."""
    channel = session.channel
    if not channel.up:
        return
    if cause != "ATTENDED_TRANSFER":
        wanted = channel.get("continue_on_fail")
        failures = channel.get("failure_causes")
        if wanted or failures:
            if failures and cause not in failures.upper().split(","):
                return
            if wanted and (is_true(wanted) or cause in wanted.upper().split(",")):
                return
        elif cause in {"NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL"}:
            return
    if "transfer" not in channel.flags and channel.state is not State.ROUTING:
        session.hangup(cause)


async def bridge(a: Session, b: Session) -> None:
    """Connect `a`, whose task runs this, with `b` until one leaves (switch_ivr_multi_threaded_bridge)."""
    one, two = a.channel, b.channel
    one.flags.add("bridge_originator")
    two.flags.discard("bridge_originator")
    b.handlers[State.EXCHANGE_MEDIA] = _exchange_media
    if two.answered and not one.answered:
        a.answer()
    if not one.ready:
        b.hangup("ORIGINATOR_CANCEL" if not one.answered else "NORMAL_CLEARING")
        return
    b.set_state(State.CONSUME_MEDIA)
    two.set("call_uuid", a.uuid)
    one.times.bridged = two.times.bridged = a.switch.clock.now()
    if one.other_profile is None or one.other_profile.uuid != b.uuid:
        show_other_leg(a, b, "originatee")
    sides = {"Bridge-A-Unique-ID": a.uuid, "Bridge-B-Unique-ID": b.uuid}
    a.fire("CHANNEL_BRIDGE", sides)
    a.bridge_peer, b.bridge_peer = b, a
    for here, there in ((a, b), (b, a)):
        here.channel.set("bridge_to", there.uuid)
        here.channel.set("last_bridge_to", there.uuid)
        here.channel.set("bridge_channel", there.channel.name)
        here.channel.set("bridge_uuid", there.uuid)
        here.channel.set("signal_bond", there.uuid)
    b.set_state(State.EXCHANGE_MEDIA)
    two.flags.discard("leg_done")
    await talk(a, b)
    one.flags.discard("bridge_originator")
    await a.wait(lambda: two.state is not State.EXCHANGE_MEDIA)
    _exchange_causes(a, b)
    two.set("call_uuid", b.uuid)
    a.fire("CHANNEL_UNBRIDGE", sides)
    await _after(a, b)


async def talk(here: Session, there: Session) -> None:
    """One side of a bridge, until either leg is no more ready (audio_bridge_thread)."""
    channel, other = here.channel, there.channel
    channel.flags.add("bridged")
    await here.wait(
        lambda: "bridged" in other.flags or not other.up or not channel.ready or bool(other.flags & _AWAY),
        messages=False,
    )
    state = other.state

    def over() -> bool:
        if channel.answered != other.answered and channel.ready and other.ready:
            _answer_the_other(here, there)
        gone = not channel.ready or not other.up or bool(other.flags & _AWAY)
        return gone or "bridged" not in other.flags or other.state not in {state, State.EXCHANGE_MEDIA}

    _send_display(here, there)
    await here.wait(over, messages=True)
    channel.set("bridge_to", None)
    channel.flags.discard("bridged")
    if "leg_holding" in channel.flags or "hangup_held" in channel.flags:
        if other.ready and other.state in {state, State.EXCHANGE_MEDIA}:  # it did not leave by itself (clean_exit)
            there.break_application()
            there.hangup(other.hangup_cause or "NORMAL_CLEARING")
        if "leg_holding" in channel.flags:
            here.mark_hold(on=False)
    if there.channel.running_state is not State.EXECUTE or "bridged" in other.flags:  # else it plays something by now
        there.break_application()
    here.switch.poke_all(here)


def _answer_the_other(here: Session, there: Session) -> None:
    """One side was answered during the bridge (early media before): answer the caller's side."""
    unanswered = there if here.channel.answered else here
    if unanswered.channel.direction == "inbound":
        unanswered.answer()


def _send_display(here: Session, there: Session) -> None:
    if "bridge_originator" not in here.channel.flags or not (here.channel.answered and there.channel.answered):
        return
    for side, peer in ((here, there), (there, here)):
        name, number = display_of(peer)
        side.channel.set("last_sent_callee_id_name", name)
        side.channel.set("last_sent_callee_id_number", number)
        if side.far is not None:
            side.far.switch_shows(name, number)
        side.fire(
            "CALL_UPDATE",
            {
                "Direction": "SEND",
                "Sent-Callee-ID-Name": name,
                "Sent-Callee-ID-Number": number,
                "Bridged-To": peer.uuid,
            },
        )


def display_of(session: Session) -> tuple[str, str]:
    """Name and number the other side is shown for a leg."""
    profile = session.channel.profile
    if session.channel.direction == "outbound":
        return profile.callee_id_name or profile.caller_id_name, profile.callee_id_number or profile.caller_id_number
    return profile.caller_id_name, profile.caller_id_number


def show_other_leg(session: Session, other: Session, kind: str) -> None:
    """Let a leg's events show the other leg's profile under `Other-Leg-`."""
    session.channel.other_type = kind
    session.channel.other_profile = other.channel.profile.snapshot()


async def _exchange_media(session: Session) -> bool:
    """The second leg's side of a bridge (audio_bridge_on_exchange_media)."""
    channel, peer = session.channel, session.bridge_peer
    if peer is None:
        session.hangup("DESTINATION_OUT_OF_ORDER")
        return False
    await talk(session, peer)
    session.handlers.pop(State.EXCHANGE_MEDIA, None)
    if not channel.flags & _AWAY and channel.state is State.EXCHANGE_MEDIA:
        after = channel.get("transfer_after_bridge")
        if channel.is_true("park_after_bridge"):
            session.set_state(State.PARK)
        elif after:
            transfer_after_bridge(session, after)
        elif not channel.answered:
            session.hangup("ORIGINATOR_CANCEL")
        else:
            session.hangup("NORMAL_CLEARING")
    return False


def _exchange_causes(a: Session, b: Session) -> None:
    for here, there in ((a, b), (b, a)):
        if here.channel.hangup_cause:
            there.channel.set("bridge_hangup_cause", here.channel.hangup_cause)


async def _after(a: Session, b: Session) -> None:
    """What the first leg does once the bridge is over."""
    one, two = a.channel, b.channel
    a.bridge_peer = b.bridge_peer = None
    if not one.flags & _AWAY:
        cause, state = two.hangup_cause or "NORMAL_CLEARING", one.state
        if not two.answered:
            handle_cause(a, cause)
        if state not in _GOES_ON or (two.answered and state < State.HANGUP):
            after = one.get("transfer_after_bridge")
            if one.is_true("park_after_bridge"):
                a.set_state(State.PARK)
            elif after:
                transfer_after_bridge(a, after)
            elif two.answered and one.is_true("hangup_after_bridge"):
                a.hangup(cause)
    if "redirect" in one.flags and one.state not in {State.RESET, State.PARK, State.ROUTING, State.EXECUTE}:
        a.set_state(State.RESET)


def transfer_after_bridge(session: Session, where: str) -> None:
    """`transfer_after_bridge=exten:dialplan:context`, once; a leg that hung up takes the new number into its record."""
    session.channel.set("transfer_after_bridge", None)
    extension, _, rest = where.partition(":")
    dialplan, _, context = rest.partition(":")
    blind_transfer(session, extension, dialplan, context)


def uuid_bridge(a: Session, b: Session) -> bool:
    """Take two live legs from what they do and connect them (switch_ivr_uuid_bridge); False when it cannot be."""
    if not a.channel.up or not b.channel.up:
        return False
    if not a.channel.media_ready:
        if not b.channel.media_ready:
            return False
        a, b = b, a
    a.channel.enter_dialplan()
    now = a.switch.clock.now()
    for session, other in ((a, b), (b, a)):
        channel, profile = session.channel, session.channel.profile
        channel.flags |= {"redirect", "transfer"}
        channel.flags.discard("originating")
        channel.set("bridge_to", None)
        channel.set("bridge_channel", other.channel.name)
        channel.set("bridge_uuid", other.uuid)
        channel.set("signal_bond", other.uuid)
        channel.set("original_destination_number", profile.destination_number)
        channel.set("original_caller_id_name", profile.caller_id_name)
        channel.set("original_caller_id_number", profile.caller_id_number)
        source = f"{now // 1_000_000}:{uuid4()}:uuid_br:{other.uuid}"
        stepped = profile.snapshot(with_times=False)
        if session is a:
            channel.is_routed(stepped)
        channel.start_profile(stepped, now)
        stepped.transfer_source = source
        channel.push("transfer_history", source, front=True)
        channel.set("transfer_source", source)
        channel.flags -= {"bridge_originator", "uuid_bridge_originator"}
        session.handlers = {
            State.HIBERNATE: _to_reset,
            State.CONSUME_MEDIA: _to_reset,
            State.RESET: _uuid_bridge_reset,
            State.SOFT_EXECUTE: _uuid_bridge_soft_execute,
        }
    _invert_caller_ids(a, b)
    show_other_leg(a, b, "originatee")
    show_other_leg(b, a, "originator")
    one, two = a.channel.profile, b.channel.profile
    one.callee_id_name, one.callee_id_number = two.callee_id_name, two.callee_id_number
    two.caller_id_name, two.caller_id_number = one.caller_id_name, one.caller_id_number
    a.channel.set("uuid_bridge", b.uuid)
    a.channel.flags.add("uuid_bridge_originator")
    for session in (a, b):
        held = session.channel.state is State.HIBERNATE
        session.set_state(State.CONSUME_MEDIA if held else State.HIBERNATE)
    return True


def _invert_caller_ids(a: Session, b: Session) -> None:
    """Whoever was shown as the calling side of its call and is not any more swaps names (switch_channel_invert_cid)."""
    if a.channel.direction == "inbound" and "bleg" in a.channel.flags:
        _invert(a)
        b.channel.flags.discard("bleg")
    if b.channel.direction == "outbound":
        b.channel.flags.discard("dialplan")
    elif "bleg" not in b.channel.flags:
        _invert(b)
        b.channel.flags.add("bleg")


def _invert(session: Session) -> None:
    profile = session.channel.profile
    name, number = profile.caller_id_name, profile.caller_id_number
    profile.caller_id_name = profile.callee_id_name or "Unknown"
    profile.caller_id_number = profile.callee_id_number or "Unknown"
    profile.callee_id_name, profile.callee_id_number = name, number


async def _to_reset(session: Session) -> bool:
    session.set_state(State.RESET)
    return False


async def _uuid_bridge_reset(session: Session) -> bool:
    session.channel.flags.discard("originating")
    if "uuid_bridge_originator" in session.channel.flags:
        session.set_state(State.SOFT_EXECUTE)
    return True


async def _uuid_bridge_soft_execute(session: Session) -> bool:
    channel = session.channel
    session.handlers = {}
    if "uuid_bridge_originator" not in channel.flags:
        return True
    other = session.switch.sessions.get(channel.get("uuid_bridge") or "")
    channel.set("uuid_bridge", None)
    channel.flags.discard("uuid_bridge_originator")
    if other is None:
        _other_is_gone(session)
        return False
    session.partner, other.partner = other, session
    await _wait_for_soft_execute(session, other)
    if not channel.ready or not other.channel.ready:
        if not channel.ready:
            other.hangup("DESTINATION_OUT_OF_ORDER")
        _other_is_gone(session)
        return False
    session.fire("CHANNEL_EXECUTE", {"Application": "uuid_bridge", "Application-Data": other.uuid})
    other.fire("CHANNEL_EXECUTE", {"Application": "uuid_bridge", "Application-Data": session.uuid})
    await bridge(session, other)
    away = channel.flags & {"transfer", "redirect"}
    if not away and channel.up and channel.state not in {State.ROUTING, State.PARK}:
        session.set_state(State.EXECUTE)
    return False


def _other_is_gone(session: Session) -> None:
    """The leg to be bridged to hung up meanwhile (seen; a leg without `transfer_after_bridge` is hung up)."""
    after = session.channel.get("transfer_after_bridge")
    if session.channel.ready and after:
        transfer_after_bridge(session, after)
    else:
        session.hangup("DESTINATION_OUT_OF_ORDER")


async def _wait_for_soft_execute(session: Session, other: Session) -> None:
    def there() -> bool:
        channel = other.channel
        if not channel.up or not session.channel.up:
            return True
        if channel.state is channel.running_state is State.RESET:
            other.set_state(State.SOFT_EXECUTE)
        return channel.state is channel.running_state is State.SOFT_EXECUTE

    await session.wait(there)


async def park_session(session: Session) -> None:
    """The application `park`."""
    await park(session)
