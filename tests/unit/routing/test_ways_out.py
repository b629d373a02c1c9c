"""How an agent's mobile is called: by the tenant's trunks, under its rules."""

from __future__ import annotations

import pytest

from services.routing.domain.call import Usage, World
from services.routing.domain.config import Caps
from services.routing.domain.route import DialTrunk
from services.routing.domain.ways_out import NoWayOut, ways_out
from tests.unit.routing.town import ACME, LEG, LONDON, MOBILE, OTHER_NUMBER, TEHRAN_NUMBER, Town, id_of, trunk

SATELLITE = "+881612345678"


def asked(town: Town, number: str = MOBILE) -> tuple[DialTrunk, ...] | NoWayOut:
    world = World(town.config, Usage(town.seconds, town.turns), town.now)
    index = town.config.tenant(ACME.id)
    assert index.tenant is not None
    return ways_out(world, index, index.tenant, number, LEG)


def refused(town: Town, number: str = MOBILE) -> str:
    found = asked(town, number)
    assert isinstance(found, NoWayOut)
    return found.code


def test_the_trunks_are_named_best_first_and_show_a_number_of_the_tenant(town: Town) -> None:
    town.config.put_trunk(trunk("mobiles", ACME, prefixes=("98912",)))
    found = asked(town)
    assert isinstance(found, tuple)
    assert [(step.trunk_id, step.number, step.shown.number) for step in found] == [
        (id_of("mobiles"), MOBILE, TEHRAN_NUMBER),
        (id_of("carrier"), MOBILE, TEHRAN_NUMBER),
    ]


@pytest.mark.parametrize(("number", "code"), [(OTHER_NUMBER, "own_number"), (SATELLITE, "class_of_service")])
def test_neither_the_tenants_own_nor_a_premium_number_is_an_agents_phone(town: Town, number: str, code: str) -> None:
    assert refused(town, number) == code


def test_a_rule_against_it_and_used_up_minutes_count(town: Town) -> None:
    town.rule("98912", allow=False)
    assert refused(town) == "outbound_rule"
    town.tenant(caps=Caps(max_international_minutes_per_day=1))
    town.seconds[ACME.id, town.now.date()] = 60
    assert refused(town, LONDON) == "international_minutes_used_up"


def test_without_a_trunk_nobody_is_reached(town: Town) -> None:
    town.config.remove_trunk(id_of("carrier"))
    assert refused(town) == "no_trunk"
