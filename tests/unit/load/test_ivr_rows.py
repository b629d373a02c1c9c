"""What the figures of ivr are made of: timestamps of the switch, and the calls of the pure interpreter."""

from services.ivr.domain.actions import HangUp
from services.ivr.domain.interpreter import decide, first_state
from tests.load.ivr_callers import keys_of
from tests.load.ivr_steps import FACTS, NOW, WAY, library, one_call
from tests.load.switch_marks import Mark, each_to_next, first_to_first


def test_a_leg_counts_from_its_first_beginning_to_its_first_end():
    found = [
        Mark("a", "CHANNEL_CREATE", 1_000),
        Mark("b", "CHANNEL_CREATE", 2_000),
        Mark("a", "PLAYBACK_START", 21_000),
        Mark("a", "PLAYBACK_START", 99_000),
    ]
    assert first_to_first(found, "CHANNEL_CREATE", "PLAYBACK_START") == [20.0]


def test_a_key_counts_to_the_next_prompt_of_its_own_leg_whatever_the_order_they_were_told_in():
    found = [
        Mark("a", "PLAYBACK_START", 50_000),
        Mark("a", "DTMF", 30_000),
        Mark("b", "DTMF", 31_000),
        Mark("a", "PLAYBACK_START", 90_000),
    ]
    assert each_to_next(found, "DTMF", "PLAYBACK_START") == [20.0]


def test_keys_go_round():
    assert keys_of(5) == "12112"


def test_the_measured_call_goes_through_every_node_and_no_decision_fails():
    flows = library()
    flow = flows.by_slug("main")
    assert flow is not None
    state, entered = first_state(flow), set()
    for event in WAY:
        step = decide(flows, state, event, FACTS, NOW)
        state = step.state
        entered |= {note.node for note in step.notes if note.name == "node.entered"}
        assert not isinstance(step.action, HangUp)
    nodes = {*flow.document.nodes, "tell", "back"} - {"bye"}
    assert entered == nodes
    assert one_call(flows, first_state(flow)) == state
