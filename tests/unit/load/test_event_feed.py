"""The fed events are whole calls, each with legs of its own, as switchlink reads them."""

from collections import Counter

from services.switchlink.domain.legs import LegTable
from shared.esl.events import decode_event
from shared.esl.framing import MessageParser
from tests.load.event_feed import blocks, legs, recorded


def events_of(calls):
    parser = MessageParser()
    return [decode_event(message.body) for block in blocks(calls) for message in parser.feed(block)]


def test_every_call_is_whole_and_has_its_own_legs():
    calls = 120
    events = events_of(calls)
    recorded_names = Counter(event["Event-Name"] for event in recorded())
    assert Counter(event.name for event in events) == {name: n * calls for name, n in recorded_names.items()}
    assert len({event.uuid for event in events}) == 2 * calls
    assert not {event.uuid for event in events} & set(legs(recorded()))


def test_all_legs_begin_and_end_for_switchlink():
    table = LegTable("bench", recorded()[0]["Core-UUID"])
    messages = [message for event in events_of(3) for message in table.apply(event.headers)]
    assert not table.live
    assert Counter(message.name for message in messages)["call.hung_up"] == 6
    assert len({message.message_id for message in messages}) == len(messages)
