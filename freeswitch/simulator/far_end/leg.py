"""The far end of one leg: what a phone or carrier sees of the call and does in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from freeswitch.simulator import sip
from freeswitch.simulator.domain.causes import sip_of_cause
from freeswitch.simulator.domain.far_script import Script

if TYPE_CHECKING:
    from freeswitch.simulator.far_end.party import Party
    from freeswitch.simulator.session import Session

STATES = ("calling", "ringing", "early", "answered", "ended")


class FarLeg:
    """One call as its far end sees it. `outgoing` means that the far end placed it."""

    def __init__(self, party: Party, *, outgoing: bool, script: Script | None = None, number: str = "") -> None:
        self.party = party
        self.outgoing = outgoing
        self.number = number
        self.script = script or Script()
        self.state = "calling"
        self.status = 0
        self.ended_by_us = False
        self.heard = ""
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The switch's leg.

        Raises:
            RuntimeError: before the switch made one.
        """
        if self._session is None:
            raise RuntimeError("the leg has not begun")
        return self._session

    @property
    def uuid(self) -> str:
        return self.session.uuid

    def attach(self, session: Session) -> None:
        """The switch made its leg."""
        self._session = session
        self.party.legs[session.uuid] = self

    def describe(self) -> dict[str, Any]:
        """The leg for `api sim`."""
        return {
            "leg": self.uuid,
            "party": self.party.name,
            "outgoing": self.outgoing,
            "number": self.number,
            "state": self.state,
            "status": self.status,
            "heard": self.heard,
            "headers": self._headers(),
        }

    def _headers(self) -> dict[str, str]:
        """Headers of Seda's own in the INVITE that came."""
        variables = self.session.channel.variables if not self.outgoing else {}
        prefix = "sip_h_"
        return {name.removeprefix(prefix): str(value) for name, value in variables.items() if name.startswith(prefix)}

    def _become(self, state: str, status: int) -> None:
        if self.state != "ended" and STATES.index(state) > STATES.index(self.state):
            self.state, self.status = state, status
            self.party.waiting.poke()

    def _later(self, seconds: float | None, act: Callable[[], None]) -> None:
        if seconds is None:
            return

        def due() -> None:
            if self.state != "ended":
                act()

        self.session.switch.clock.call_later(seconds, due)

    # -- the switch rings, answers, hangs up

    def invited(self) -> None:
        """The switch sent an INVITE here: follow the script."""
        script = self.script
        self.party.waiting.poke()
        self._later(script.reject_after, lambda: self.reject(script.reject_status))
        self._later(script.ring_after, self.ring)
        ring = script.ring_after or 0.0
        if script.early_media_after is not None:
            self._later(ring + script.early_media_after, self.early_media)
        if script.answer_after is not None:
            self._later(ring + script.answer_after, self.answer)

    def switch_ringing(self) -> None:
        """180 came."""
        self._become("ringing", 180)

    def switch_early_media(self) -> None:
        """183 with a session description came."""
        self.session.channel.codec = self.session.channel.codec or "PCMU"
        self._become("early", 183)

    def switch_answered(self) -> None:
        """200 came."""
        sip.answered_caller(self.session)
        self._become("answered", 200)
        self._talk()

    def switch_shows(self, name: str, number: str) -> None:
        """The display shows it."""

    def switch_hung_up(self, session: Session) -> None:
        """BYE, CANCEL or the final refusal came, or ours was taken."""
        if self.state == "ended":
            return
        if not self.ended_by_us:
            sip.hung_up_by_switch(session, answered=self.state == "answered", outgoing=self.outgoing)
            if self.state == "answered":
                self.status = 200
            elif self.outgoing:
                self.status = int(session.channel.get("sim_respond") or sip_of_cause(session.channel.hangup_cause))
            else:
                self.status = 487
        self.state = "ended"
        self.party.legs.pop(session.uuid, None)
        self.party.past.append(self)
        self.party.waiting.poke()

    def _talk(self) -> None:
        script = self.script
        if script.digits:
            self._later(script.digits_after, lambda: self._press_in_turn(script.digits))
        self._later(script.greeting_seconds, self._beep)
        self._later(script.hangup_after, self.hang_up)

    def _press_in_turn(self, digits: str) -> None:
        every = self.script.digits_every
        now, later = (digits[:1], digits[1:]) if every else (digits, "")
        self.press(now)
        if later:
            self._later(every, lambda: self._press_in_turn(later))

    def _beep(self) -> None:
        if "avmd" in self.session.media_bugs:
            self.session.fire("CUSTOM", {"Beep-Status": "DETECTED"}, "avmd::beep")

    def hear(self, digits: str) -> None:
        """DTMF came from the switch."""
        self.heard += digits
        self.party.waiting.poke()

    # -- the far end acts

    def ring(self) -> None:
        """Send 180."""
        sip.early_answer(self.session)
        self.session.mark_ring_ready()
        self._become("ringing", 180)

    def early_media(self) -> None:
        """Send 183 with a session description."""
        sip.early_answer(self.session)
        sip.use_codec(self.session)
        self.session.mark_pre_answered()
        self._become("early", 183)

    def answer(self) -> None:
        """Send 200 to a call that came here."""
        if self.state in {"answered", "ended"}:
            return
        sip.early_answer(self.session)
        sip.use_codec(self.session)
        self._become("answered", 200)
        self.session.mark_answered()
        self._talk()

    def reject(self, status: int = 486) -> None:
        """Refuse a call that came here with a final status 300..699."""
        if self.state in {"answered", "ended"}:
            return
        self.ended_by_us, self.status = True, status
        sip.rejected(self.session, status)

    def hang_up(self) -> None:
        """BYE; before the answer CANCEL for our own call, 603 for one that came."""
        if self.state == "ended":
            return
        if self.state != "answered" and not self.outgoing:
            self.reject(603)
            return
        self.ended_by_us = True
        if self.state == "answered":
            self.status = 200
            sip.bye_received(self.session)
        else:
            self.status = 487
            sip.cancel_received(self.session)

    def hold(self) -> None:
        """Re-INVITE with `sendonly`."""
        sip.hold_received(self.session, on=True)

    def resume(self) -> None:
        """Re-INVITE with `sendrecv`."""
        sip.hold_received(self.session, on=False)

    def press(self, digits: str, how: str = "rtp") -> None:
        """Send DTMF: RFC 4733 events (`rtp`), or SIP INFO (`info`)."""
        for digit in digits:
            sip.digit_received(self.session, digit, how)

    def silent_from(self) -> int | None:
        """From when on the far end says nothing (microseconds since 1970); None: it talks to the end."""
        talk, answered = self.script.talk_seconds, self.session.channel.times.answered
        return None if talk is None or not answered else answered + int(talk * 1e6)

    def refer(self, target: str) -> None:
        """REFER: send the other side of this call to `target`."""
        sip.refer_received(self.session, target)

    def refer_to(self, other: FarLeg) -> None:
        """REFER with Replaces: connect the other sides of our two calls."""
        sip.refer_replaces_received(self.session, other.session)
