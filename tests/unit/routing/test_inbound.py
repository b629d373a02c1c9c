"""From outside: sources, numbers and hours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.routing.domain.config import Caps
from services.routing.domain.route import Cap, Refusal, Ring
from shared.telephony.schedule_fields import schedule_of
from tests.unit.routing.town import (
    ACME,
    MOBILE,
    OTHER_NUMBER,
    RIVAL,
    RIVAL_NUMBER,
    TEHRAN_NUMBER,
    Town,
    id_of,
    refusal,
    rung,
    trunk,
    trunk_of,
)

OFFICE = schedule_of({"time_zone": "Asia/Tehran", "weekly": {"saturday": "09:00-17:00"}})


def test_a_number_rings_where_it_leads(town: Town) -> None:
    route = town.call_in(TEHRAN_NUMBER, caller_name="Ali")
    assert isinstance(route.step, Ring)
    assert (rung(route), route.direction, route.tenant_id) == (["101"], "inbound", ACME.id)
    assert (route.trunk_id, route.step.via) == (id_of("carrier"), f"number:{TEHRAN_NUMBER}")
    assert (route.step.shown.number, route.step.shown.name) == (MOBILE, "Ali")


def test_each_number_belongs_to_its_tenant(town: Town) -> None:
    assert town.call_in(RIVAL_NUMBER).tenant_id == RIVAL.id


@pytest.mark.parametrize("address", ["203.0.113.9", "", "nonsense", "::1"])
def test_who_is_no_trunk_is_refused(town: Town, address: str) -> None:
    assert refusal(town.call_in(TEHRAN_NUMBER, address)) == (Refusal.SOURCE_UNKNOWN, "INCOMING_CALL_BARRED")


def test_a_trunk_of_one_tenant_reaches_no_other(town: Town) -> None:
    town.config.put_trunk(trunk("theirs", RIVAL, "203.0.113.9/32"))
    assert refusal(town.call_in(TEHRAN_NUMBER, "203.0.113.9")) == (Refusal.NUMBER_UNKNOWN, "UNALLOCATED_NUMBER")
    assert refusal(town.call_in("+982100000000", "203.0.113.9")) == (Refusal.NUMBER_UNKNOWN, "UNALLOCATED_NUMBER")
    assert rung(town.call_in(RIVAL_NUMBER, "203.0.113.9")) == ["201"]


def test_trunks_of_two_tenants_may_share_an_address(town: Town) -> None:
    town.config.put_trunk(trunk("ours", ACME, "203.0.113.9/32"))
    town.config.put_trunk(trunk("theirs", RIVAL, "203.0.113.0/24"))
    assert town.call_in(TEHRAN_NUMBER, "203.0.113.9").trunk_id == id_of("ours")
    assert town.call_in(RIVAL_NUMBER, "203.0.113.9").trunk_id == id_of("theirs")


def test_a_registered_trunk_is_known_by_its_gateway(town: Town) -> None:
    town.config.put_trunk(trunk("registered", ACME))
    gateway = str(id_of("registered"))
    assert town.call_in(TEHRAN_NUMBER, "203.0.113.9", gateway=gateway).trunk_id == id_of("registered")
    town.config.put_trunk(trunk("registered", ACME, "192.0.2.0/24"))
    assert refusal(town.call_in(TEHRAN_NUMBER, "203.0.113.9", gateway=gateway))[0] is Refusal.SOURCE_UNKNOWN
    assert refusal(town.call_in(TEHRAN_NUMBER, "203.0.113.9", gateway="carrier"))[0] is Refusal.SOURCE_UNKNOWN


@pytest.mark.parametrize("dialled", ["982112345678", "+982112345678", "02112345678", "00982112345678"])
def test_a_carrier_may_write_the_number_in_its_own_way(town: Town, dialled: str) -> None:
    town.config.put_trunk(trunk("ours", ACME, "203.0.113.9/32"))
    assert rung(town.call_in(dialled, "203.0.113.9")) == ["101"]


@pytest.mark.parametrize("dialled", ["101", "102", "seda-next", "*78", "115", "09121234567"])
def test_from_outside_nothing_but_public_numbers_is_reached(town: Town, dialled: str) -> None:
    route = town.call_in(dialled, tenant_id=ACME.id, extension_id=id_of("acme/101"))
    assert refusal(route) == (Refusal.NUMBER_UNKNOWN, "UNALLOCATED_NUMBER")


def test_a_number_that_leads_nowhere_is_unknown(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, None)
    assert refusal(town.call_in(TEHRAN_NUMBER))[0] is Refusal.NUMBER_UNKNOWN
    town.tenant(enabled=False)
    assert refusal(town.call_in(OTHER_NUMBER))[0] is Refusal.NUMBER_UNKNOWN


def test_a_number_that_changes_hands_leads_to_its_new_owner_only(town: Town) -> None:
    moved = town.number(ACME, TEHRAN_NUMBER, "extension:101")
    town.config.put_number(moved.__class__(moved.id, RIVAL.id, TEHRAN_NUMBER, moved.destination))
    assert refusal(town.call_in(TEHRAN_NUMBER))[0] is Refusal.NUMBER_UNKNOWN  # rival has no extension 101
    assert town.call_in(TEHRAN_NUMBER).tenant_id == RIVAL.id


def test_the_hour_decides(town: Town) -> None:
    town.inbound(TEHRAN_NUMBER, ("extension:102", OFFICE), ("extension:103", None), otherwise="hangup:busy")
    assert rung(town.call_in(TEHRAN_NUMBER)) == ["102"]
    town.now += timedelta(hours=6)
    assert rung(town.call_in(TEHRAN_NUMBER)) == ["103"]


def test_outside_all_hours_calls_go_to_the_rest(town: Town) -> None:
    town.inbound(TEHRAN_NUMBER, ("extension:102", OFFICE), otherwise="hangup:busy")
    town.now += timedelta(hours=6)
    assert refusal(town.call_in(TEHRAN_NUMBER)) == (Refusal.HANGUP, "USER_BUSY")
    town.inbound(TEHRAN_NUMBER, ("extension:102", OFFICE))
    assert rung(town.call_in(TEHRAN_NUMBER)) == ["101"]  # the number's own destination


def test_inbound_calls_count_against_trunk_and_tenant(town: Town) -> None:
    town.config.put_trunk(trunk("carrier", None, "198.51.100.0/24", caps=Caps(30, 5)))
    town.tenant(caps=Caps(10, 2))
    assert town.call_in(TEHRAN_NUMBER).caps == (
        Cap("trunk", id_of("carrier"), 5, per_second=True),
        Cap("trunk", id_of("carrier"), 30),
        Cap("tenant", ACME.id, 2, per_second=True),
        Cap("tenant", ACME.id, 10),
    )


def test_an_outside_call_forwarded_outside_stays_inbound_and_uses_the_forwarders_class(town: Town) -> None:
    town.forward("101", always="external:+442079460000")
    route = town.call_in(TEHRAN_NUMBER)
    assert (trunk_of(route).e164, route.direction, trunk_of(route).billed_id) == (
        "+442079460000",
        "inbound",
        id_of("acme/101"),
    )
    town.extension("101", service_class="national")
    assert refusal(town.call_in(TEHRAN_NUMBER))[0] is Refusal.CLASS_OF_SERVICE


def test_a_number_may_lead_outside_by_the_administrators_choice(town: Town) -> None:
    town.number(ACME, TEHRAN_NUMBER, f"external:{MOBILE}")
    step = trunk_of(town.call_in(TEHRAN_NUMBER))
    assert (step.e164, step.billed_id, step.shown.number) == (MOBILE, None, TEHRAN_NUMBER)


@pytest.mark.parametrize("number", ["anonymous", "", "Restricted", "a\nb", "+"])
def test_an_unreadable_caller_number_is_shown_as_it_is_or_not_at_all(town: Town, number: str) -> None:
    step = town.call_in(TEHRAN_NUMBER, caller_number=number).step
    assert isinstance(step, Ring)
    assert step.shown.number == {"": "anonymous", "a\nb": "a b"}.get(number, number)
