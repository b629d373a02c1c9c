"""The far ends of a scenario: phones and a carrier, by `api sim` or by a real SIP phone. Scenarios see only this."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from freeswitch.phone import Call as SipCall
from freeswitch.phone import CallEndedError, IncomingCall, OutgoingCall, RegistrationRefusedError, SipPhone

DOMAIN = "acme.test"
PASSWORD = "secret"
SECONDS = 20.0
"""For whatever is to come at all, on a machine on which other platforms are starting."""


class Call(Protocol):
    """One call as its far end has it."""

    async def ring(self) -> None: ...
    async def answer(self) -> None: ...
    async def reject(self, status: int) -> None: ...
    async def ringing(self) -> None:
        """Wait for 180."""

    async def header(self, name: str) -> str:
        """A header of the INVITE that came; empty: none of that name."""

    async def answered(self) -> None:
        """Wait for 200, and for its own media to flow."""

    async def hears(self) -> None:
        """Wait for a quarter of a second of sound."""

    async def ended(self) -> int:
        """Wait for the end; the SIP status that refused the call, 200 for one that was answered."""

    async def hang_up(self) -> None: ...
    async def cancel(self) -> None: ...
    async def hold(self) -> None: ...
    async def resume(self) -> None: ...
    async def dtmf(self, digits: str, how: str = "rtp") -> None:
        """Press keys, sent as RFC 4733 events (`rtp`) or as SIP INFO (`info`)."""

    async def transfer(self, number: str) -> None: ...
    async def transfer_attended(self, other: Call) -> None: ...


class Phone(Protocol):
    """A phone, or the carrier."""

    async def register(self) -> int:
        """REGISTER; the final SIP status."""

    async def unregister(self) -> int: ...
    async def dial(self, number: str, *, silent: bool = False, headers: Mapping[str, str] | None = None) -> Call:
        """Call a number; a `silent` caller is to be heard as silence (a real test phone never says anything).

        `headers` are added to the INVITE; of simulated far ends only the carrier sends any.
        """

    async def incoming(self) -> Call:
        """The next call to this phone, before it is answered or refused."""


class Driver(Protocol):
    """Makes far ends."""

    async def phone(self, user: str, password: str = PASSWORD, display: str = "") -> Phone: ...
    async def carrier(self) -> Phone:
        """The carrier behind the scenario's gateway; its `dial` calls into the trunks profile."""

    @property
    def carrier_address(self) -> str:
        """Where the carrier is called without a gateway, host:port."""
        ...

    async def close(self) -> None: ...


# -- simulator


class SimulatedCall:
    def __init__(self, run: Callable[..., Coroutine[Any, Any, Any]], leg: str) -> None:
        self._run, self.leg = run, leg

    async def ring(self) -> None:
        await self._run("ring", leg=self.leg)

    async def answer(self) -> None:
        await self._run("answer", leg=self.leg)

    async def reject(self, status: int) -> None:
        await self._run("reject", leg=self.leg, status=status)

    async def header(self, name: str) -> str:
        return str((await self._run("leg", leg=self.leg))["headers"].get(name, ""))

    async def ringing(self) -> None:
        await self._run("wait", leg=self.leg, state="ringing", timeout=SECONDS)

    async def answered(self) -> None:
        found = await self._run("wait", leg=self.leg, state="answered", timeout=SECONDS)
        assert found["state"] == "answered", found

    async def hears(self) -> None:
        pass  # a simulated call has no sound

    async def ended(self) -> int:
        found = await self._run("wait", leg=self.leg, state="ended", timeout=SECONDS)
        return int(found["status"])

    async def hang_up(self) -> None:
        await self._run("hang_up", leg=self.leg)

    async def cancel(self) -> None:
        await self._run("cancel", leg=self.leg)

    async def hold(self) -> None:
        await self._run("hold", leg=self.leg)

    async def resume(self) -> None:
        await self._run("resume", leg=self.leg)

    async def dtmf(self, digits: str, how: str = "rtp") -> None:
        await self._run("dtmf", leg=self.leg, digits=digits, how=how)

    async def transfer(self, number: str) -> None:
        await self._run("refer", leg=self.leg, number=number)

    async def transfer_attended(self, other: Call) -> None:
        assert isinstance(other, SimulatedCall)
        await self._run("refer_to", leg=self.leg, other=other.leg)


class SimulatedPhone:
    def __init__(self, run: Callable[..., Coroutine[Any, Any, Any]], identity: dict[str, str]) -> None:
        self._run, self._identity = run, identity
        self._known: list[str] = []

    async def register(self) -> int:
        return int((await self._run("register", **self._identity))["status"])

    async def unregister(self) -> int:
        return int((await self._run("unregister", **self._identity))["status"])

    async def dial(
        self, number: str, *, silent: bool = False, headers: Mapping[str, str] | None = None
    ) -> SimulatedCall:
        assert not headers
        given = {"script": {"talk_seconds": 0}} if silent else {}
        leg = (await self._run("dial", number=number, **self._identity, **given))["leg"]
        self._known.append(leg)
        return SimulatedCall(self._run, leg)

    async def incoming(self) -> SimulatedCall:
        who = {key: value for key, value in self._identity.items() if key != "password"}
        leg = (await self._run("wait_incoming", known=self._known, timeout=SECONDS, **who))["leg"]
        self._known.append(leg)
        return SimulatedCall(self._run, leg)


class SimulatedCarrier(SimulatedPhone):
    def __init__(self, run: Callable[..., Coroutine[Any, Any, Any]], gateway: str, caller: str) -> None:
        super().__init__(run, {"carrier": gateway})
        self._caller = caller

    async def dial(
        self, number: str, *, silent: bool = False, headers: Mapping[str, str] | None = None
    ) -> SimulatedCall:
        assert not silent
        given = {"number": number, "caller": self._caller, "headers": dict(headers or {}), **self._identity}
        return SimulatedCall(self._run, (await self._run("trunk_call", **given))["leg"])


class SimulatedDriver:
    """Drives the simulator's far ends over `api sim`; each waiting call has a connection of its own."""

    def __init__(self, api: Callable[[str], Coroutine[Any, Any, str]], gateway: str, caller: str) -> None:
        self._api, self._gateway, self._caller = api, gateway, caller

    async def _run(self, verb: str, **given: Any) -> Any:
        answer = await self._api(f"sim {verb} {json.dumps(given)}")
        assert not answer.startswith("-ERR"), f"sim {verb} {given}: {answer}"
        return json.loads(answer)

    async def phone(self, user: str, password: str = PASSWORD, display: str = "") -> SimulatedPhone:
        identity = {"user": user, "domain": DOMAIN, "password": password, "display": display}
        return SimulatedPhone(self._run, identity)

    carrier_address = "127.0.0.1:5060"

    async def carrier(self) -> SimulatedCarrier:
        return SimulatedCarrier(self._run, self._gateway, self._caller)

    async def close(self) -> None:
        for found in await self._run("legs"):
            await self._run("hang_up", leg=found["leg"])


# -- real SIP


class RealCall:
    def __init__(self, call: SipCall) -> None:
        self._call = call

    async def ring(self) -> None:
        assert isinstance(self._call, IncomingCall)
        self._call.ring()

    async def answer(self) -> None:
        assert isinstance(self._call, IncomingCall)
        self._call.answer()

    async def header(self, name: str) -> str:
        assert isinstance(self._call, IncomingCall)
        return self._call.invite.headers.get(name)

    async def reject(self, status: int) -> None:
        assert isinstance(self._call, IncomingCall)
        self._call.reject(status)

    async def ringing(self) -> None:
        assert isinstance(self._call, OutgoingCall)
        await self._call.ringing(SECONDS)

    async def answered(self) -> None:
        assert isinstance(self._call, OutgoingCall)
        await self._call.answered(SECONDS)

    async def hears(self) -> None:
        async with asyncio.timeout(SECONDS):
            await self._call.stream.heard(packets=self._call.rtp_received + 13)

    async def ended(self) -> int:
        return (await self._call.ended(SECONDS)).status

    async def hang_up(self) -> None:
        await self._call.hang_up()

    async def cancel(self) -> None:
        assert isinstance(self._call, OutgoingCall)
        await self._call.cancel()

    async def hold(self) -> None:
        await self._call.hold()

    async def resume(self) -> None:
        await self._call.resume()

    async def dtmf(self, digits: str, how: str = "rtp") -> None:
        await self._call.send_dtmf(digits, how=how)

    async def transfer(self, number: str) -> None:
        await self._call.transfer(number)

    async def transfer_attended(self, other: Call) -> None:
        assert isinstance(other, RealCall)
        await self._call.transfer_attended(other._call)


class RealPhone:
    def __init__(self, phone: SipPhone) -> None:
        self._phone = phone

    async def register(self) -> int:
        try:
            return (await self._phone.register(3600)).status
        except RegistrationRefusedError as refused:
            return refused.status

    async def unregister(self) -> int:
        return (await self._phone.unregister()).status

    async def dial(self, number: str, *, silent: bool = False, headers: Mapping[str, str] | None = None) -> RealCall:
        del silent
        return RealCall(await self._phone.dial(number, headers=tuple((headers or {}).items())))

    async def incoming(self) -> RealCall:
        return RealCall(await self._phone.incoming(SECONDS))


class RealDriver:
    """Real SIP phones on loopback."""

    def __init__(self, phones: tuple[str, int], carrier: SipPhone) -> None:
        self._proxy, self._carrier = phones, carrier
        self._open: list[SipPhone] = []

    async def phone(self, user: str, password: str = PASSWORD, display: str = "") -> RealPhone:
        phone = SipPhone(user, password, DOMAIN, proxy=self._proxy, display=display)
        await phone.start()
        self._open.append(phone)
        return RealPhone(phone)

    @property
    def carrier_address(self) -> str:
        return f"127.0.0.1:{self._carrier.port}"

    async def carrier(self) -> RealPhone:
        return RealPhone(self._carrier)

    async def close(self) -> None:
        for phone in self._open:
            await phone.close()
        self._open.clear()


__all__ = [
    "DOMAIN",
    "PASSWORD",
    "Call",
    "CallEndedError",
    "Driver",
    "Phone",
    "RealDriver",
    "SimulatedDriver",
    "asyncio",
]
