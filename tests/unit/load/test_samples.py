"""Percentiles are values that occurred."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.samples import median, percentile

numbers = st.lists(st.floats(0, 1e6), min_size=1)


def test_of_a_hundred():
    samples = list(range(100, 0, -1))
    assert [percentile(samples, p) for p in (0, 1, 50, 99, 100)] == [1, 1, 50, 99, 100]


def test_of_few_the_99th_is_the_largest():
    assert percentile([3, 1, 2], 99) == 3
    assert median([3, 1, 2]) == 2


@given(numbers, st.floats(0, 100))
def test_so_many_percent_do_not_exceed_it(samples, percent):
    found = percentile(samples, percent)
    assert found in samples
    assert sum(sample <= found for sample in samples) >= percent / 100 * len(samples) - 1e-6


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1], 101), ([1], -1)])
def test_nonsense_is_refused(samples, percent):
    with pytest.raises(ValueError, match=r"samples|percentage"):
        percentile(samples, percent)
