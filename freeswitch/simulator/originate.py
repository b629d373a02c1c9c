"""Ring one or several endpoints until one answers (FreeSWITCH: switch_ivr_originate.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freeswitch.simulator.confirming import Confirmation
from freeswitch.simulator.domain.channel import is_true
from freeswitch.simulator.domain.dial_string import DialString, Endpoint
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.legs import Refused, outgoing
from freeswitch.simulator.session import Session
from freeswitch.simulator.waiting import Waiting

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch

DEFAULT_TIMEOUT_SECONDS = 60.0
_DIALSTATUS = {
    "SUCCESS": "SUCCESS",
    "ORIGINATOR_CANCEL": "CANCEL",
    "USER_BUSY": "BUSY",
    "NO_ANSWER": "NOANSWER",
    "DESTINATION_OUT_OF_ORDER": "INVALIDARGS",
    "INVALID_PROFILE": "INVALIDARGS",
    "CALL_REJECTED": "DONTCALL",
}


@dataclass
class CallerId:
    """Who the called party sees when there is no caller's leg (`originate` command)."""

    name: str = ""
    number: str = "0000000000"


@dataclass
class _Attempt:
    endpoint: Endpoint
    variables: dict[str, str]
    session: Session | None = None
    cause: str = ""
    due: bool = False

    @property
    def over(self) -> bool:
        return bool(self.cause) or (self.session is not None and not self.session.channel.up)

    def final_cause(self) -> str:
        return self.session.channel.hangup_cause if self.session is not None else self.cause


@dataclass
class Originate:
    """One dial string being rung for `caller`, or for nobody yet."""

    switch: Switch
    caller: Session | None
    dial: DialString
    timeout: float | None = None
    caller_id: CallerId = field(default_factory=CallerId)

    def __post_init__(self) -> None:
        self._alone = Waiting(self.switch.clock)
        self.confirmation = Confirmation.of(self.dial.variables, self._poke)

    async def run(self) -> tuple[Session | None, str]:
        """The leg that won and `SUCCESS`, or None and the cause of the failure."""
        caller = self.caller
        if caller is not None:
            caller.channel.set("originated_legs", None)
            caller.channel.set("originate_causes", None)
            caller.channel.set("originate_disposition", "failure")
            caller.channel.set("DIALSTATUS", "INVALIDARGS")
            caller.channel.flags.add("originator")
        peer, cause = None, "DESTINATION_OUT_OF_ORDER"
        for group in self.dial.groups:
            peer, cause = await self._group(group)
            if caller is not None:
                caller.channel.set("originate_disposition", cause)
                caller.channel.set("DIALSTATUS", _DIALSTATUS.get(cause, cause))
            if peer is not None or cause == "ORIGINATOR_CANCEL" or self._is_final(cause):
                break
        if caller is not None:
            caller.channel.flags.discard("originator")
            caller.channel.set("originate_signal_bond", None)
            if peer is not None:
                caller.channel.set("signal_bond", peer.uuid)
        return peer, cause

    def _is_final(self, cause: str) -> bool:
        """Whether ``fail_on_single_reject`` names this cause (with ``!``: does not), so that no other group is rung."""
        named = self.dial.variables.get("fail_on_single_reject", "")
        if not named or is_true(named):
            return False
        return (cause.lower() in named.lower()) != named.startswith("!")

    async def _group(self, group: tuple[Endpoint, ...]) -> tuple[Session | None, str]:
        attempts = [_Attempt(endpoint, self._variables(endpoint)) for endpoint in group]
        for attempt in attempts:
            self._start_or_delay(attempt)
        peer, cause = await self._ring(attempts)
        self._finish(attempts, peer, cause)
        return peer, cause

    def _variables(self, endpoint: Endpoint) -> dict[str, str]:
        """What the new leg gets: exported variables of the caller, then `{...}`, then `[...]`."""
        out: dict[str, str] = {}
        caller = self.caller
        if caller is not None:
            exported = caller.channel.get("export_vars")
            if exported:
                out["export_vars"] = exported
                for name in exported.split(","):
                    value = caller.channel.get(name)
                    if value is not None:
                        out[name] = value
        return {**out, **self.dial.variables, **endpoint.variables}

    def _start_or_delay(self, attempt: _Attempt) -> None:
        delay = float(attempt.variables.get("leg_delay_start", 0))
        if delay <= 0:
            self._start(attempt)
            return

        def later() -> None:
            if not attempt.due:
                self._start(attempt)
                self._poke()

        self.switch.clock.call_later(delay, later)

    def _start(self, attempt: _Attempt) -> None:
        attempt.due = True
        caller = self.caller
        try:
            session = outgoing(
                self.switch, attempt.endpoint, caller, self._profile(attempt.variables), attempt.variables
            )
        except Refused as refused:
            attempt.cause = refused.cause
            return
        attempt.session = session
        channel = session.channel
        session.partner = self._watcher
        channel.flags.add("originating")
        profile = channel.profile
        profile.callee_id_name = attempt.variables.get("origination_callee_id_name", profile.callee_id_name)
        profile.callee_id_number = attempt.variables.get("origination_callee_id_number", profile.callee_id_number)
        channel.set("call_uuid", session.uuid)
        if caller is not None:
            channel.set("originator", caller.uuid)
            channel.set("signal_bond", caller.uuid)
            channel.set("call_uuid", caller.channel.get("call_uuid"))
            channel.set("originating_leg_uuid", caller.uuid)
            channel.set("max_forwards", str(int(caller.channel.get("max_forwards") or 71) - 1))
            caller.channel.set("originate_signal_bond", session.uuid)
            legs = f"{session.uuid};{channel.profile.callee_id_name};{channel.profile.callee_id_number}"
            caller.channel.push("originated_legs", legs)
        for name, value in attempt.variables.items():
            channel.set(name, session.expand(value))
        channel.set("originate_early_media", "true")
        channel.set("originate_endpoint", attempt.endpoint.kind)
        session.handlers[State.ROUTING] = _consume_media
        session.start()
        timeout = attempt.variables.get("leg_timeout")
        if timeout:
            self.switch.clock.call_later(float(timeout), lambda: self._leg_timeout(session))

    def _profile(self, variables: dict[str, str]) -> CallerProfile:
        """Caller ID of a new leg: the caller's, what it set as effective, or what the dial string says."""
        caller = self.caller
        if caller is not None:
            source = caller.channel.profile
            name = caller.channel.get("effective_caller_id_name") or source.caller_id_name
            number = caller.channel.get("effective_caller_id_number") or source.caller_id_number
            profile = CallerProfile(
                username=source.username,
                context=source.context,
                network_addr=source.network_addr,
                ani=source.ani,
                rdnis=source.rdnis,
                source=source.source,
            )
        else:
            name, number = self.caller_id.name, self.caller_id.number
            number = variables.get("origination_caller_id_number", number)
            profile = CallerProfile(context="default", dialplan="", ani=number, source="src/switch_ivr_originate.c")
        profile.caller_id_name = variables.get("origination_caller_id_name", name)
        profile.caller_id_number = variables.get("origination_caller_id_number", number)
        profile.orig_caller_id_name = profile.caller_id_name
        profile.orig_caller_id_number = profile.caller_id_number
        profile.callee_id_name = "Outbound Call"
        profile.direction = profile.logical_direction = "outbound"
        return profile

    def _leg_timeout(self, session: Session) -> None:
        if session.channel.up and "originating" in session.channel.flags and not session.channel.answered:
            session.hangup("ALLOTTED_TIMEOUT")

    def _poke(self) -> None:
        self._watcher.poke()

    @property
    def _watcher(self) -> Session | Waiting:
        return self.caller or self._alone

    async def _ring(self, attempts: list[_Attempt]) -> tuple[Session | None, str]:
        """Wait for a winner, for all to fail, for the time to pass or the caller to leave."""
        state = _Ringing(self, attempts)
        await self._watcher.wait(state.done, self._timeout())
        if state.winner is not None:
            for attempt in attempts:
                if attempt.session not in {None, state.winner}:
                    attempt.session.hangup("LOSE_RACE")
            state.pass_on(state.winner)
            return state.winner, "SUCCESS"
        if self.caller is not None and not self.caller.channel.ready:
            return None, "ORIGINATOR_CANCEL"
        if all(attempt.over for attempt in attempts):
            return None, attempts[0].final_cause() or "NO_ANSWER"
        return None, "NO_ANSWER"

    def _timeout(self) -> float:
        named = self.dial.variables.get("originate_timeout")
        if self.caller is not None:
            named = named or self.caller.channel.get("originate_timeout") or self.caller.channel.get("call_timeout")
        if named:
            return float(named)
        return self.timeout or DEFAULT_TIMEOUT_SECONDS

    def early_media_counts(self, attempt: _Attempt) -> bool:
        """Whether early media of this leg is as good as an answer (it is, unless `ignore_early_media`)."""
        wanted = attempt.variables.get("ignore_early_media")
        if wanted is None and self.caller is not None:
            wanted = self.caller.channel.get("ignore_early_media")
        return not is_true(wanted)

    def _finish(self, attempts: list[_Attempt], peer: Session | None, cause: str) -> None:
        caller = self.caller
        for attempt in attempts:
            attempt.due = True
            session = attempt.session
            if session is None:
                continue
            session.channel.flags.discard("originating")
            session.handlers.pop(State.ROUTING, None)
            if session is not peer and session.channel.up:
                session.hangup("LOSE_RACE" if peer is not None else cause)
            if session is not peer:
                session.partner = None
            if caller is not None:
                outcome = session.channel.hangup_cause or "NONE"
                caller.channel.push("originate_causes", f"{session.uuid};{outcome}")
        if peer is not None:
            peer.partner = caller


@dataclass
class _Ringing:
    """What has happened to the legs so far; passes ringing and early media on to the caller."""

    originate: Originate
    attempts: list[_Attempt]
    winner: Session | None = None

    def done(self) -> bool:
        caller = self.originate.caller
        if caller is not None and not caller.channel.ready:
            return True
        for attempt in self.attempts:
            session = attempt.session
            if session is None or not session.channel.up:
                continue
            flags = session.channel.flags
            early = "early_media" in flags and self.originate.early_media_counts(attempt)
            if early or (session.channel.answered and self._counts(session)):
                self.winner = session
                return True
            if "ring_ready" in flags and caller is not None and not caller.channel.media_ready:
                if len(self.attempts) == 1:
                    self.take_callee_id(session)
                caller.ring_ready()
        return all(attempt.over for attempt in self.attempts)

    def _counts(self, session: Session) -> bool:
        """Whether an answer is enough: where a key is asked for, that key."""
        confirmation = self.originate.confirmation
        return confirmation is None or confirmation.is_given(session)

    def take_callee_id(self, session: Session) -> None:
        caller = self.originate.caller
        if caller is not None:
            caller.channel.profile.callee_id_name = session.channel.profile.callee_id_name
            caller.channel.profile.callee_id_number = session.channel.profile.callee_id_number

    def pass_on(self, session: Session) -> None:
        """An answer or early media goes on to the caller before the bridge begins."""
        caller = self.originate.caller
        if caller is None:
            return
        session.set_on_partner("sip_invite_failure_status", None)
        self.take_callee_id(session)
        for name in (caller.channel.get("import") or "").split(","):  # switch_process_import
            value = session.channel.get(name)
            if value is not None:
                caller.channel.set(name, value)
        if session.channel.answered:
            caller.answer()
        else:
            caller.pre_answer()


async def _consume_media(session: Session) -> bool:
    session.set_state(State.CONSUME_MEDIA)
    return False
