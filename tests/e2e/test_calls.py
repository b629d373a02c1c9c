"""Calls inside a tenant through the whole platform, on both switches: how they end, and what their record says."""

from __future__ import annotations

import pytest

from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_answered_call_has_one_record_with_both_legs(company: Company) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    call, answer = await company.connect(alice, bob, "202")

    await call.hang_up()

    assert await answer.ended() == 200
    record = await company.record(legs=2)
    assert (record["caller_extension"], record["called_number"], record["answered_by"]) == ("201", "202", "202")
    assert (record["category"], record["hung_up_by"], record["direction"]) == ("answered", "caller", "internal")
    assert [(leg["extension"], leg["leg_direction"]) for leg in record["legs"]] == [
        ("201", "inbound"),
        ("202", "outbound"),
    ]
    assert record["started_at"] <= record["ringing_at"] <= record["answered_at"] <= record["ended_at"]


async def test_callee_hangs_up(company: Company) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    call, answer = await company.connect(alice, bob, "202")

    await answer.hang_up()

    assert await call.ended() == 200
    assert (await company.record(legs=2))["hung_up_by"] == "callee"


@pytest.mark.parametrize(
    ("status", "category", "cause"), [(486, "busy", "USER_BUSY"), (603, "rejected", "CALL_REJECTED")]
)
async def test_callee_does_not_want_the_call(company: Company, status: int, category: str, cause: str) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    call = await alice.dial("202")

    await (await bob.incoming()).reject(status)

    assert await call.ended() == status
    record = await company.record(legs=2)
    assert (record["category"], record["cause"], record["answered_at"]) == (category, cause, None)


async def test_caller_gives_up_while_it_rings(company: Company) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    call = await alice.dial("202")
    answer = await bob.incoming()
    await answer.ring()
    await call.ringing()

    await call.cancel()

    assert await call.ended() == await answer.ended() == 487
    record = await company.record(legs=2)
    assert (record["category"], record["hung_up_by"], record["answered_by"]) == ("cancelled", "caller", None)


async def test_phone_that_is_not_registered(company: Company) -> None:
    alice = await company.phone("201")
    await company.extension("202")

    call = await alice.dial("202")

    assert await call.ended() == 480
    record = await company.record(legs=1)
    assert (record["category"], record["cause"]) == ("unreachable", "USER_NOT_REGISTERED")


async def test_number_that_nobody_has(company: Company) -> None:
    alice = await company.phone("201")

    call = await alice.dial("299")

    assert await call.ended() == 404
    assert (await company.record(legs=1))["cause"] == "UNALLOCATED_NUMBER"


async def test_held_time_is_on_the_record(company: Company) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    call, answer = await company.connect(alice, bob, "202")

    await call.hold()
    await call.resume()
    await answer.hang_up()

    assert await call.ended() == 200
    record = await company.record(legs=2)
    assert record["hold_seconds"] > 0
    assert record["category"] == "answered"


async def test_callee_transfers_the_caller_blindly(company: Company) -> None:
    alice, bob, carol = [await company.phone(number) for number in ("201", "202", "203")]
    call, answer = await company.connect(alice, bob, "202")

    await answer.transfer("203")
    second = await carol.incoming()
    await second.answer()
    assert await answer.ended() == 200
    await second.hang_up()

    assert await call.ended() == 200
    record = await company.record(legs=3)
    assert (record["caller_extension"], record["called_number"]) == ("201", "202")
    assert [leg["extension"] for leg in record["legs"]] == ["201", "202", "203"]


async def test_caller_transfers_the_callee_blindly(company: Company) -> None:
    alice, bob, carol = [await company.phone(number) for number in ("201", "202", "203")]
    call, answer = await company.connect(alice, bob, "202")

    await call.transfer("203")
    second = await carol.incoming()
    await second.answer()
    assert await call.ended() == 200
    await answer.hang_up()

    assert await second.ended() == 200
    record = await company.record(legs=3)
    assert sorted(leg["extension"] for leg in record["legs"]) == ["201", "202", "203"]


async def test_attended_transfer_leaves_a_record_of_each_call(company: Company) -> None:
    alice, bob, carol = [await company.phone(number) for number in ("201", "202", "203")]
    first, bobs = await company.connect(alice, bob, "202")
    await first.hold()
    second, carols = await company.connect(alice, carol, "203")

    await first.transfer_attended(second)
    for call in (first, second):
        if company.platform.real:  # as phones do, where the switch was not quicker (see test_phone_transfers.py)
            await call.hang_up()
        else:
            assert await call.ended() == 200
    await company.hear_each_other(bobs, carols)
    await bobs.hang_up()

    assert await carols.ended() == 200
    newest = await company.record(legs=2, calls=2)
    assert [leg["extension"] for leg in newest["legs"]] == ["201", "203"]

    async def oldest() -> tuple[str, int, str]:
        record = (await company.records())[1]
        return record["answered_by"], record["leg_count"], record["category"]

    await eventually(oldest, lambda told: told == ("202", 2, "answered"), timeout=PATIENCE_SECONDS)
