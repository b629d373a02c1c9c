"""The formulas that simulations are held against give the published values."""

import pytest

from tests.support.erlang import erlang_a, erlang_b, erlang_c

HUNDRED_IN_HALF_AN_HOUR = 100 / 1800


@pytest.mark.parametrize(
    ("servers", "load", "blocked"),
    [
        (5, 3, 0.110054),
        (10, 5, 0.018385),
        (10, 10, 0.214582),
        (20, 15, 0.045593),
        (50, 40, 0.018691),
        (100, 90, 0.026957),
    ],
)
def test_erlang_b(servers, load, blocked):
    assert erlang_b(servers, load) == pytest.approx(blocked, abs=5e-7)


@pytest.mark.parametrize(
    ("servers", "waits", "service_level", "mean_wait"),
    [
        (11, 0.6821, 0.3896, 122.8),
        (12, 0.4494, 0.6402, 40.4),
        (13, 0.2853, 0.7956, 17.1),
        (14, 0.1741, 0.8884, 7.8),
        (15, 0.1020, 0.9415, 3.7),
    ],
)
def test_erlang_c(servers, waits, service_level, mean_wait):
    found = erlang_c(servers, HUNDRED_IN_HALF_AN_HOUR, 180, 20)
    assert found.waits == pytest.approx(waits, abs=5e-5)
    assert found.service_level == pytest.approx(service_level, abs=5e-5)
    assert found.mean_wait == pytest.approx(mean_wait, abs=0.05)


def test_erlang_c_of_a_large_group():
    found = erlang_c(55, 360 / 1800, 240, 15)
    assert (found.waits, found.service_level) == pytest.approx((0.2387, 0.8459), abs=5e-5)
    assert found.mean_wait == pytest.approx(8.18, abs=0.005)
    assert found.occupancy == pytest.approx(0.873, abs=5e-4)


def test_erlang_c_of_too_few_agents_is_refused():
    with pytest.raises(ValueError, match="without end"):
        erlang_c(10, HUNDRED_IN_HALF_AN_HOUR, 180, 20)


def test_erlang_a():
    found = erlang_a(13, HUNDRED_IN_HALF_AN_HOUR, 180, 300)
    assert (found.waits, found.abandons) == pytest.approx((0.226, 0.025), abs=5e-4)
    assert found.mean_wait == pytest.approx(7.5, abs=0.05)


def test_erlang_a_of_a_large_group():
    found = erlang_a(50, 2880 / 3600, 60, 120)
    assert found.abandons == pytest.approx(0.031, abs=5e-4)
    assert found.mean_wait == pytest.approx(3.7, abs=0.05)
    assert found.occupancy == pytest.approx(0.93, abs=5e-3)
    assert erlang_c(50, 2880 / 3600, 60, 20).mean_wait == pytest.approx(20.8, abs=0.05)


def test_erlang_a_of_endless_patience_is_erlang_c():
    patient = erlang_a(13, HUNDRED_IN_HALF_AN_HOUR, 180, 1e9)
    assert patient.mean_wait == pytest.approx(erlang_c(13, HUNDRED_IN_HALF_AN_HOUR, 180, 20).mean_wait, rel=1e-4)
