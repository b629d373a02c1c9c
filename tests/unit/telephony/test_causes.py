"""Hangup causes: complete, consistent, and in three languages."""

from __future__ import annotations

import pytest

from shared.telephony.causes import CAUSES, SWITCH_LOST, Cause, CauseCategory, cause, cause_of_code


@pytest.mark.parametrize(
    ("name", "q850", "sip", "category"),
    [
        ("NORMAL_CLEARING", 16, 480, CauseCategory.ANSWERED),
        ("USER_BUSY", 17, 486, CauseCategory.BUSY),
        ("NO_ANSWER", 19, 480, CauseCategory.NO_ANSWER),
        ("CALL_REJECTED", 21, 603, CauseCategory.REJECTED),
        ("ORIGINATOR_CANCEL", 487, 487, CauseCategory.CANCELLED),
        ("USER_NOT_REGISTERED", 806, 480, CauseCategory.UNREACHABLE),
        ("GATEWAY_DOWN", 809, 503, CauseCategory.CONGESTED),
        ("LOSE_RACE", 702, 480, CauseCategory.ANSWERED_ELSEWHERE),
        ("UNALLOCATED_NUMBER", 1, 404, CauseCategory.INVALID_NUMBER),
    ],
)
def test_well_known_causes(name: str, q850: int, sip: int, category: CauseCategory) -> None:
    found = cause(name.lower())
    assert (found.name, found.q850, found.sip_status, found.category) == (name, q850, sip, category)
    assert cause_of_code(q850) is found


def test_every_cause_has_a_number_of_its_own_and_words_in_its_language() -> None:
    assert len(CAUSES) == 82
    assert len({one.q850 for one in CAUSES.values()}) == len(CAUSES)
    for one in (*CAUSES.values(), SWITCH_LOST):
        assert one.words("en").isascii()
        for language in ("fa", "ar"):
            letters = [char for char in one.words(language) if char.isalpha()]
            assert letters
            assert all("\u0600" <= char <= "\u06ff" for char in letters)
        assert not set(one.persian) & set("يك"), "Arabic letters in Persian words"
        assert not set(one.arabic) & set("یکپچژگ"), "Persian letters in Arabic words"


def test_a_cause_of_a_newer_switch_is_kept_by_name() -> None:
    assert cause("SOMETHING_NEW") == Cause("SOMETHING_NEW", 0, 480, CauseCategory.FAILED, *_unknown())
    assert cause("").name == "NONE"
    assert cause_of_code(9999).name == "NONE"


def _unknown() -> tuple[str, str, str]:
    none = CAUSES["NONE"]
    return none.english, none.persian, none.arabic


def test_a_lost_switch_is_our_own_cause() -> None:
    assert cause("switch_lost") is SWITCH_LOST
    assert SWITCH_LOST.category is CauseCategory.SWITCH_LOST


def test_another_trunk_is_tried_only_where_the_far_end_did_not_decide() -> None:
    tried = {name for name, one in CAUSES.items() if one.worth_another_trunk}
    assert {"NORMAL_TEMPORARY_FAILURE", "GATEWAY_DOWN", "INVALID_GATEWAY", "NETWORK_OUT_OF_ORDER"} <= tried
    assert not {"USER_BUSY", "NO_ANSWER", "CALL_REJECTED", "UNALLOCATED_NUMBER", "ORIGINATOR_CANCEL"} & tried
