"""ivr's call server in a test: flows from plain documents, no database, every errand noted."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.ivr.call_states import StateBox
from services.ivr.conversation import CallContext, Parts
from services.ivr.domain.actions import FlowRef, Request
from services.ivr.domain.events import RequestFailed, Responded
from services.ivr.domain.flow import Flow, flow_of
from services.ivr.library import TenantFlows
from services.ivr.metrics import IvrMetrics
from services.ivr.settings import IvrSettings
from services.ivr.sounds import Sounds
from services.ivr.switch_calls import CallServer
from services.ivr.telling import Teller
from shared.bus.memory import MemoryBus
from shared.contracts.message import Event
from shared.runtime.clock import SystemClock
from shared.runtime.metrics import Metrics
from shared.telephony.handover import LEAVING, PROGRAM, TURN, TextSeal
from tests.support.fake_xml_curl import TENANT_ID, Actions
from tests.support.waiting import T, eventually

SECRET = "0123456789abcdef0123456789abcdef"
TENANT = UUID(TENANT_ID)
NAMESPACE = UUID("00000000-0000-4000-8000-00000000f100")


class StaticLibrary:
    """One tenant's flows."""

    def __init__(self) -> None:
        self.one = TenantFlows(TENANT, time_zone="Asia/Tehran", language="en")

    def put(self, slug: str, document: dict[str, Any], version: int = 1) -> Flow:
        flow = flow_of(document, slug=slug, flow_id=uuid5(NAMESPACE, slug), version=version)
        self.one.versions[flow.ref] = flow
        self.one.published[slug] = flow.ref
        return flow

    def tenant(self, _: UUID) -> TenantFlows:
        return self.one

    async def fetch(self, _: UUID, __: FlowRef) -> Flow | None:
        return None


class NoPrompts:
    """Prompts are the tenant's, and this one has files for those it is told of."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], Path] = {}

    def prompt_file(self, _: UUID, slug: str, language: str) -> Path | None:
        return self.files.get((slug, language))


class Spoken:
    """A synthesiser that says everything with 0.4 s of a quiet hum, and keeps what it was told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.texts: list[tuple[str, str]] = []

    async def speak(self, text: str, language: str) -> Path:
        path = self._folder / f"spoken-{len(self.texts)}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((b"\x00\x01" * 10 + b"\x00\xff" * 10) * 160)
        self.texts.append((language, text))
        return path


class NotedWorld:
    """Answers what it is told to, and keeps what was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.written: list[tuple[object, CallContext]] = []
        self.customers: dict[str, dict[str, str]] = {}
        self.masked: list[bool] = []
        self.answers: dict[type, Any] = {}
        self.response: Responded | RequestFailed = RequestFailed("unreachable")

    async def send(self, request: Request) -> Responded | RequestFailed:
        self.requests.append(request)
        return self.response

    async def find_customer(self, _: UUID, number: str) -> dict[str, str] | None:
        return self.customers.get(number)

    async def mask_recording(self, call: CallContext, *, on: bool) -> None:
        self.masked.append(on)

    async def write(self, what: object, call: CallContext) -> object:
        self.written.append((what, call))
        return self._answer(what)

    async def read(self, what: object, call: CallContext) -> object:
        return self._answer(what)

    def _answer(self, what: object) -> object:
        answer = self.answers.get(type(what))
        return answer(what) if callable(answer) else answer


class _Unstored:
    async def save(self, _: UUID, leg_id: UUID, sealed: bytes) -> None:
        self.kept = {leg_id: sealed, **getattr(self, "kept", {})}

    async def load(self, _: UUID, leg_id: UUID) -> bytes | None:
        return getattr(self, "kept", {}).get(leg_id)


class NotedBus(MemoryBus):
    """A bus whose events can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []

    async def publish_many(self, events: Any, *, timeout: float = 5.0) -> None:
        self.told += events


class FlowHost:
    """One ivr process, as far as calls are concerned."""

    def __init__(
        self,
        folder: Path,
        library: StaticLibrary | None = None,
        world: NotedWorld | None = None,
        *,
        recogniser: Any = None,
        bus: NotedBus | None = None,
        metrics: IvrMetrics | None = None,
        **settings: Any,
    ) -> None:
        self.library = library or StaticLibrary()
        self.prompts, self.spoken = NoPrompts(), Spoken(folder)
        self.world = world or NotedWorld()
        self.bus = bus or NotedBus()
        self.media = folder / "media"
        metrics = metrics or IvrMetrics(Metrics("ivr-test"))
        self.teller = Teller(self.bus, metrics)
        states: Any = _Unstored()
        parts = Parts(
            box=StateBox(SECRET),
            seal=TextSeal(SECRET, LEAVING),
            states=states,
            teller=self.teller,
            metrics=metrics,
            clock=SystemClock(),
        )
        wanted = IvrSettings(
            database_url="postgresql://unused",
            switch_secret=SECRET,
            call_port=0,
            **settings,  # type: ignore[arg-type]
        )
        library_here: Any = self.library
        self.server = CallServer(
            wanted,
            parts,
            library_here,
            states,
            sounds=Sounds(self.prompts, self.media),
            speaker=self.spoken,
            recogniser=recogniser,
            world=self.world,
            metrics=metrics,
        )

    async def __aenter__(self) -> FlowHost:
        await self.teller.start()
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()
        await self.teller.stop()

    async def die(self) -> None:
        """As by kill -9: every connection ends, nothing is finished."""
        await self.server.abort()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def told(self, kind: type[Event]) -> list[Any]:
        """Events of a class, in order."""
        return [event for event in self.bus.told if isinstance(event, kind)]


async def seen(look: Callable[[], T], found: Callable[[T], object] = bool) -> T:
    """What ``look`` gives, once it is what is wanted."""

    async def now() -> T:
        return look()

    return await eventually(now, found)


def handed_to(program: str, *hosts: str, turn: int = 1, lives: int = 3) -> Actions:
    """What routing answers for a program."""
    offers = [("socket", f"{'|'.join(hosts)} async full")] * lives
    return [
        ("set", f"{PROGRAM}={program}"),
        ("set", f"{TURN}={turn}"),
        ("set", "seda_program_called=+982112345678"),
        ("set", "socket_resume=true"),
        *offers,
        ("respond", "480"),
    ]
