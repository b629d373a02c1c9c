from shared.runtime.tracing import current_traceparent, new_traceparent, use_traceparent


def test_a_child_stays_in_its_parents_trace_with_a_span_of_its_own():
    parent = new_traceparent()
    child = new_traceparent(parent)
    assert child.split("-")[1] == parent.split("-")[1]
    assert child.split("-")[2] != parent.split("-")[2]


def test_a_broken_parent_starts_a_new_trace():
    assert new_traceparent("00-zz-11-01\r\nx: y").count("-") == 3
    assert new_traceparent("00-" + "0" * 32 + "-" + "1" * 16 + "-01").split("-")[1] != "0" * 32


def test_the_context_holds_inside_and_is_gone_after():
    traceparent = new_traceparent()
    with use_traceparent(traceparent):
        assert current_traceparent() == traceparent
        with use_traceparent("nonsense"):
            assert current_traceparent() is None
    assert current_traceparent() is None
