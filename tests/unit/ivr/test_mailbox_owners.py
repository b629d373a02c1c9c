"""Which boxes go with their extensions, and which are closed."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.ivr.domain.mailbox_owners import Adopt, Close, Held, Move, changes_of

SARA, OMID = UUID(int=1), UUID(int=2)
HERS, HIS, GROUPS = Held(UUID(int=11), "101", SARA), Held(UUID(int=12), "102", OMID), Held(UUID(int=13), "500", None)


def test_a_box_where_its_extension_is_stays():
    assert changes_of([HERS, HIS, GROUPS], {SARA: "101", OMID: "102"}, ()) == []


def test_a_box_goes_with_its_extensions_number():
    assert changes_of([HERS], {SARA: "150"}, ()) == [Move(HERS, "150")]


def test_two_extensions_that_exchanged_numbers_keep_their_boxes():
    assert changes_of([HERS, HIS], {SARA: "102", OMID: "101"}, ()) == [Move(HERS, "102"), Move(HIS, "101")]


def test_the_box_of_a_removed_extension_is_closed():
    assert changes_of([HERS, HIS], {OMID: "102"}, {SARA}) == [Close(HERS)]


def test_the_next_owner_of_a_number_never_gets_the_box_of_the_last():
    assert changes_of([HERS], {OMID: "101"}, ()) == [Close(HERS)]
    assert changes_of([HERS, HIS], {OMID: "101"}, {SARA}) == [Close(HERS), Move(HIS, "101")]


def test_an_extension_that_is_only_not_known_loses_nothing():
    assert changes_of([HERS, HIS], {}, ()) == []


def test_a_box_that_was_there_first_becomes_its_extensions():
    assert changes_of([GROUPS], {SARA: "500"}, ()) == [Adopt(GROUPS, SARA)]
    assert changes_of([GROUPS, HERS], {SARA: "500"}, ()) == [Close(GROUPS), Move(HERS, "500")]


def test_an_extension_has_one_box():
    new = Held(UUID(int=14), "150", SARA)
    assert changes_of([HERS, new], {SARA: "150"}, ()) == [Close(HERS)]


people = st.sampled_from([UUID(int=n) for n in range(1, 6)])
places = st.sampled_from(["101", "102", "103", "104", "105"])


@given(
    st.dictionaries(places, st.none() | people, max_size=5),
    st.dictionaries(people, places, max_size=5).filter(lambda at: len(set(at.values())) == len(at)),
    st.sets(people),
)
def test_whatever_happened_every_number_has_one_box_and_nobody_gets_anothers(owners, numbers, gone):
    boxes = {number: Held(UUID(int=int(number)), number, owner) for number, owner in owners.items()}
    after: dict[UUID, tuple[str, UUID | None]] = {box.id: (box.number, box.extension_id) for box in boxes.values()}
    for change in changes_of(boxes.values(), numbers, gone - numbers.keys()):
        if isinstance(change, Close):
            del after[change.box.id]
        elif isinstance(change, Move):
            after[change.box.id] = (change.number, change.box.extension_id)
        else:
            after[change.box.id] = (change.box.number, change.extension_id)
    held = [number for number, _ in after.values()]
    assert len(held) == len(set(held))
    for number, owner in after.values():
        at = {one: who for who, one in numbers.items()}.get(number)
        assert at is None or at == owner
