"""Carries out what a flow wants, on the call's switch or elsewhere, and says what came of it."""

from __future__ import annotations

import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from services.ivr.domain.actions import (
    Ask,
    FindCustomer,
    Gather,
    Listen,
    Play,
    Query,
    Record,
    Request,
    Sound,
    Store,
)
from services.ivr.domain.events import (
    CustomerFound,
    CustomerUnknown,
    Event,
    Found,
    Gathered,
    Heard,
    NotHeard,
    Played,
    QueryFailed,
    Recorded,
    RequestFailed,
    Responded,
    Stored,
    StoreFailed,
)
from services.ivr.domain.hearing import choice_of
from services.ivr.domain.names import KEYS as EVERY_KEY
from services.ivr.metrics import IvrMetrics
from services.ivr.recogniser import NotRecognised, Recogniser
from services.ivr.sounds import BEEP, Playable, Sounds
from services.ivr.typed_keys import Typed, typed_about
from shared.esl.errors import CallEnded, EslError
from shared.esl.events import Event as SwitchEvent
from shared.esl.outbound import OutboundSession
from shared.runtime.logs import get_logger
from shared.telephony.dialogue_actions import NO_KEY, PlayAndGetDigits, StopKeys
from shared.telephony.dialogue_actions import Record as RecordAction
from shared.telephony.dialplan_actions import Action, Answer, Playback, Transfer
from shared.telephony.sounds import SoundSequence

log = get_logger(__name__)

RESUME: Final = "socket_resume"
"""Variable: whether a lost connection ends what runs and lets the dialplan go on."""
KEYS: Final = "seda_keys"
"""Variable in which the switch leaves what was pressed."""
SILENCE_THRESHOLD: Final = 200
"""Mean amplitude of 16-bit samples under which the switch hears silence (comfort noise is about 50)."""
UTTERANCE_SILENCE_SECONDS: Final = 1
UNDERSTAND_SECONDS: Final = 2.0
WRITE_SECONDS: Final = 5.0
READ_SECONDS: Final = 3.0
SPEAK_SECONDS: Final = 6.0
Result = TypeVar("Result")


class Speaker(Protocol):
    """Text to speech."""

    async def speak(self, text: str, language: str) -> Path: ...


class World(Protocol):
    """What lies outside the call: requests, and what is read and written of the tenant."""

    async def send(self, request: Request) -> Responded | RequestFailed: ...

    async def find_customer(self, tenant_id: UUID, number: str) -> dict[str, str] | None: ...

    async def mask_recording(self, call: Any, *, on: bool) -> None: ...

    async def write(self, what: object, call: Any) -> object: ...

    async def read(self, what: object, call: Any) -> object: ...


class Performer:
    """Carries out the actions of one call."""

    def __init__(
        self,
        session: OutboundSession,
        *,
        tenant_id: UUID,
        sounds: Sounds,
        speaker: Speaker,
        recogniser: Recogniser | None,
        world: World,
        metrics: IvrMetrics,
    ) -> None:
        self._session, self._tenant_id = session, tenant_id
        self._sounds, self._speaker, self._recogniser = sounds, speaker, recogniser
        self._world, self._metrics = world, metrics
        self._stop_keys = ""
        self._ahead = ""
        self.recording: Record | None = None
        """What is being recorded now: to be kept if the caller leaves."""

    def take_over(self) -> None:
        """Answer, and let no key stop anything that does not say so."""
        self._session.linger(10)
        answer = Answer()
        self._session.queue(answer.application, answer.data())
        self._stopped_by(NO_KEY)

    def perform(self, action: Ask, call: Any) -> Event:
        """Do it; the event that answers it. Raises CallEnded when the caller leaves meanwhile."""
        return _PERFORM[type(action)](self, action, call)

    def perform_without_call(self, action: Ask, call: Any) -> Event | None:
        """Do what needs no caller any more."""
        return self.perform(action, call) if isinstance(action, Store | Query | Request) else None

    def execute(self, action: Action, *, timeout: float | None = 10.0) -> SwitchEvent:
        """Run an application to its end."""
        return self._session.execute(action.application, action.data(), timeout=timeout)

    def leave(self, action: Transfer) -> None:
        """Give the call away for good.

        The connection must not end after the transfer while the switch still thinks that it resumes: the leg would
        hang in CS_RESET for ever. So the way back is taken away first, and nothing is waited for.
        """
        self._session.set_variable(RESUME, "")
        self._session.begin(action.application, action.data())
        self._session.close()

    # What is heard

    def play(self, action: Play, _: Any) -> Event:
        playable = self._playable(action.sounds, action.language)
        if not playable:
            return Played()
        return Played(self._play(playable, action.stop_keys))

    def _play(self, playable: tuple[Playable, ...], stop_keys: str) -> str:
        """Play to the end; the key that stopped it, if one did."""
        if not playable:
            return ""
        self._stopped_by(stop_keys or NO_KEY)
        done = self.execute(Playback(_together(playable)), timeout=None)
        self._forget_keys()
        return (done.variable("playback_terminator_used") or "") if stop_keys else ""

    def gather(self, action: Gather, call: Any) -> Event:
        if action.hidden:
            self._session.set_variable("sensitive_dtmf", "true")
            self._wait(self._world.mask_recording(call, on=True), READ_SECONDS, None)
        typed = Typed(self._typed_ahead(), action)
        if not typed.complete:
            sounds = () if typed.digits else self._playable(action.sounds, action.language)
            typed.add(self._typed_ahead())  # while a text was spoken for the first time
        if not typed.complete:
            typed.add(self._asked(action, typed, sounds))
        if action.hidden:
            self._session.set_variable(KEYS, "")
            self._session.set_variable("sensitive_dtmf", "")
            self._wait(self._world.mask_recording(call, on=False), READ_SECONDS, None)
        self._ahead = typed.left
        return Gathered(typed.digits, typed.terminator)

    def _asked(self, action: Gather, typed: Typed, sounds: tuple[Playable, ...]) -> str:
        """The keys that the switch took, the terminator included, with those that fell between before and after it."""
        already = len(typed.digits)
        ask = PlayAndGetDigits(
            () if already else sounds,
            max(1, action.least - already),
            action.most - already,
            round((action.between_seconds if already else action.first_seconds) * 1000),
            round(action.between_seconds * 1000),
            action.terminators if action.most - already > 1 else "",
            KEYS,
        )
        if ask.terminators:  # the switch never clears it
            self._session.set_variable("read_terminator_used", "")
        done = self._session.execute(ask.application, ask.data(), timeout=None, ends_at_key=ask.most == 1)
        terminator = (done.variable("read_terminator_used") or "") if ask.terminators else ""
        taken = (done.variable(KEYS) or "") + terminator
        return typed_about(self._keys_told(), taken, done.sequence)

    def _typed_ahead(self) -> str:
        """Keys that no application took, in the order they came."""
        ahead, self._ahead = self._ahead, ""
        return ahead + "".join(key for _, key in self._keys_told())

    def _keys_told(self) -> list[tuple[int, str]]:
        events = self._session.waiting_events()
        return [(event.sequence, event.get("DTMF-Digit") or "") for event in events if event.name == "DTMF"]

    def listen(self, action: Listen, _: Any) -> Event:
        if self._recogniser is None:
            return NotHeard(listening=False)
        name = f"utterances/{self._session.uuid}"
        key = self._play(self._playable(action.sounds, action.language), EVERY_KEY)
        key = key or self._take_down(name, round(action.seconds), UTTERANCE_SILENCE_SECONDS, EVERY_KEY)
        path = self._sounds.recording(self._tenant_id, name)
        try:
            if key:  # who presses a key need not speak: it is the answer to what is asked next
                self._ahead = key
                return NotHeard()
            text = self._wait(self._understood(self._recogniser, path, action), READ_SECONDS + UNDERSTAND_SECONDS, "")
        finally:
            path.unlink(missing_ok=True)
        return Heard(text, choice_of(text, action.choices)) if text else NotHeard()

    async def _understood(self, recogniser: Recogniser, path: Path, action: Listen) -> str:
        phrases = [phrase for choice in action.choices.values() for phrase in choice]
        try:
            return await recogniser.recognise(path, action.language, phrases)
        except NotRecognised as error:
            log.warning("the recogniser failed", leg_id=self._session.uuid, reason=str(error))
            return ""

    def record(self, action: Record, _: Any) -> Event:
        if action.beep:
            self._play((BEEP,), "")
        self.recording = action
        key = self._take_down(action.name, action.most_seconds, action.silence_seconds, action.stop_keys)
        self.recording = None
        return Recorded(action.name, self.seconds_of(action.name), key)

    def _take_down(self, name: str, most_seconds: int, silence_seconds: int, stop_keys: str) -> str:
        """Record the caller; the key that ended it, if one did."""
        path = self._sounds.recording(self._tenant_id, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stopped_by(stop_keys or NO_KEY)
        # Else a lost connection would break the recording off, and `record` hangs up then; so it runs to its end.
        self._session.set_variable(RESUME, "")
        done = self.execute(RecordAction(str(path), most_seconds, SILENCE_THRESHOLD, silence_seconds), timeout=None)
        self._session.set_variable(RESUME, "true")
        self._forget_keys()
        return (done.variable("playback_terminator_used") or "") if stop_keys else ""

    def seconds_of(self, name: str) -> float:
        """How long what was recorded is; 0 when nothing of use was."""
        try:
            with wave.open(str(self._sounds.recording(self._tenant_id, name)), "rb") as file:
                return file.getnframes() / file.getframerate()
        except (OSError, EOFError, wave.Error):
            return 0.0

    # What lies outside the call

    def request(self, action: Request, _: Any) -> Event:
        answer = self._wait(self._world.send(action), action.seconds + 1, RequestFailed("deadline"))
        self._metrics.requests.labels("answered" if isinstance(answer, Responded) else answer.reason).inc()
        return answer

    def find_customer(self, action: FindCustomer, _: Any) -> Event:
        failed: Event = CustomerUnknown(failed=True)

        async def find() -> Event:
            fields = await self._world.find_customer(self._tenant_id, action.number)
            return CustomerUnknown() if fields is None else CustomerFound(fields)

        return self._wait(find(), READ_SECONDS, failed)

    def store(self, action: Store, call: Any) -> Event:
        async def write() -> Event:
            return Stored(await self._world.write(action.what, call))

        return self._wait(write(), WRITE_SECONDS, StoreFailed())

    def query(self, action: Query, call: Any) -> Event:
        async def read() -> Event:
            return Found(await self._world.read(action.what, call))

        return self._wait(read(), READ_SECONDS, QueryFailed())

    # Ways to the switch

    def _wait(
        self, coroutine: Coroutine[Any, Any, Result], seconds: float, otherwise: Result, *, own: bool = False
    ) -> Result:
        try:
            return self._session.wait_for(coroutine, seconds, own=own)
        except CallEnded:
            raise
        except (EslError, OSError, TimeoutError) as error:
            log.warning("a flow's errand took too long", leg_id=self._session.uuid, reason=str(error))
        except Exception:
            log.exception("a flow's errand failed", leg_id=self._session.uuid)
        return otherwise

    def _playable(self, sounds: tuple[Sound, ...], language: str) -> tuple[Playable, ...]:
        return self._sounds.playable(sounds, tenant_id=self._tenant_id, language=language, speak=self._speak)

    def _speak(self, text: str, language: str) -> Path | None:
        return self._wait(self._spoken(text, language), SPEAK_SECONDS, None, own=True)

    async def _spoken(self, text: str, language: str) -> Path | None:
        return await self._speaker.speak(text, language)

    def _forget_keys(self) -> None:
        """Sounds and recordings take every key that is pressed meanwhile."""
        self._ahead = ""
        self._session.waiting_events()

    def _stopped_by(self, keys: str) -> None:
        if keys != self._stop_keys:
            self._session.set_variable("playback_terminators", StopKeys(keys).keys)
            self._stop_keys = keys


def _together(sounds: tuple[Playable, ...]) -> Any:
    return sounds[0] if len(sounds) == 1 else SoundSequence(sounds)


_PERFORM: Final[dict[type, Callable[[Performer, Any, Any], Event]]] = {
    Play: Performer.play,
    Gather: Performer.gather,
    Listen: Performer.listen,
    Record: Performer.record,
    Request: Performer.request,
    FindCustomer: Performer.find_customer,
    Store: Performer.store,
    Query: Performer.query,
}
