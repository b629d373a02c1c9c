"""From phone to phone."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.routing.domain.config import Caps
from services.routing.domain.request import Request
from services.routing.domain.route import Diversion, Refusal, Ring
from tests.unit.routing.town import ACME, LEG, RIVAL, TEHRAN_NUMBER, Town, id_of, refusal, rung, trunk_of


def test_an_extension_rings_on_all_its_devices(town: Town) -> None:
    town.extension("102", devices=3)
    route = town.dial("102")
    assert isinstance(route.step, Ring)
    assert rung(route) == ["102"]
    assert [device.sip_username for device in route.step.targets[0].extension.devices] == ["102", "102-1", "102-2"]
    assert route.step.domain == ACME.domain
    assert (route.call_id, route.tenant_id, route.direction) == (LEG, ACME.id, "internal")
    assert route.next is None


def test_the_callee_sees_the_extension_as_configured_whatever_the_phone_says(town: Town) -> None:
    route = town.dial("102", caller_number="+442071234567", caller_name="The Bank")
    assert isinstance(route.step, Ring)
    assert (route.step.shown.number, route.step.shown.name) == ("101", "Phone 101")


def test_another_tenants_extension_is_as_unknown_as_any(town: Town) -> None:
    assert refusal(town.dial("201")) == refusal(town.dial("299")) == (Refusal.NUMBER_UNKNOWN, "UNALLOCATED_NUMBER")


def test_the_same_short_number_is_another_phone_in_another_tenant(town: Town) -> None:
    ours, theirs = town.dial("102"), town.dial("102", caller="201", tenant=RIVAL)
    assert isinstance(ours.step, Ring)
    assert isinstance(theirs.step, Ring)
    assert ours.step.targets[0].extension.tenant_id == ACME.id
    assert theirs.step.targets[0].extension.tenant_id == RIVAL.id
    assert theirs.step.domain == RIVAL.domain


@pytest.mark.parametrize("tenant_id", [None, id_of("nobody")])
@pytest.mark.parametrize("number", ["102", "seda-next", "*78", "115"])
def test_who_did_not_sign_in_calls_nobody(town: Town, tenant_id: UUID | None, number: str) -> None:
    route = town.ask(Request(LEG, "seda", number, tenant_id=tenant_id, extension_id=id_of("acme/101")))
    assert refusal(route) == (Refusal.UNAUTHENTICATED, "OUTGOING_CALL_BARRED")


def test_a_disabled_tenant_may_only_call_for_help(town: Town) -> None:
    town.tenant(enabled=False)
    assert refusal(town.dial("102"))[0] is Refusal.TENANT_DISABLED
    assert trunk_of(town.dial("115")).number == "115"


def test_a_disabled_extension_is_unknown(town: Town) -> None:
    town.extension("102", enabled=False)
    assert refusal(town.dial("102"))[0] is Refusal.NUMBER_UNKNOWN
    town.extension("102", enabled=True)
    assert rung(town.dial("102")) == ["102"]


def test_a_renumbered_extension_answers_to_its_new_number_only(town: Town) -> None:
    moved = town.extension("102")
    town.config.put_extension(moved.__class__(moved.id, moved.tenant_id, "150", devices=moved.devices))
    assert rung(town.dial("150")) == ["150"]
    assert refusal(town.dial("102"))[0] is Refusal.NUMBER_UNKNOWN
    town.config.remove_extension(ACME.id, moved.id)
    assert refusal(town.dial("150"))[0] is Refusal.NUMBER_UNKNOWN


def test_an_extension_without_devices_is_unreachable(town: Town) -> None:
    town.extension("102", devices=0)
    assert refusal(town.dial("102")) == (Refusal.UNREACHABLE, "SUBSCRIBER_ABSENT")
    town.forward("102", unreachable="extension:103")
    assert rung(town.dial("102")) == ["103"]


def test_digits_of_persian_keyboards_are_digits(town: Town) -> None:
    assert rung(town.dial("۱۰۲")) == ["102"]


def test_forwarding_always_never_rings_the_phone(town: Town) -> None:
    town.forward("102", always="extension:103")
    route = town.dial("102")
    assert rung(route) == ["103"]
    assert isinstance(route.step, Ring)
    assert route.step.diversion == Diversion("102", "unconditional")
    assert route.step.via == "forward:102"


@pytest.mark.parametrize(
    ("way", "disposition", "reason"),
    [
        ("busy", "USER_BUSY", "user-busy"),
        ("busy", "CALL_REJECTED", "user-busy"),
        ("no_answer", "NO_ANSWER", "no-answer"),
        ("no_answer", "NO_USER_RESPONSE", "no-answer"),
        ("unreachable", "USER_NOT_REGISTERED", "unavailable"),
        ("unreachable", "RECOVERY_ON_TIMER_EXPIRE", "unavailable"),
        ("unreachable", "NORMAL_TEMPORARY_FAILURE", "unavailable"),
    ],
)
def test_forwarding_takes_over_where_the_phone_did_not(town: Town, way: str, disposition: str, reason: str) -> None:
    town.forward("102", **{way: "extension:103"})
    first = town.dial("102")
    assert rung(first) == ["102"]
    second = town.then(first, disposition)
    assert rung(second) == ["103"]
    assert isinstance(second.step, Ring)
    assert second.step.diversion == Diversion("102", reason)
    assert second.caps == ()
    assert second.call_id == first.call_id


def test_what_is_not_forwarded_ends_with_its_own_cause(town: Town) -> None:
    town.forward("102", busy="extension:103")
    assert refusal(town.then(town.dial("102"), "NO_ANSWER")) == (Refusal.FAR_END, "NO_ANSWER")


def test_no_answer_comes_after_the_seconds_chosen(town: Town) -> None:
    town.forward("102", no_answer="extension:103", no_answer_seconds=12)
    step = town.dial("102").step
    assert isinstance(step, Ring)
    assert step.timeout_seconds == 12


def test_do_not_disturb_is_busy_to_callers_and_forwards_as_busy(town: Town) -> None:
    town.forward("102", do_not_disturb=True)
    assert refusal(town.dial("102")) == (Refusal.DO_NOT_DISTURB, "USER_BUSY")
    town.forward("102", do_not_disturb=True, busy="extension:104")
    assert rung(town.dial("102")) == ["104"]


def test_forwards_in_a_circle_end(town: Town) -> None:
    town.forward("102", always="extension:103")
    town.forward("103", always="extension:102")
    assert refusal(town.dial("102")) == (Refusal.TOO_MANY_FORWARDS, "EXCHANGE_ROUTING_ERROR")


def test_forwards_in_a_circle_of_ringing_phones_end(town: Town) -> None:
    town.forward("102", no_answer="extension:103")
    town.forward("103", no_answer="extension:102")
    route = town.dial("102")
    for _ in range(5):
        route = town.then(route, "NO_ANSWER")
    assert refusal(town.then(route, "NO_ANSWER"))[0] is Refusal.TOO_MANY_FORWARDS


def test_a_forward_to_the_outside_goes_in_the_forwarding_extensions_name(town: Town) -> None:
    town.extension("102", service_class="internal", outbound_caller_id=TEHRAN_NUMBER)
    town.forward("102", always="external:+989121234567")
    assert refusal(town.dial("102", caller="101"))[0] is Refusal.CLASS_OF_SERVICE
    town.extension("102", service_class="national", outbound_caller_id=TEHRAN_NUMBER)
    town.extension("101", service_class="internal")
    step = trunk_of(town.dial("102", caller="101"))
    assert step.shown.number == TEHRAN_NUMBER
    assert step.diversion == Diversion(TEHRAN_NUMBER, "unconditional")
    assert step.billed_id == id_of("acme/102")


@pytest.mark.parametrize("destination", ["queue:support", "flow:menu", "voicemail:101"])
def test_what_is_not_in_service_is_said(town: Town, destination: str) -> None:
    town.forward("102", always=destination)
    step = town.dial("102").step
    assert type(step).__name__ == "Notice"


def test_hangup_destinations_hang_up_with_their_cause(town: Town) -> None:
    town.forward("102", always="hangup:busy")
    assert refusal(town.dial("102")) == (Refusal.HANGUP, "USER_BUSY")


def test_conferences_carry_the_tenant(town: Town) -> None:
    town.forward("102", always="conference:room-1")
    step = town.dial("102").step
    assert getattr(step, "name", "") == f"{ACME.id}-room-1"


def test_an_extension_with_as_many_calls_as_it_may_have_is_busy(town: Town) -> None:
    town.extension("102", caps=Caps(max_calls=2))
    route = town.dial("102")
    assert isinstance(route.step, Ring)
    assert route.step.max_calls == 2
    assert refusal(town.then(route, "USER_BUSY")) == (Refusal.FAR_END, "USER_BUSY")


def test_a_step_of_a_call_that_has_none_goes_nowhere(town: Town) -> None:
    assert refusal(town.dial("seda-next"))[0] is Refusal.NUMBER_UNKNOWN
