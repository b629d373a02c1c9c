"""Caps, international minutes and feature codes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.routing.domain.config import Caps
from services.routing.domain.feature_codes import CONFIRMATIONS
from services.routing.domain.route import (
    Cap,
    ChangeAgentState,
    Confirm,
    EchoTest,
    Refusal,
    SetDoNotDisturb,
    SetForwarding,
)
from shared.telephony.destinations import Destination
from tests.unit.routing.town import ACME, MOBILE, Town, id_of, phone_request, refusal, trunk_of

TODAY = date(2026, 3, 14)


def test_a_call_counts_against_its_tenant_and_its_extension(town: Town) -> None:
    town.tenant(caps=Caps(10, 5))
    town.extension("101", caps=Caps(2, 1))
    assert town.dial("102").caps == (
        Cap("tenant", ACME.id, 5, per_second=True),
        Cap("tenant", ACME.id, 10),
        Cap("extension", id_of("acme/101"), 1, per_second=True),
        Cap("extension", id_of("acme/101"), 2),
    )


def test_a_tenant_may_narrow_its_caps_and_never_widen_them(town: Town) -> None:
    town.tenant(caps=Caps(10, None))
    town.settings(caps=Caps(50, 3))
    town.extension("101", caps=Caps(4))
    town.caps("101", max_calls=2)
    assert town.dial("102").caps == (
        Cap("tenant", ACME.id, 3, per_second=True),
        Cap("tenant", ACME.id, 10),
        Cap("extension", id_of("acme/101"), 2),
    )


def test_without_caps_nothing_is_counted(town: Town) -> None:
    assert town.dial("102").caps == ()


def test_minutes_that_are_left_end_the_call(town: Town) -> None:
    town.tenant(caps=Caps(max_international_minutes_per_day=60))
    town.extension("101", caps=Caps(max_international_minutes_per_day=30))
    town.seconds[ACME.id, TODAY] = 50 * 60
    assert trunk_of(town.dial("00442079460000")).remaining_seconds == 10 * 60
    town.seconds[id_of("acme/101"), TODAY] = 25 * 60
    assert trunk_of(town.dial("00442079460000")).remaining_seconds == 5 * 60
    assert trunk_of(town.dial("09121234567")).remaining_seconds is None


@pytest.mark.parametrize("subject", [ACME.id, id_of("acme/101")])
def test_minutes_that_are_used_up_refuse_the_call(town: Town, subject: object) -> None:
    town.tenant(caps=Caps(max_international_minutes_per_day=60))
    town.extension("101", caps=Caps(max_international_minutes_per_day=30))
    town.seconds[subject, TODAY] = 3600
    assert refusal(town.dial("00442079460000")) == (Refusal.MINUTES_USED_UP, "OUTGOING_CALL_BARRED")
    assert trunk_of(town.dial("09121234567"))


def test_a_new_day_begins_at_the_tenants_midnight(town: Town) -> None:
    town.tenant(caps=Caps(max_international_minutes_per_day=60))
    town.seconds[ACME.id, TODAY] = 3600
    town.now += timedelta(hours=11, minutes=59)
    assert refusal(town.dial("00442079460000"))[0] is Refusal.MINUTES_USED_UP
    town.now += timedelta(minutes=1)
    assert trunk_of(town.dial("00442079460000")).remaining_seconds == 3600


@pytest.mark.parametrize(
    ("dialled", "effect"),
    [
        ("*72102", SetForwarding(id_of("acme/101"), "always", Destination.parse("extension:102"))),
        ("*7209121234567", SetForwarding(id_of("acme/101"), "always", Destination.parse(f"external:{MOBILE}"))),
        ("*73", SetForwarding(id_of("acme/101"), "always", None)),
        ("*90102", SetForwarding(id_of("acme/101"), "busy", Destination.parse("extension:102"))),
        ("*91", SetForwarding(id_of("acme/101"), "busy", None)),
        ("*92102", SetForwarding(id_of("acme/101"), "no_answer", Destination.parse("extension:102"))),
        ("*93", SetForwarding(id_of("acme/101"), "no_answer", None)),
        ("*94102", SetForwarding(id_of("acme/101"), "unreachable", Destination.parse("extension:102"))),
        ("*95", SetForwarding(id_of("acme/101"), "unreachable", None)),
        ("*78", SetDoNotDisturb(id_of("acme/101"), True)),
        ("*79", SetDoNotDisturb(id_of("acme/101"), False)),
        ("*50", ChangeAgentState("101", "sign_in")),
        ("*51", ChangeAgentState("101", "sign_out")),
        ("*52", ChangeAgentState("101", "pause")),
        ("*53", ChangeAgentState("101", "unpause")),
    ],
)
def test_feature_codes_change_the_extension_that_dials_them(town: Town, dialled: str, effect: object) -> None:
    route = town.dial(dialled)
    said = CONFIRMATIONS[dialled[:3]]
    assert (route.step, route.effects) == (Confirm(done=True, prompt=said, language="en"), (effect,))


@pytest.mark.parametrize("dialled", ["*72", "*72101", "*72999", "*72*72", "*721", "*73102", "*781", "*501", "*72$102"])
def test_a_code_that_makes_no_sense_changes_nothing(town: Town, dialled: str) -> None:
    route = town.dial(dialled)
    assert (route.step, route.effects) == (Confirm(done=False), ())


def test_echo(town: Town) -> None:
    assert town.dial("*43").step == EchoTest()


def test_codes_can_be_switched_off(town: Town) -> None:
    town.settings(forwarding_codes=False, do_not_disturb_codes=False, echo_code=False)
    for dialled in ("*72102", "*73", "*78", "*43", "*00", "*"):
        assert refusal(town.dial(dialled))[0] is Refusal.NUMBER_UNKNOWN


def test_a_transferred_call_changes_nothing(town: Town) -> None:
    transferred = phone_request("*78", direction="internal", call_id="x")
    assert refusal(town.ask(transferred))[0] is Refusal.NUMBER_UNKNOWN
