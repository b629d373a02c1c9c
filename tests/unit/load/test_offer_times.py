"""A caller's wait is taken from the switch's own events, whichever ACD serves the queue."""

import math

from tests.load.acd_offer import ALONE, PEER, RATES, SEDA, Taken, rows
from tests.load.offer_times import OfferTimes


def event(name, at_ms, **fields):
    return {"Event-Name": name, "Event-Date-Timestamp": str(at_ms * 1000), **fields}


def test_an_offer_of_seda_is_found_by_the_call_it_is_for():
    times = OfferTimes()
    times.take(event("CUSTOM", 1000, **{"Event-Subclass": "seda::queued", "Unique-ID": "caller"}))
    agents = {"variable_seda_call_id": "caller", "variable_seda_agent_leg": "true"}
    times.take(event("CHANNEL_CREATE", 1020, **{"Unique-ID": "agent", **agents}))
    times.take(event("CHANNEL_CREATE", 1500, **{"Unique-ID": "second", **agents}))
    times.take(event("CHANNEL_BRIDGE", 1090, **{"Bridge-A-Unique-ID": "caller", "Bridge-B-Unique-ID": "agent"}))
    assert (times.to_offer_ms(), times.to_bridge_ms()) == ([20], [90])


def test_an_offer_of_mod_callcenter_is_found_by_its_member():
    times = OfferTimes()
    about = {"Event-Subclass": "callcenter::info", "CC-Member-Session-UUID": "caller"}
    times.take(event("CUSTOM", 1000, **about, **{"CC-Action": "member-queue-start"}))
    times.take(event("CUSTOM", 1050, **about, **{"CC-Action": "agent-offering"}))
    times.take(event("CHANNEL_CREATE", 1060, **{"Unique-ID": "agent", "variable_cc_member_session_uuid": "caller"}))
    assert times.to_offer_ms() == [60]


def test_other_legs_are_no_offers_and_who_was_not_called_has_no_time():
    times = OfferTimes()
    times.take(event("CUSTOM", 1000, **{"Event-Subclass": "seda::queued", "Unique-ID": "caller"}))
    times.take(event("CHANNEL_CREATE", 1010, **{"Unique-ID": "other", "variable_seda_call_id": "caller"}))
    assert times.to_offer_ms() == times.to_bridge_ms() == []


def test_nobody_served_is_not_a_bound_that_is_met():
    found = rows({(way, rate): Taken(calls=10) for way in (SEDA, PEER, ALONE) for rate in RATES})
    bounded = [row for row in found if row.bound is not None]
    assert bounded
    assert all(row.met is False for row in bounded)
    assert all(row.value is None or not math.isnan(row.value) for row in found)
