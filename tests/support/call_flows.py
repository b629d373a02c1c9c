"""Call flows of a company under test: written and published over REST, and what callers do in them, as events tell."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.http.client import ApiProblem, ServiceAway
from tests.support.company import PATIENCE_SECONDS, Company, action_of
from tests.support.esl_probe import EslProbe
from tests.support.platform import LivePlatform
from tests.support.waiting import eventually

NOT_HERE_YET = {
    "ivr": frozenset({"extension_unknown", "flow_has_problems", "not_found"}),
    "acd": frozenset({"destination_unknown", "not_found"}),
}
"""What a service says while it has not heard of a tenant, or of an extension of it."""
NO_DEVICE_YET = "SUBSCRIBER_ABSENT"
"""What is said of the phone of an extension whose device was not heard of."""
EVENTS = ("flow.", "input.", "survey.", "callback.", "message.", "voicemail.")


async def publish(company: Company, slug: str, draft: dict[str, Any]) -> dict[str, Any]:
    """Make a flow and let calls go through it; returns it as it is published."""
    body = {"slug": slug, "display_name": slug, "draft": draft}
    flow = await once_known(company, "/v1/flows", body)
    return await once_known(company, f"/v1/flows/{flow['id']}/publish", {"revision": flow["revision"]})


async def once_known(company: Company, path: str, body: Any, service: str = "ivr") -> dict[str, Any]:
    """POST to a service, until it has heard of what was just made elsewhere."""
    refused: list[ApiProblem] = []

    async def made() -> dict[str, Any] | None:
        try:
            return dict(await company.post(service, path, body))
        except ApiProblem as problem:
            if problem.code not in NOT_HERE_YET[service] and problem.detail != NO_DEVICE_YET:
                raise
            refused.append(problem)
            return None

    try:
        found = await eventually(made, timeout=PATIENCE_SECONDS)
    except AssertionError:
        if not refused:
            raise
        raise refused[-1] from None
    assert found is not None
    return found


async def number_of(company: Company, destination: str) -> str:
    """A public number whose calls go where routing knows to lead them: to a flow, a mailbox or a queue."""
    e164 = await company.number(destination)

    async def led_to() -> str:
        tried = await company.try_route(None, e164)
        return str(tried["steps"][0]["action"])

    await eventually(led_to, lambda action: action == action_of(destination), timeout=PATIENCE_SECONDS)
    return e164


class Told:
    """What a tenant is told, in order; `events`: of its callers in flows."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.all: list[dict[str, Any]] = []
        """Also those that have nothing to do with flows."""
        self._changed = asyncio.Condition()

    async def add(self, event: dict[str, Any]) -> None:
        """One more."""
        async with self._changed:
            self.all.append(event)
            if event["type"].startswith(EVENTS):
                self.events.append(event)
            self._changed.notify_all()

    def of(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Events of a type with these fields, also of those that have nothing to do with flows."""
        return [
            event
            for event in self.all
            if event["type"] == kind and all(event.get(name) == value for name, value in fields.items())
        ]

    async def event(self, kind: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """The ``count``-th such event, once it came."""
        try:
            async with self._changed, asyncio.timeout(PATIENCE_SECONDS):
                await self._changed.wait_for(lambda: len(self.of(kind, **fields)) >= count)
        except TimeoutError:
            raise AssertionError(f"no {kind} {fields}; told: {[_short(event) for event in self.all]}") from None
        return self.of(kind, **fields)[count - 1]

    def way(self, call_id: str | None = None) -> list[str]:
        """The nodes that a call went through, each with its exit."""
        return [
            f"{event['node']}:{event['exit']}"
            for event in self.of("flow.passed", **({"call_id": call_id} if call_id else {}))
        ]


def _short(event: dict[str, Any]) -> str:
    return " ".join(str(event.get(name, "")) for name in ("type", "node", "exit", "digits", "reason"))


@asynccontextmanager
async def told(company: Company) -> AsyncIterator[Told]:
    """Follows the tenant's events from now on. It listens when this is entered: its own probe came through."""
    heard = Told()
    listening = asyncio.Event()

    async def follow() -> None:
        while True:
            try:
                async for event in company.client.events("reporting", "/v1/events", tenant_id=company.tenant_id):
                    listening.set()
                    await heard.add(event)
            except ServiceAway:
                await asyncio.sleep(0.05)

    async def is_listening() -> bool:
        if not listening.is_set():  # `prompt.changed` is an event like any other
            await once_known(company, "/v1/prompts", {"slug": f"probe-{secrets.token_hex(4)}"})
        return listening.is_set()

    task = asyncio.create_task(follow())
    try:
        await eventually(is_listening, timeout=PATIENCE_SECONDS)
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def text(**languages: str) -> list[dict[str, Any]]:
    """An announcement that is spoken, by language."""
    return [{"text": languages}]


class Played:
    """What the switch plays to callers from now on."""

    def __init__(self, probe: EslProbe) -> None:
        self._probe = probe

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that was said, as it came."""
        return self._probe.events

    def files(self, leg: str = "") -> list[str]:
        """What was begun, in order: a file, or several as ``file_string://a!b``."""
        return [str(event["Playback-File-Path"]) for event in self._started(leg)]

    async def sound(self, part: str = "", count: int = 1, leg: str = "") -> dict[str, Any]:
        """The ``count``-th sound whose path holds ``part``, once it has begun: the event."""
        found: list[dict[str, Any]] = []

        def last(_: object) -> bool:
            found[:] = [event for event in self._started(leg) if part in event["Playback-File-Path"]]
            return len(found) >= count

        try:
            await self._probe.wait_event(last, PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{part!r} was not played {count} times; played: {self.files(leg)}") from None
        return found[count - 1]

    async def recording(self) -> None:
        """Wait until somebody is recorded: after the beep."""
        try:
            await self._probe.wait_event(lambda event: event["Event-Name"] == "RECORD_START", PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"nobody is recorded; played: {self.files()}") from None

    def _started(self, leg: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self._probe.events
            if event["Event-Name"] == "PLAYBACK_START" and (not leg or event["Unique-ID"] == leg)
        ]


@asynccontextmanager
async def played(platform: LivePlatform) -> AsyncIterator[Played]:
    """Listens to what the switch says of its sounds."""
    probe = await EslProbe.connect(
        "127.0.0.1", platform.settings.event_socket_port, platform.secrets.event_socket_password
    )
    await probe.send("event json PLAYBACK_START RECORD_START DTMF CHANNEL_HANGUP_COMPLETE")
    try:
        yield Played(probe)
    finally:
        await probe.close()
