"""One live leg: the state loop, its waiting, and what can be done to it (FreeSWITCH: switch_core_state_machine.c)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from freeswitch.simulator import routing
from freeswitch.simulator.digits import Digits
from freeswitch.simulator.domain.causes import q850
from freeswitch.simulator.domain.channel import Channel, is_true
from freeswitch.simulator.domain.dialplan import Application
from freeswitch.simulator.domain.expand import expand
from freeswitch.simulator.domain.record import set_timestamps
from freeswitch.simulator.domain.states import CallState, State
from freeswitch.simulator.waiting import Waiting

if TYPE_CHECKING:
    from freeswitch.simulator.esl.connection import Connection
    from freeswitch.simulator.far_end.end import FarEnd
    from freeswitch.simulator.switch import Switch

StateHandler = Callable[["Session"], Awaitable[bool]]
Message = dict[str, str]

NEED_MEDIA = frozenset({"intercept"})
"""Applications without SAF_SUPPORT_NOMEDIA before which early media begins (switch_core_session.c)."""


class Session:
    """A leg with its task. Everything runs in one event loop, so a step between two awaits is atomic."""

    def __init__(self, switch: Switch, channel: Channel, far: FarEnd | None = None) -> None:
        self.switch = switch
        self.channel = channel
        self.far = far
        self.extension: deque[Application] = deque()
        self.handlers: dict[State, StateHandler] = {}
        self.partner: Session | Waiting | None = None
        self.bridge_peer: Session | None = None
        self.messages: deque[Message] = deque()
        self.media_bugs: dict[str, Any] = {}
        self.break_requested = False
        self.digits = Digits(self)
        self.programs: set[Connection] = set()
        self.held = 0
        self.gone = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.waiting = Waiting(switch.clock)
        self._locked = False
        self._inside = 0

    @property
    def uuid(self) -> str:
        return self.channel.uuid

    # -- starting and the state loop

    def start(self) -> None:
        """Register the leg and run its states in a task."""
        self.switch.sessions[self.uuid] = self
        self.task = asyncio.create_task(self._run_guarded(), name=f"leg {self.uuid}")

    async def _run_guarded(self) -> None:
        try:
            await self._run()
        except Exception:
            self.switch.log.exception("leg %s failed", self.channel.name)
            raise
        finally:
            self.switch.sessions.pop(self.uuid, None)
            self.gone.set()
            self.switch.poke_all(self)

    async def _run(self) -> None:
        channel = self.channel
        while channel.state is not State.DESTROY:
            if channel.state is not channel.running_state or channel.state >= State.HANGUP:
                self._set_running_state(channel.state)
                channel.flags -= {"transfer", "redirect"}
                await self._enter(channel.state)
            else:
                await self.wait(lambda: channel.state is not channel.running_state)
        await self.wait(lambda: not self.programs and not self.held)  # a program that lingers holds the leg
        self.fire("CHANNEL_DESTROY")
        self._set_running_state(State.DESTROY)

    def _set_running_state(self, state: State) -> None:
        channel = self.channel
        channel.running_state = state
        if channel.direction == "inbound" and state < State.HANGUP:
            if state is State.ROUTING:
                self.set_callstate(CallState.RINGING)
            elif channel.answered:
                self.set_callstate(CallState.ACTIVE)
            elif "early_media" in channel.flags:
                self.set_callstate(CallState.EARLY)
        self.fire("CHANNEL_STATE")
        self.switch.poke_all(self)

    async def _enter(self, state: State) -> None:
        handler = self.handlers.get(state)
        if handler is not None and not await handler(self):
            return
        await _STANDARD[state](self)

    # -- waiting

    async def wait(self, until: Callable[[], bool], timeout: float | None = None, *, messages: bool = False) -> bool:
        """Wait until the condition holds or `timeout` simulated seconds pass; True when it holds.

        With `messages`, queued `sendmsg` commands run meanwhile, one after the other.
        """
        return await self.waiting.wait(until, timeout, self._next_message if messages else None)

    async def _next_message(self) -> bool:
        if self._locked or not self.messages:
            self.digits.pass_on()
            return False
        begun, inside = self.switch.clock.now(), self._inside
        await self.run_message(self.messages.popleft())
        self._inside = inside + self.switch.clock.now() - begun
        return True

    def poke(self) -> None:
        """Something changed: let whoever waits on this leg look again."""
        self.waiting.poke()

    async def stay(self, seconds: float | None, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait for `seconds` of the leg's own time: until it is no more ready, told to break, or `until` holds.

        What runs inside it by `sendmsg` does not count, as a sound goes on where it was. True when it was cut short.
        """
        while True:
            inside = self._inside
            if await self.wait(
                lambda: not self.channel.ready or self.break_requested or until(), seconds, messages=True
            ):
                return True
            seconds = (self._inside - inside) / 1e6
            if not seconds:
                return False

    @property
    def seconds_inside(self) -> float:
        """How long applications ran inside others so far."""
        return self._inside / 1e6

    def take_break(self) -> bool:
        """Whether the leg was told to break; it is told once."""
        told, self.break_requested = self.break_requested, False
        return told

    # -- events

    def fire(self, name: str, extra: dict[str, str] | None = None, subclass: str = "") -> None:
        """Send an event about this leg."""
        self.switch.fire(name, self.channel, extra, subclass)

    def set_callstate(self, wanted: CallState) -> None:
        """Change `Channel-Call-State` and tell; a hung-up leg stays so."""
        old = self.channel.callstate
        if old is wanted or old is CallState.HANGUP:
            return
        self.channel.callstate = wanted
        extra = {"Original-Channel-Call-State": old.name, "Channel-Call-State-Number": str(int(wanted))}
        self.fire("CHANNEL_CALLSTATE", extra)

    # -- changing state

    def set_state(self, wanted: State) -> None:
        """Ask for another state; the leg's task enters it once what it does now lets go."""
        if self.channel.may_become(wanted):
            self.channel.state = wanted
            self.switch.poke_all(self)

    def hangup(self, cause: str = "NORMAL_CLEARING") -> None:
        """Hang up; only the first cause counts."""
        channel = self.channel
        if "leg_holding" in channel.flags:
            self.mark_hold(on=False)
            channel.flags.add("hangup_held")
        if not channel.up:
            return
        channel.state = State.HANGUP
        channel.hangup_cause = cause
        self.set_on_partner("last_bridge_hangup_cause", cause)
        detail = channel.get("proto_specific_hangup_cause")
        if detail:
            self.set_on_partner("last_bridge_proto_specific_hangup_cause", detail)
        if "bridge_originator" in channel.flags:
            channel.set("last_bridge_role", "originator")
        elif "bridged" in channel.flags:
            channel.set("last_bridge_role", "originatee")
        self.fire("CHANNEL_HANGUP")
        self.switch.poke_all(self)

    def set_on_partner(self, name: str, value: str | None) -> None:
        """Set a variable on the leg this one is tied to, if that is still up (switch_channel_set_variable_partner)."""
        channel = self.channel
        bond = channel.get("signal_bond") or channel.get("originate_signal_bond")
        partner = self.switch.sessions.get(bond or "")
        if partner is not None and partner.channel.up:
            partner.channel.set(name, value)

    def mark_ring_ready(self) -> None:
        """The far end rings, or the caller is told it does."""
        channel = self.channel
        if channel.flags & {"ring_ready", "answered"}:
            return
        channel.flags.add("ring_ready")
        if not channel.times.progress:
            now = self.switch.clock.now()
            channel.times.progress = now
            self._tell_originator_time("progress", now)
        self.fire("CHANNEL_PROGRESS")
        self.execute_on("execute_on_ring")
        self.set_callstate(CallState.RINGING)
        self.switch.poke_all(self)

    def mark_pre_answered(self) -> None:
        """Early media flows."""
        channel = self.channel
        if channel.flags & {"early_media", "answered"}:
            return
        channel.flags.add("early_media")
        channel.set("endpoint_disposition", "EARLY MEDIA")
        now = self.switch.clock.now()
        channel.times.progress_media = now
        self._tell_originator_time("progress_media", now)
        self.fire("CHANNEL_PROGRESS_MEDIA")
        self.execute_on("execute_on_pre_answer")
        self.execute_on("execute_on_media")
        self.set_callstate(CallState.EARLY)
        self.switch.poke_all(self)

    def mark_answered(self) -> None:
        """The leg is answered."""
        channel = self.channel
        if not channel.up or channel.answered:
            return
        channel.times.answered = self.switch.clock.now()
        channel.flags.add("answered")
        self.fire("CHANNEL_ANSWER")
        channel.set("endpoint_disposition", "ANSWER")
        self.execute_on("execute_on_answer")
        if "early_media" not in channel.flags:
            self.execute_on("execute_on_media")
        self.set_callstate(CallState.ACTIVE)
        self.switch.poke_all(self)

    def answer(self) -> None:
        """Answer the far end (a caller's leg); nothing when it is up already."""
        if self.channel.up and not self.channel.answered:
            if self.far is not None:
                self.far.switch_answered()
            if self.channel.direction == "inbound" and self.channel.profile.source != "mod_loopback":
                self.mark_pre_answered()
            self.mark_answered()

    def pre_answer(self) -> None:
        """Open early media towards the far end."""
        if self.channel.up and not self.channel.media_ready:
            if self.far is not None:
                self.far.switch_early_media()
            self.mark_pre_answered()

    def ring_ready(self) -> None:
        """Tell the far end that it rings."""
        if self.channel.up and not self.channel.media_ready:
            if self.far is not None:
                self.far.switch_ringing()
            self.mark_ring_ready()

    def _tell_originator_time(self, name: str, now: int) -> None:
        channel = self.channel
        if channel.other_type != "originator" or channel.other_profile is None:
            return
        other = self.switch.sessions.get(channel.other_profile.uuid)
        if other is not None and (name == "progress_media" or not getattr(other.channel.times, name)):
            setattr(other.channel.times, name, now)
        if channel.other_profile.times is not None:
            setattr(channel.other_profile.times, name, now)

    def mark_hold(self, *, on: bool) -> None:
        """The far end put us on hold, or took us back."""
        flags = self.channel.flags
        if on == ("leg_holding" in flags):
            return
        times = self.channel.times
        now = self.switch.clock.now()
        if on:
            flags.add("leg_holding")
        else:
            flags.discard("leg_holding")
        self.fire("CHANNEL_HOLD" if on else "CHANNEL_UNHOLD")
        if not on and times.last_hold:
            times.hold_accum += now - times.last_hold

    # -- running applications

    def expand(self, text: str) -> str:
        """Put channel variables and global variables into application data."""
        return expand(text, lambda name: self.channel.get(name) or self.switch.globals.get(name))

    async def execute(self, application: Application, app_uuid: str | None = None) -> None:
        """Run one application with its events (switch_core_session_exec)."""
        run = self.switch.applications.get(application.name)
        if run is None:
            self.switch.log.warning("invalid application %s", application.name)
            self.hangup("DESTINATION_OUT_OF_ORDER")
            return
        if application.name in NEED_MEDIA:
            self.pre_answer()
        data = self.expand(application.data)
        channel = self.channel
        channel.app_log.append((application.name, data, self.switch.clock.now()))
        channel.set("current_application", application.name)
        channel.set("current_application_data", data)
        channel.variables.pop("current_application_response", None)
        extra = {
            "Application": application.name,
            "Application-Data": data,
            "Application-UUID": app_uuid or str(uuid4()),
        }
        extra = {name: value for name, value in extra.items() if value}
        self.fire("CHANNEL_EXECUTE", extra)
        self.break_requested = False
        await run(self, data)
        extra["Application-Response"] = channel.get("current_application_response") or "_none_"
        self.fire("CHANNEL_EXECUTE_COMPLETE", extra)

    def execute_on(self, variable: str) -> None:
        """Queue the application named in `execute_on_answer` and its like (`app arg` or `app::arg`)."""
        value = self.channel.get(variable)
        if value:
            name, found, data = value.partition("::")
            if not found:
                name, _, data = value.partition(" ")
            self.queue({"call-command": "execute", "execute-app-name": name, "execute-app-arg": data})

    def queue(self, message: Message) -> None:
        """Queue a `sendmsg` for the leg to act on when it next listens."""
        self.messages.append(message)
        self.poke()

    async def run_message(self, message: Message) -> None:
        """Act on one `sendmsg`; with `event-lock` no other runs inside it (switch_ivr_parse_event)."""
        command = message.get("call-command", "").lower()
        if command == "execute":
            data = message.get("execute-app-arg") or message.get("_body", "")
            self._locked = is_true(message.get("event-lock"))
            self.channel.set("current_loop", "1")
            try:
                await self.execute(Application(message.get("execute-app-name", ""), data), message.get("Event-UUID"))
            finally:
                self._locked = False
                self.channel.set("current_loop", None)
        elif command == "hangup":
            self.hangup(message.get("hangup-cause", "NORMAL_CLEARING").upper())

    def break_application(self) -> None:
        """Stop what plays now (`uuid_break`)."""
        self.break_requested = True
        self.poke()


async def _init(session: Session) -> None:
    session.set_state(State.ROUTING)
    session.fire("CHANNEL_CREATE")
    if session.channel.direction == "outbound":
        session.fire("CHANNEL_ORIGINATE")
        if session.far is not None:
            session.far.invited()


async def _execute(session: Session) -> None:
    channel = session.channel
    channel.set("call_uuid", session.uuid)
    while channel.state is State.EXECUTE:
        if not session.extension:
            session.hangup("NORMAL_CLEARING")
            return
        await session.execute(session.extension.popleft())


async def _hangup(session: Session) -> None:
    channel = session.channel
    now = session.switch.clock.now()
    channel.times.hungup = now
    session.switch.leg_ended(session)
    channel.set("hangup_cause", channel.hangup_cause)
    channel.set("hangup_cause_q850", str(q850(channel.hangup_cause)))
    set_timestamps(channel)
    session.set_callstate(CallState.HANGUP)
    if session.far is not None:
        session.far.switch_hung_up(session)
    channel.state = State.REPORTING
    session.switch.poke_all(session)


async def _reporting(session: Session) -> None:
    session.switch.write_record(session)
    session.fire("CHANNEL_HANGUP_COMPLETE")
    session.channel.state = State.DESTROY


async def _park(session: Session) -> None:
    await park(session)


async def park(session: Session) -> None:
    """Hold the leg, listening for commands, until it is moved (switch_ivr_park)."""
    channel = session.channel
    if "controlled" in channel.flags or channel.state is State.RESET:
        return
    timeout, cause = None, "NORMAL_CLEARING"
    limit = channel.get("park_timeout")
    if limit:
        seconds, _, named = limit.partition(":")
        timeout, cause = float(seconds), named or cause
        channel.set("park_timeout", None)
        channel.set("park_after_bridge", None)
    channel.flags |= {"controlled", "parked"}
    session.fire("CHANNEL_PARK")
    moved = await session.wait(
        lambda: not (channel.ready and {"parked", "controlled"} <= channel.flags), timeout, messages=True
    )
    if not moved:
        session.hangup(cause)
    channel.flags -= {"controlled", "parked"}
    session.fire("CHANNEL_UNPARK")


async def _reset(session: Session) -> None:
    session.channel.set("call_uuid", session.uuid)


async def _stay(session: Session) -> None:
    """States that hold the leg until someone moves it."""


_STANDARD: dict[State, Callable[[Session], Awaitable[None]]] = {
    State.NEW: _stay,
    State.INIT: _init,
    State.ROUTING: routing.route,
    State.SOFT_EXECUTE: _stay,
    State.EXECUTE: _execute,
    State.EXCHANGE_MEDIA: _stay,
    State.PARK: _park,
    State.CONSUME_MEDIA: _stay,
    State.HIBERNATE: _stay,
    State.RESET: _reset,
    State.HANGUP: _hangup,
    State.REPORTING: _reporting,
}
