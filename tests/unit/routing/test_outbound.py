"""To the outside: numbers, classes of service, trunks and caller IDs."""

from __future__ import annotations

import pytest

from services.routing.domain.config import Caps, NumberFormat
from services.routing.domain.route import Refusal, Ring
from shared.telephony.caller_id import CallerIdPolicy
from tests.unit.routing.town import (
    ACME,
    LONDON,
    MOBILE,
    OTHER_NUMBER,
    RIVAL,
    RIVAL_NUMBER,
    TEHRAN_NUMBER,
    Town,
    id_of,
    phone_request,
    refusal,
    rung,
    trunk,
    trunk_of,
)


@pytest.mark.parametrize("dialled", ["09121234567", "00989121234567", "+989121234567", "۰۹۱۲۱۲۳۴۵۶۷"])
def test_a_number_is_read_as_the_tenants_country_writes_it(town: Town, dialled: str) -> None:
    step = trunk_of(town.dial(dialled))
    assert (step.e164, step.number, step.trunk_id) == (MOBILE, MOBILE, id_of("carrier"))
    assert town.dial(dialled).direction == "outbound"


def test_the_same_digits_mean_another_number_in_another_country(town: Town) -> None:
    assert trunk_of(town.dial("02079460000", caller="201", tenant=RIVAL)).e164 == LONDON


@pytest.mark.parametrize(
    ("service_class", "allowed"),
    [
        ("internal", []),
        ("local", ["02188776655"]),
        ("national", ["02188776655", "09121234567", "03132123456"]),
        ("international", ["02188776655", "09121234567", "03132123456", "00442079460000"]),
        ("premium", ["02188776655", "09121234567", "03132123456", "00442079460000", "+881612345678"]),
    ],
)
def test_class_of_service(town: Town, service_class: str, allowed: list[str]) -> None:
    town.extension("101", service_class=service_class)
    for dialled in ("02188776655", "09121234567", "03132123456", "00442079460000", "+881612345678"):
        route = town.dial(dialled)
        if dialled in allowed:
            assert trunk_of(route)
        else:
            assert refusal(route) == (Refusal.CLASS_OF_SERVICE, "OUTGOING_CALL_BARRED"), dialled


@pytest.mark.parametrize("dialled", ["0", "999", "12", "00000000000000", "abc", "", "+", "10%", "$\u007b101\u007d"])
def test_what_is_no_number_goes_nowhere(town: Town, dialled: str) -> None:
    assert refusal(town.dial(dialled))[0] in (Refusal.NUMBER_UNKNOWN, Refusal.NUMBER_INVALID)


def test_a_number_of_the_tenant_itself_needs_no_trunk(town: Town) -> None:
    town.config.remove_trunk(id_of("carrier"))
    route = town.dial("02112345678", caller="102")
    assert rung(route) == ["101"]
    assert (route.direction, getattr(route.step, "via", "")) == ("internal", f"number:{TEHRAN_NUMBER}")


def test_a_number_of_another_tenant_goes_out_like_any_other(town: Town) -> None:
    assert trunk_of(town.dial(RIVAL_NUMBER)).e164 == RIVAL_NUMBER


def test_the_longest_prefix_wins_then_priority_then_the_rest_in_turn(town: Town) -> None:
    town.config.put_trunk(trunk("mobile", ACME, prefixes=("98912",)))
    town.config.put_trunk(trunk("national", ACME, prefixes=("98",), priority=20))
    town.config.put_trunk(trunk("cheap", None, prefixes=("98",), priority=10))
    town.config.put_trunk(trunk("theirs", RIVAL, prefixes=("98912",), priority=1))
    town.config.put_trunk(trunk("off", ACME, prefixes=("98912",), priority=1, enabled=False))
    route, seen = town.dial("09121234567"), []
    while True:
        seen.append(trunk_of(route).trunk_id)
        if route.next is None:
            break
        route = town.then(route, "NORMAL_TEMPORARY_FAILURE")
    assert seen == [id_of("mobile"), id_of("cheap"), id_of("national"), id_of("carrier")]


@pytest.mark.parametrize("disposition", ["USER_BUSY", "NO_ANSWER", "CALL_REJECTED", "UNALLOCATED_NUMBER"])
def test_no_other_trunk_is_tried_when_the_far_end_decided(town: Town, disposition: str) -> None:
    town.config.put_trunk(trunk("second", ACME))
    assert refusal(town.then(town.dial("09121234567"), disposition)) == (Refusal.FAR_END, disposition)


def test_a_failed_over_call_ends_with_the_last_trunks_cause(town: Town) -> None:
    town.config.put_trunk(trunk("second", ACME, caps=Caps(max_calls=3)))
    first = town.dial("09121234567")
    town.config.remove_trunk(id_of("carrier"))
    second = town.then(first, "GATEWAY_DOWN")
    assert refusal(second) == (Refusal.FAR_END, "GATEWAY_DOWN")


def test_without_a_trunk_there_is_no_line(town: Town) -> None:
    town.config.remove_trunk(id_of("carrier"))
    assert refusal(town.dial("09121234567")) == (Refusal.NO_TRUNK, "NORMAL_CIRCUIT_CONGESTION")


def test_a_rule_forbids_or_names_the_trunks(town: Town) -> None:
    town.config.put_trunk(trunk("second", ACME, prefixes=("1",)))
    town.rule("98", "second", "carrier")
    town.rule("98912", allow=False)
    assert refusal(town.dial("09121234567"))[0] is Refusal.RULE
    route = town.dial("02188776655")
    assert trunk_of(route).trunk_id == id_of("second")
    assert trunk_of(town.then(route, "NORMAL_CIRCUIT_CONGESTION")).trunk_id == id_of("carrier")


def test_a_rule_cannot_name_another_tenants_trunk(town: Town) -> None:
    town.config.put_trunk(trunk("theirs", RIVAL))
    town.rule("98", "theirs")
    assert refusal(town.dial("02188776655"))[0] is Refusal.NO_TRUNK


@pytest.mark.parametrize(
    ("number_format", "dialled", "expected"),
    [
        (NumberFormat.E164, "00442079460000", "+442079460000"),
        (NumberFormat.E164_NO_PLUS, "00442079460000", "442079460000"),
        (NumberFormat.NATIONAL, "00442079460000", "00442079460000"),
        (NumberFormat.NATIONAL, "+989121234567", "09121234567"),
        (NumberFormat.NATIONAL, "02188776655", "02188776655"),
    ],
)
def test_a_trunk_gets_numbers_as_it_wants_them(
    town: Town, number_format: NumberFormat, dialled: str, expected: str
) -> None:
    town.config.put_trunk(trunk("carrier", None, number_format=number_format))
    assert trunk_of(town.dial(dialled)).number == expected


def test_caller_id_is_the_extensions_number_else_the_tenants(town: Town) -> None:
    assert trunk_of(town.dial("09121234567")).shown.number == TEHRAN_NUMBER
    town.settings(default_caller_id=OTHER_NUMBER)
    assert trunk_of(town.dial("09121234567")).shown.number == OTHER_NUMBER
    town.extension("101", outbound_caller_id=TEHRAN_NUMBER)
    step = trunk_of(town.dial("09121234567"))
    assert (step.shown.number, step.shown.name) == (TEHRAN_NUMBER, "Phone 101")


@pytest.mark.parametrize("claimed", [RIVAL_NUMBER, MOBILE])
def test_a_number_the_tenant_does_not_own_is_never_shown(town: Town, claimed: str) -> None:
    town.extension("101", outbound_caller_id=claimed)
    town.settings(default_caller_id=claimed)
    assert trunk_of(town.dial("09121234567", caller_number=claimed)).shown.number == TEHRAN_NUMBER


def test_a_tenant_without_numbers_shows_none(town: Town) -> None:
    for number in (TEHRAN_NUMBER, OTHER_NUMBER):
        town.config.remove_number(id_of(number))
    assert trunk_of(town.dial("09121234567")).shown.number == "anonymous"


def test_a_tenant_may_hide_its_number(town: Town) -> None:
    town.settings(caller_id_policy=CallerIdPolicy.HIDDEN)
    assert trunk_of(town.dial("09121234567")).shown.hidden


@pytest.mark.parametrize("dialled", ["110", "115", "112", "۱۱۵"])
def test_nothing_stands_before_an_emergency_call(town: Town, dialled: str) -> None:
    town.extension("101", service_class="internal", caps=Caps(0, 0, 0))
    town.tenant(caps=Caps(0, 0, 0), enabled=False)
    town.rule("", allow=False)
    town.forward("101", do_not_disturb=True)
    town.extension("115")
    town.config.put_trunk(trunk("no-emergency", ACME, priority=1, carries_emergency=False))
    town.config.put_trunk(trunk("second", ACME, priority=200, caps=Caps(0, 0)))
    first = town.dial(dialled)
    assert (trunk_of(first).trunk_id, first.caps, trunk_of(first).caps) == (id_of("carrier"), (), Caps())
    assert trunk_of(first).number == {"۱۱۵": "115"}.get(dialled, dialled)
    assert trunk_of(first).shown.number == TEHRAN_NUMBER
    second = town.then(first, "USER_BUSY")
    assert (trunk_of(second).trunk_id, trunk_of(second).caps, second.next) == (id_of("second"), Caps(), None)


def test_a_tenant_may_name_further_emergency_numbers(town: Town) -> None:
    town.settings(emergency_numbers=frozenset({"5555"}))
    town.extension("101", service_class="internal")
    assert trunk_of(town.dial("5555")).number == "5555"


def test_a_call_sent_on_by_transfer_is_the_doing_of_who_answered_it(town: Town) -> None:
    town.extension("102", service_class="internal")
    transferred = phone_request(
        "09121234567", "101", direction="internal", party_id=id_of("acme/102"), acting_id=id_of("acme/101")
    )
    assert refusal(town.ask(transferred))[0] is Refusal.CLASS_OF_SERVICE


def test_a_called_phone_that_is_transferred_goes_in_the_callers_name(town: Town) -> None:
    town.extension("102", service_class="internal")
    transferred = phone_request("09121234567", "102", direction="internal", acting_id=id_of("acme/101"))
    route = town.ask(transferred)
    assert trunk_of(route).billed_id == id_of("acme/101")
    assert route.caps == ()


def test_an_outside_caller_may_be_transferred_to_a_colleague(town: Town) -> None:
    transferred = phone_request("103", None, direction="inbound", party_id=id_of("acme/102"), caller_number=MOBILE)
    route = town.ask(transferred)
    assert isinstance(route.step, Ring)
    assert (rung(route), route.direction, route.step.shown.number) == (["103"], "inbound", MOBILE)
