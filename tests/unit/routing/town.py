"""Two tenants of one platform, to route calls between: acme in Tehran, rival in London."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from services.routing.domain.call import Usage
from services.routing.domain.config import (
    Caps,
    Device,
    Extension,
    Forwarding,
    InboundRoute,
    Member,
    Number,
    OutboundRule,
    RingGroup,
    RouteEntry,
    ServiceClass,
    Strategy,
    Tenant,
    TenantRoutes,
    Trunk,
)
from services.routing.domain.decide import decide
from services.routing.domain.index import Config
from services.routing.domain.progress import Progress
from services.routing.domain.request import NEXT, PHONES, TRUNKS, Request
from services.routing.domain.route import DialTrunk, Refusal, Refuse, Ring, Route
from shared.telephony.destinations import Destination

NOON = datetime(2026, 3, 14, 8, 30, tzinfo=UTC)
"""A Saturday, noon in Tehran."""


def id_of(name: str) -> UUID:
    """The same id for the same name, always."""
    return uuid5(UUID(int=0), name)


ACME = Tenant(id_of("acme"), "acme", "acme.example", "IR", "Asia/Tehran", display_name="Acme")
RIVAL = Tenant(id_of("rival"), "rival", "rival.example", "GB", "Europe/London", display_name="Rival")
LEG = str(id_of("leg"))

TEHRAN_NUMBER = "+982112345678"
OTHER_NUMBER = "+982112345679"
RIVAL_NUMBER = "+442071234567"
MOBILE = "+989121234567"
LONDON = "+442079460000"


def extension(tenant: Tenant, number: str, devices: int = 1, **more: Any) -> Extension:
    phones = tuple(
        Device(id_of(f"{tenant.slug}/{number}/{place}"), number if not place else f"{number}-{place}")
        for place in range(devices)
    )
    more.setdefault("service_class", ServiceClass.PREMIUM)
    return Extension(id_of(f"{tenant.slug}/{number}"), tenant.id, number, f"Phone {number}", devices=phones, **more)


def trunk(name: str, tenant: Tenant | None = None, *networks: str, **more: Any) -> Trunk:
    return Trunk(id_of(name), tenant.id if tenant else None, tuple(map(ip_network, networks)), **more)


class Town:
    """A configuration that a test changes with a word, and calls in it."""

    def __init__(self) -> None:
        self.config = Config()
        self.seconds: dict[Any, int] = {}
        self.turns: dict[UUID, int] = {}
        self.now = NOON
        for tenant in (ACME, RIVAL):
            self.config.put_tenant(tenant)
        for number in ("101", "102", "103", "104"):
            self.config.put_extension(extension(ACME, number))
        self.config.put_extension(extension(RIVAL, "201"))
        self.config.put_extension(extension(RIVAL, "102"))
        self.number(ACME, TEHRAN_NUMBER, "extension:101")
        self.number(ACME, OTHER_NUMBER, "ring-group:sales")
        self.number(RIVAL, RIVAL_NUMBER, "extension:201")
        self.config.put_trunk(trunk("carrier", None, "198.51.100.0/24"))

    # Words that change the town

    def number(self, tenant: Tenant, e164: str, destination: str | None) -> Number:
        found = Number(id_of(e164), tenant.id, e164, Destination.parse(destination) if destination else None)
        self.config.put_number(found)
        return found

    def tenant(self, tenant: Tenant = ACME, **changes: Any) -> None:
        self.config.put_tenant(replace(tenant, **changes))

    def extension(self, number: str, tenant: Tenant = ACME, **changes: Any) -> Extension:
        changed = extension(tenant, number, **changes)
        self.config.put_extension(changed)
        return changed

    def settings(self, tenant: Tenant = ACME, **changes: Any) -> None:
        self._change(tenant, settings=replace(self._routes(tenant).settings, **changes))

    def forward(self, number: str, tenant: Tenant = ACME, **ways: Any) -> None:
        ways = {k: Destination.parse(v) if isinstance(v, str) else v for k, v in ways.items()}
        forwarding = {**self._routes(tenant).forwarding, id_of(f"{tenant.slug}/{number}"): Forwarding(**ways)}
        self._change(tenant, forwarding=MappingProxyType(forwarding))

    def ring_group(
        self, slug: str, members: list[Member | str], no_answer: str | None = None, strategy: str = "simultaneous"
    ) -> RingGroup:
        group = RingGroup(
            id_of(f"group/{slug}"),
            slug,
            Strategy(strategy),
            tuple(Member(one) if isinstance(one, str) else one for one in members),
            no_answer=Destination.parse(no_answer) if no_answer else None,
        )
        self._change(ACME, ring_groups=MappingProxyType({**self._routes(ACME).ring_groups, slug: group}))
        return group

    def inbound(self, e164: str, *entries: tuple[str, Any], otherwise: str | None = None) -> None:
        route = InboundRoute(
            id_of(e164),
            tuple(RouteEntry(Destination.parse(destination), schedule) for destination, schedule in entries),
            Destination.parse(otherwise) if otherwise else None,
        )
        self._change(ACME, inbound=MappingProxyType({route.number_id: route}))

    def rule(self, prefix: str, *trunks: str, allow: bool = True) -> None:
        rule = OutboundRule(id_of(f"rule/{prefix}"), prefix, allow, tuple(map(id_of, trunks)))
        self._change(ACME, outbound=MappingProxyType({**self._routes(ACME).outbound, prefix: rule}))

    def caps(self, number: str, **caps: int) -> None:
        self._change(ACME, extension_caps=MappingProxyType({id_of(f"acme/{number}"): Caps(**caps)}))

    def _routes(self, tenant: Tenant) -> TenantRoutes:
        return self.config.tenant(tenant.id).routes

    def _change(self, tenant: Tenant, **changes: Any) -> None:
        self.config.put_routes(replace(self._routes(tenant), **changes))

    # Calls

    def ask(self, request: Request) -> Route:
        return decide(self.config, Usage(self.seconds, self.turns), request, self.now)

    def dial(self, number: str, caller: str = "101", tenant: Tenant = ACME, **more: Any) -> Route:
        """A phone dials."""
        return self.ask(phone_request(number, caller, tenant, **more))

    def call_in(self, number: str, address: str = "198.51.100.7", **more: Any) -> Route:
        """A trunk brings a call."""
        more.setdefault("caller_number", MOBILE)
        return self.ask(Request(LEG, TRUNKS, number, network_address=address, **more))

    def then(self, route: Route, disposition: str, caller: str | None = "101", **more: Any) -> Route:
        """What comes after the step of ``route`` failed."""
        assert route.next is not None, "nothing comes next"
        assert Progress.decode(route.next.encode()) == route.next
        tenant = ACME if route.tenant_id == ACME.id else RIVAL
        return self.ask(
            phone_request(
                NEXT,
                caller,
                tenant,
                call_id=route.call_id,
                direction=route.direction,
                progress=route.next,
                disposition=disposition,
                **more,
            )
        )


def phone_request(number: str, caller: str | None = "101", tenant: Tenant = ACME, **more: Any) -> Request:
    """The question of a phone that signed in."""
    extension_id = id_of(f"{tenant.slug}/{caller}") if caller else None
    return Request(LEG, PHONES, number, tenant_id=tenant.id, extension_id=extension_id, **more)


def rung(route: Route) -> list[str]:
    """Numbers of the extensions that ring."""
    assert isinstance(route.step, Ring), route.path
    return [target.extension.number for target in route.step.targets]


def trunk_of(route: Route) -> DialTrunk:
    """The trunk step."""
    assert isinstance(route.step, DialTrunk), route.path
    return route.step


def refusal(route: Route) -> tuple[Refusal, str]:
    """Why the call goes nowhere, and with which cause."""
    assert isinstance(route.step, Refuse), route.path
    return route.step.reason, route.step.cause.name
