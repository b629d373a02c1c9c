"""SIPp and baresip, whose SIP is not Seda's own, on a real FreeSWITCH: they register, call, are refused, hang up."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from tests.load.sipp import Pair, Sipp
from tests.support.baresip import Baresip
from tests.support.company import PASSWORD, PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="session")]

WRONG = "wrong-horse-battery"


def sipp(company: Company, folder: Path, password: str = PASSWORD, callee: str = "202") -> Sipp:
    return Sipp(folder, company.platform.sip, [Pair("201", password, company.domain, callee)])


def baresip(company: Company, folder: Path, user: str, password: str = PASSWORD, *, answers: bool = False) -> Baresip:
    return Baresip(folder / user, user, password, company.domain, company.platform.sip, answers=answers)


def said(folder: Path, scenario: str) -> str:
    """SIP messages of a run of SIPp, a line each."""
    return next(folder.rglob(f"{scenario}_*_shortmessages.log")).read_text()


@pytest_asyncio.fixture(loop_scope="session")
async def two(real_company: Company) -> Company:
    for number in ("201", "202"):
        await real_company.extension(number)
    return real_company


@pytest.mark.sipp
async def test_sipp_phones_register_call_and_hang_up(two: Company, tmp_path: Path) -> None:
    phones = sipp(two, tmp_path)
    async with phones.phones():
        done = await phones.call(rate=4, calls=4, hold_ms=300)

    assert (done.counts.succeeded, done.counts.failed, len(done.times_ms)) == (4, 0, 4)
    records = await eventually(
        two.records, lambda found: [r["leg_count"] for r in found] == [2] * 4, timeout=PATIENCE_SECONDS
    )
    told = {(r["caller_number"], r["answered_by"], r["category"], r["hung_up_by"]) for r in records}
    assert told == {("201", "202", "answered", "caller")}


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("password", "callee", "status"), [(WRONG, "202", 403), (PASSWORD, "299", 404), (PASSWORD, "202", 480)]
)
async def test_a_sipp_phone_is_refused(two: Company, tmp_path: Path, password: str, callee: str, status: int) -> None:
    done = await sipp(two, tmp_path, password, callee).call(rate=1, calls=1, hold_ms=0)

    assert (done.counts.succeeded, done.counts.failed) == (0, 1)
    assert f"SIP/2.0 {status} " in said(tmp_path, "caller")
    assert "SIP/2.0 200 " not in said(tmp_path, "caller")


@pytest.mark.sipp
async def test_a_sipp_phone_with_a_wrong_password_does_not_register(two: Company, tmp_path: Path) -> None:
    counts = await sipp(two, tmp_path, WRONG).register()

    assert (counts.succeeded, counts.failed) == (0, 1)
    assert "SIP/2.0 403 " in said(tmp_path, "register")


@pytest.mark.baresip
async def test_baresip_phones_register_talk_and_hang_up(two: Company, tmp_path: Path) -> None:
    async with baresip(two, tmp_path, "201") as alice, baresip(two, tmp_path, "202", answers=True) as bob:
        await alice.hears("REGISTER_OK")
        await bob.hears("REGISTER_OK")

        await alice.tell("dial", f"sip:202@{two.domain}")
        await alice.hears("CALL_RINGING")
        await alice.hears("CALL_ESTABLISHED")
        taken = await bob.hears("CALL_ESTABLISHED")
        for phone in (alice, bob):
            await eventually(lambda phone=phone: heard(phone), lambda size: size > 8000, timeout=PATIENCE_SECONDS)
        await alice.tell("hangup")
        await bob.hears("CALL_CLOSED")

    assert (taken["peeruri"].partition("@")[0], taken["peerdisplayname"]) == ("sip:201", "Extension 201")
    record = await two.record(legs=2)
    assert (record["caller_number"], record["answered_by"], record["hung_up_by"]) == ("201", "202", "caller")


async def heard(phone: Baresip) -> int:
    return phone.heard_bytes


@pytest.mark.baresip
async def test_a_baresip_phone_is_refused(two: Company, tmp_path: Path) -> None:
    async with baresip(two, tmp_path, "201", WRONG) as stranger:
        assert "403" in (await stranger.hears("REGISTER_FAIL"))["param"]

    async with baresip(two, tmp_path, "202") as caller:
        await caller.hears("REGISTER_OK")
        await caller.tell("dial", f"sip:299@{two.domain}")
        assert "404" in (await caller.hears("CALL_CLOSED"))["param"]
