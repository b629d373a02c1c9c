"""Where devices are, and calls from one node to a phone of another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.telephony.dial_string import DialString, Leg, NodePhone, Phone
from shared.telephony.hops import HOP_HEADER, HOP_PEER, VALID_SECONDS, Hop, Hops
from shared.telephony.safe_text import UnsafeText
from shared.telephony.whereabouts import Located, Place, Whereabouts

NOW = datetime(2026, 3, 14, 10, tzinfo=UTC)
TENANT, CALL = UUID(int=1), "faba81dc-a1c3-4362-b5e1-277f9fd6571e"
HOP = Hop(TENANT, CALL, "internal")
SARA = Leg(Phone("sara", "acme.example"), {"seda_extension": "101"})
ONE, TWO = Place("one", "c1", "10.0.0.1:5080"), Place("two", "c2", "10.0.0.2:5080")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def two_nodes() -> Whereabouts:
    made = Whereabouts()
    for place in (ONE, TWO):
        made.reported(place.node_id, place.core_id, place.address, is_up=True)
    return made


def registers(where: Whereabouts, place: Place, at: float, *, revision: int | None = None, there: bool = True) -> None:
    told = Located(place.core_id, later(at), revision or int(at) + 1, is_there=there)
    where.located("sara", "Acme.example", place.node_id, told)


def test_a_device_is_where_it_registered_last():
    where = two_nodes()
    assert where.of("sara", "acme.example") is None
    registers(where, ONE, 0)
    assert where.of("sara", "acme.example") == ONE
    registers(where, TWO, 10)
    assert where.of("sara", "ACME.example") == TWO
    registers(where, TWO, 10, revision=12, there=False)
    assert where.of("sara", "acme.example") == ONE
    assert where.of("sara", "rival.example") is None


def test_older_news_of_a_node_changes_nothing():
    where = two_nodes()
    registers(where, TWO, 10, revision=5)
    registers(where, TWO, 10, revision=4, there=False)
    assert where.of("sara", "acme.example") == TWO


def test_what_a_lost_switch_knew_is_over_and_a_node_that_is_away_reaches_nobody():
    where = two_nodes()
    registers(where, TWO, 10)
    where.reported("two", "c2", TWO.address, is_up=False)
    assert where.of("sara", "acme.example") is None
    where.reported("two", "c3", TWO.address, is_up=True)
    assert where.of("sara", "acme.example") is None
    registers(where, Place("two", "c3", ""), 20)
    assert where.of("sara", "acme.example") == Place("two", "c3", TWO.address)


def test_a_phone_of_another_node_is_called_by_it_with_a_proof_for_this_device_alone():
    where = two_nodes()
    registers(where, TWO, 0)
    hops = Hops("s" * 40, where)
    assert hops.leg(SARA, "two", HOP, NOW) == SARA, "a phone of its own is called as ever"
    leg = hops.leg(SARA, "one", HOP, NOW)
    assert leg.endpoint == NodePhone("sara", TWO.address)
    assert (leg.variables["seda_extension"], leg.variables[HOP_PEER]) == ("101", "two/c2")
    proof = str(leg.variables[HOP_HEADER])
    assert hops.open(proof, "sara", later(VALID_SECONDS)) == Hop(TENANT, CALL, "internal", "one/c1")
    assert hops.open(proof, "sara", later(VALID_SECONDS + 1)) is None, "too old"
    assert hops.open(proof, "maryam", NOW) is None, "another device"
    assert hops.open(proof.replace(str(TENANT), str(UUID(int=2))), "sara", NOW) is None, "another tenant"
    assert Hops("t" * 40, where).open(proof, "sara", NOW) is None, "somebody else's secret"
    text = str(DialString.sequential([leg], {}))
    assert text.endswith(f"]sofia/trunks/sara@{TWO.address}")


@pytest.mark.parametrize("text", ["", ";", "1,2,3;x", "x" * 3000, "1,9999999999,a,b,internal,;AAAAAAAAAAAAAAAAAAAA"])
def test_what_nobody_of_us_wrote_is_no_proof(text: str):
    assert Hops("s" * 40, Whereabouts()).open(text, "sara", NOW) is None


def test_a_node_of_an_older_release_is_not_called():
    where = two_nodes()
    where.reported("two", "c2", "", is_up=True)
    registers(where, TWO, 0)
    assert Hops("s" * 40, where).leg(SARA, "one", HOP, NOW) == SARA


def test_other_endpoints_and_calls_without_an_id_are_left_alone():
    where = two_nodes()
    registers(where, TWO, 0)
    hops = Hops("s" * 40, where)
    by_node = Leg(NodePhone("sara", TWO.address))
    assert hops.leg(by_node, "one", HOP, NOW) is by_node
    with pytest.raises(ValueError, match="UUID"):
        hops.leg(SARA, "one", Hop(TENANT, "call,1", "internal"), NOW)


@pytest.mark.parametrize("address", ["", "host", "10.0.0.1:", "10.0.0.1:5080/x", "[::1]:5080", "a b:5080", "a,b:5080"])
def test_a_node_is_called_by_host_and_port_alone(address: str):
    with pytest.raises(UnsafeText):
        NodePhone("sara", address)
