"""The first call: two phones of the demo tenant register, one calls the other, they talk, and a record is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from deploy.local.demo import Demo, DemoPhone
from deploy.local.secrets_file import Secrets
from deploy.local.settings import LocalSettings
from deploy.local.switch import Raw, api
from freeswitch.phone import SipPhone
from shared.http.client import ApiClient

TALK_SECONDS = 1.0
STEP_SECONDS = 15.0


class FirstCallFailed(Exception):
    """The call did not go through, or left no record; the text says where it stopped."""


Tell = Callable[[str], None]


class Caller(Protocol):
    """Somebody who can place the call."""

    async def __call__(self, caller: DemoPhone, callee: DemoPhone, tell: Tell) -> None: ...


@dataclass(frozen=True, slots=True)
class RealPhones:
    """Two SIP phones on the real switch."""

    settings: LocalSettings

    async def __call__(self, caller: DemoPhone, callee: DemoPhone, tell: Tell) -> None:
        async with self._phone(caller) as one, self._phone(callee) as other:
            await one.register()
            await other.register()
            tell(f"{caller.number} and {callee.number} are registered over SIP")
            call = await one.dial(callee.number)
            incoming = await other.incoming(STEP_SECONDS)
            incoming.ring()
            await call.ringing()
            tell(f"{callee.number} is ringing")
            incoming.answer()
            await call.answered(STEP_SECONDS)
            tell("answered; both hear each other")
            await call.stream.heard(packets=10)
            await asyncio.sleep(TALK_SECONDS)
            await call.hang_up()
            await call.ended()
            tell(f"{caller.number} hung up")
            await one.unregister()
            await other.unregister()

    def _phone(self, phone: DemoPhone) -> SipPhone:
        proxy = ("127.0.0.1", self.settings.sip_phones_port)
        return SipPhone(phone.sip_username, phone.password, phone.domain, proxy, display=phone.name)


@dataclass(frozen=True, slots=True)
class SimulatedPhones:
    """Two phones inside the simulator."""

    settings: LocalSettings
    secrets: Secrets

    async def __call__(self, caller: DemoPhone, callee: DemoPhone, tell: Tell) -> None:
        for phone in (caller, callee):
            account = {"user": phone.sip_username, "domain": phone.domain, "password": phone.password}
            done = await self._sim("register", {**account, "display": phone.name})
            if done["status"] != 200:
                raise FirstCallFailed(f"{phone.number} was not let in: SIP status {done['status']}")
        tell(f"{caller.number} and {callee.number} are registered in the simulator")
        leg = await self._sim("dial", {"phone": f"{caller.sip_username}@{caller.domain}", "number": callee.number})
        other = await self._sim("wait_incoming", {"phone": f"{callee.sip_username}@{callee.domain}"})
        tell(f"{callee.number} is ringing")
        await self._sim("answer", {"leg": other["leg"]})
        await self._sim("wait", {"leg": leg["leg"], "state": "answered"})
        tell("answered")
        await asyncio.sleep(TALK_SECONDS)
        await self._sim("hang_up", {"leg": leg["leg"]})
        await self._sim("wait", {"leg": leg["leg"], "state": "ended"})
        tell(f"{caller.number} hung up")
        for phone in (caller, callee):  # who tries the platform out finds phones that answer
            await self._sim("script", {"phone": f"{phone.sip_username}@{phone.domain}", "script": "answer"})

    async def _sim(self, verb: str, given: dict[str, Any]) -> dict[str, Any]:
        answer = await api(self.settings, self.secrets, Raw(f"sim {verb} {orjson.dumps(given).decode()}"), 20.0)
        result: dict[str, Any] = orjson.loads(answer)
        return result


async def first_call(place: Caller, client: ApiClient, demo: Demo, tell: Tell) -> dict[str, Any]:
    """Place the call and return its record.

    Raises:
        FirstCallFailed: the call or its record did not come about.
    """
    caller, callee = demo.phones[:2]
    before = {record["call_id"] for record in await _records(client, demo)}
    try:
        async with asyncio.timeout(4 * STEP_SECONDS):
            await place(caller, callee, tell)
    except FirstCallFailed:
        raise
    except Exception as error:
        raise FirstCallFailed(f"the call did not go through: {error or type(error).__name__}") from error
    return await _await_record(client, demo, before)


async def _await_record(client: ApiClient, demo: Demo, before: set[str]) -> dict[str, Any]:
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        for record in await _records(client, demo):
            # the legs of one call arrive apart: it is whole when both are there
            if record["call_id"] not in before and record["leg_count"] >= 2:
                if record["answered_at"] is None:
                    raise FirstCallFailed(f"the record says the call was not answered: {record['cause_text']}")
                return record
        await asyncio.sleep(0.1)
    raise FirstCallFailed(f"no call record within {STEP_SECONDS:g} s")


async def _records(client: ApiClient, demo: Demo) -> list[dict[str, Any]]:
    page = await client.get("reporting", "/v1/call-records", tenant_id=demo.tenant_id, limit=50)
    records: list[dict[str, Any]] = page["items"]
    return records
