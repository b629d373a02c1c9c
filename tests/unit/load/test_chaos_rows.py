"""What callers noticed of a fault is never told better than it was."""

from tests.load.acd_chaos import KINDS, Fault, rows

UNHARMED = Fault(lost=0, moved=0, silent=0, match_seconds=1.0)


def test_nobody_lost_and_a_quick_match_meet_every_bound():
    assert all(row.met is not False for row in rows({"acd": UNHARMED, **dict.fromkeys(KINDS, UNHARMED)}))


def test_one_caller_lost_one_in_another_place_or_one_without_music_is_told():
    for harm in (Fault(1, 0, 0, 1.0), Fault(0, 1, 0, 1.0), Fault(0, 0, 1, 1.0)):
        found = rows({"acd": UNHARMED, **dict.fromkeys(KINDS, UNHARMED), "nats": harm})
        assert [row.what for row in found if row.met is False] == [
            "NATS away for 30 s: callers lost, in another place or without music"
        ]


def test_no_match_at_all_is_no_quick_match():
    found = rows({"acd": Fault(0, 0, 0), **dict.fromkeys(KINDS, UNHARMED)})
    assert [row.met for row in found if "first match elsewhere" in row.what] == [False]
