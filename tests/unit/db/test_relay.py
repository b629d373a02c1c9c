"""How the relay splits what waits into turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.message import Encoded
from shared.db.ordering import order_key
from shared.db.relay import Waiting, turns

ENTITIES = ("t1.a", "t1.b", "t2.a")


def waiting(entities: list[str]) -> list[Waiting]:
    return [
        Waiting(number, Encoded(f"seda.evt.probe.thing.changed.{entity}", b"", str(number)))
        for number, entity in enumerate(entities)
    ]


@given(st.lists(st.sampled_from(ENTITIES), max_size=30))
def test_turns_hold_everything_once_and_keep_each_entity_in_order(entities: list[str]) -> None:
    rows = waiting(entities)
    sent = [row for turn in turns(rows) for row in turn]
    assert sorted(row.number for row in sent) == [row.number for row in rows]
    for entity in ENTITIES:
        numbers = [row.number for row in sent if row.message.subject.endswith(entity)]
        assert numbers == sorted(numbers)


@given(st.lists(st.sampled_from(ENTITIES), max_size=30))
def test_no_turn_holds_two_messages_of_one_entity(entities: list[str]) -> None:
    for turn in turns(waiting(entities)):
        keys = [order_key(row.message.subject) for row in turn]
        assert len(set(keys)) == len(keys)


def test_messages_of_many_entities_travel_in_one_turn() -> None:
    rows = waiting([f"t1.{number}" for number in range(100)])
    assert list(turns(rows)) == [rows]


def test_order_is_kept_between_different_events_of_one_entity() -> None:
    assert order_key("seda.evt.switchlink.call.created.t1.c1") == order_key("seda.evt.switchlink.call.ended.t1.c1")
    assert order_key("seda.evt.switchlink.call.created.t1.c1") != order_key("seda.evt.switchlink.call.created.t2.c1")
