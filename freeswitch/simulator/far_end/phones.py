"""SIP phones: registration as mod_sofia does it, and calls placed and taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator import sip
from freeswitch.simulator.domain.digest import a1_hash, response
from freeswitch.simulator.domain.profile import CallerProfile
from freeswitch.simulator.far_end.leg import FarLeg
from freeswitch.simulator.far_end.party import Party
from freeswitch.simulator.legs import incoming

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from freeswitch.simulator.switch import Switch


@dataclass(frozen=True)
class Account:
    """A phone's SIP user."""

    user: str
    domain: str
    password: str
    display: str = ""

    @property
    def address(self) -> str:
        return f"{self.user}@{self.domain}"


class Phone(Party):
    """One simulated phone."""

    def __init__(self, switch: Switch, account: Account, port: int) -> None:
        super().__init__(account.address, switch.clock)
        self.switch = switch
        self.account = account
        self.port = port
        self.expires_at = 0
        self.call_id = str(uuid4())

    @property
    def is_registered(self) -> bool:
        return self.expires_at > self.switch.clock.now()

    def new_leg(self) -> FarLeg:
        """The far end of a call that rings here."""
        return FarLeg(self, outgoing=False, script=self.script)

    # -- registration

    async def register(self, expires: int = 3600) -> int:
        """REGISTER, answering the challenge; the final SIP status (200, 403, 404...)."""
        switch, account = self.switch, self.account
        if expires > 0:
            switch.fire("CUSTOM", extra=self._register_headers(expires, first=True), subclass="sofia::pre_register")
        status, user = await self._authenticate("REGISTER", account.user)
        outcome = {200: "SUCCESS", 403: "FORBIDDEN"}.get(status, "FORBIDDEN")
        if status != 200:
            self._tell_failure("REGISTER", account.user)
        extra = {**self._register_headers(expires), "auth-result": outcome}
        switch.fire("CUSTOM", extra=extra, subclass="sofia::register_attempt")
        if status != 200 or user is None:
            return status
        if expires <= 0:
            self._forget("sofia::unregister")
        else:
            self.expires_at = switch.clock.now() + expires * 1_000_000
            switch.clock.call_later(expires + 60, self._expire)
            switch.fire("CUSTOM", extra=self._register_headers(expires), subclass="sofia::register")
        return 200

    async def unregister(self) -> int:
        """REGISTER with an expiry of 0; the final SIP status."""
        return await self.register(0)

    def _expire(self) -> None:
        if self.expires_at and not self.is_registered:
            self._forget("sofia::expire")

    def _forget(self, subclass: str) -> None:
        self.expires_at = 0
        headers = self._register_headers(0)
        extra = {name: value for name, value in headers.items() if name not in {"to-user", "to-host"}}
        self.switch.fire("CUSTOM", extra=extra, subclass=subclass)

    def _register_headers(self, expires: int, *, first: bool = False) -> dict[str, str]:
        account, settings = self.account, self.switch.settings
        headers = {
            "profile-name": "phones",
            "from-user": account.user,
            "from-host": account.domain,
            "contact": f'"{account.display}" <sip:{account.user}@{settings.sip_address}:{self.port}>',
            "call-id": self.call_id,
            "rpid": "unknown",
            "status": "Registered(UDP)",
            "expires": str(expires),
            "to-user": account.user,
            "to-host": account.domain,
            "network-ip": settings.sip_address,
            "network-port": str(self.port),
        }
        if not first:
            headers.update({"username": account.user, "realm": account.domain})
        return {**headers, "user-agent": "Seda simulator"}

    def _tell_failure(self, method: str, to_user: str) -> None:
        """`sofia::register_failure`: for a REGISTER or an INVITE with a wrong answer (sofia_reg.c)."""
        extra = {
            "profile-name": "phones",
            "network-ip": self.switch.settings.sip_address,
            "network-port": str(self.port),
            "to-user": to_user,
            "to-host": self.account.domain,
            "registration-type": method,
        }
        self.switch.fire("CUSTOM", extra=extra, subclass="sofia::register_failure")

    async def _authenticate(self, method: str, to_user: str) -> tuple[int, Element | None]:
        """Challenge, answer, and the switch's check of the answer against the directory."""
        account = self.account
        nonce, uri = str(uuid4()), f"sip:{account.domain}"
        given = response(
            a1_hash(account.user, account.domain, account.password),
            nonce=nonce, nc="00000001", cnonce="c", method=method, uri=uri,
        )  # fmt: skip
        fields = sip.auth_fields(self, method=method, to_user=to_user, nonce=nonce, uri=uri, answer=given)
        user = await self.switch.lookups.user(account.user, account.domain, fields)
        if user is None:
            return 403, None
        params = {param.get("name"): param.get("value") or "" for param in user.iter("param")}
        a1 = params.get("a1-hash") or a1_hash(account.user, account.domain, params.get("password", ""))
        if given != response(a1, nonce=nonce, nc="00000001", cnonce="c", method=method, uri=uri):
            return 403, None
        return 200, user

    # -- calls

    async def dial(self, number: str) -> FarLeg:
        """INVITE to `number` in the phone's domain; the leg, already ended when the switch refused it."""
        leg = FarLeg(self, outgoing=True, script=self.script, number=number)
        status, user = await self._authenticate("INVITE", number)
        account, settings = self.account, self.switch.settings
        profile = CallerProfile(
            uuid=str(uuid4()),
            username=account.user,
            context="seda",
            caller_id_name=account.display or account.user,
            caller_id_number=account.user,
            orig_caller_id_name=account.display or account.user,
            orig_caller_id_number=account.user,
            network_addr=settings.sip_address,
            ani=account.user,
            destination_number=number,
        )
        variables = sip.invite_variables(self, number, user)
        name = f"sofia/phones/{account.address}"
        if status != 200 or user is None:
            self._tell_failure("INVITE", number)
            return sip.refused_at_the_door(self.switch, leg, profile, name, variables, status=status)
        profile.context = variables.get("user_context", profile.context)
        if "inbound" in self.switch.paused or len(self.switch.sessions) >= settings.max_sessions:
            return sip.refused_at_the_door(self.switch, leg, profile, name, variables, status=503)
        incoming(self.switch, leg, profile, name, variables)
        return leg


class Phones:
    """All simulated phones by `user@domain`."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._phones: dict[str, Phone] = {}
        self._ports = itertools.count(40000)

    def get(self, account: Account) -> Phone:
        """The phone of an account; a new one, or the old one with the new password."""
        phone = self._phones.get(account.address)
        if phone is None:
            phone = self._phones[account.address] = Phone(self._switch, account, next(self._ports))
        phone.account = account
        return phone

    def find(self, address: str) -> Phone | None:
        """The phone `user@domain`, registered or not."""
        return self._phones.get(address)

    def registered(self, user: str, domain: str) -> Phone | None:
        """The phone a call to `user%domain` would ring; None when it is not registered."""
        phone = self._phones.get(f"{user}@{domain}")
        return phone if phone is not None and phone.is_registered else None

    def all_registered(self) -> list[Phone]:
        """Registered phones, in order of first registration."""
        return [phone for phone in self._phones.values() if phone.is_registered]

    def __iter__(self) -> Iterator[Phone]:
        return iter(self._phones.values())
