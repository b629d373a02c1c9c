"""What else a program has a leg do: answer, sleep, a conference, a call to somebody and what comes after it."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN
from tests.contract.switch.scenes import Compare, handed, leave, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_answer_and_sleep(bench: Bench, compare: Compare) -> None:
    """A second `answer` does nothing; a key ends `sleep`, and comes as a DTMF event after it."""
    async with handed(bench, "780") as call:
        await call.talk.run("answer")
        await call.talk.run("sleep", "200")
        app = await call.talk.begin("sleep", "20000")
        await bench.event("CHANNEL_EXECUTE", call.leg, Application="sleep", Application_Data="20000")
        await call.call.dtmf("4")
        await call.talk.complete(app)
        await call.talk.event("DTMF", DTMF_Digit="4")
        await leave(call)
    await compare(except_for=("socket",))


async def test_conference_from_a_program(bench: Bench, compare: Compare) -> None:
    """Put out of it, the leg is the program's again."""
    async with handed(bench, "781") as call:
        app = await call.talk.begin("conference", "room-1@default")
        await bench.event("conference::maintenance", call.leg, Action="add-member")
        await bench.api("conference room-1 kick last")
        await call.talk.complete(app)
        await bench.event("conference::maintenance", Action="conference-destroy")
        await call.talk.run("set", "seda_step=after")
        await leave(call)
    await compare(except_for=("socket",))


def to_bob() -> str:
    callee = "origination_callee_id_name=Bob,origination_callee_id_number=102"
    return f"[seda_extension=102,{callee}]sofia/phones/102%{DOMAIN}"


async def test_bridge_from_a_program(bench: Bench, compare: Compare) -> None:
    """With `hangup_after_bridge=false` the program goes on when the other side hung up."""
    bob = await phone(bench, "102")
    async with handed(bench, "782") as call:
        await call.talk.run("set", "hangup_after_bridge=false")
        app = await call.talk.begin("bridge", to_bob())
        incoming = await bob.incoming()
        await incoming.ring()
        await incoming.answer()
        other = await bench.leg("102", "outbound")
        await bench.wait_bridged(call.leg, other)
        await incoming.hang_up()
        complete = await call.talk.complete(app)
        read = ("variable_originate_disposition", "variable_bridge_hangup_cause", "variable_last_bridge_hangup_cause")
        bench.note("bridge", {name: complete.get(name) for name in read})
        await bench.event("CHANNEL_DESTROY", other)
        await call.talk.run("playback", "silence_stream://100")
        await leave(call)
    await compare(except_for=("socket",))


async def test_bridge_from_a_program_to_somebody_busy(bench: Bench, compare: Compare) -> None:
    """With `continue_on_fail` the program goes on, and reads why."""
    bob = await phone(bench, "102")
    async with handed(bench, "783") as call:
        await call.talk.run("set", "continue_on_fail=true")
        app = await call.talk.begin("bridge", to_bob())
        await (await bob.incoming()).reject(486)
        complete = await call.talk.complete(app)
        bench.note("bridge", complete.get("variable_originate_disposition", ""))
        await bench.event("CHANNEL_DESTROY", await bench.leg("102", "outbound"))
        await call.talk.run("set", "seda_step=after")
        await leave(call)
    await compare(except_for=("socket",))


async def test_dtmf_as_sip_info_is_not_heard(bench: Bench, compare: Compare) -> None:
    """The profiles take RFC 4733 only: an INFO is answered 200, its key is lost."""
    async with handed(bench, "784") as call:
        await call.call.dtmf("1", how="info")
        await call.call.dtmf("2")
        await call.talk.event("DTMF", DTMF_Digit="2")
        await leave(call)
    await compare(except_for=("socket",))


async def test_dtmf_as_sip_info(bench: Bench, compare: Compare) -> None:
    """`rtp_liberal_dtmf`, set before the answer, lets both in: INFO as events of source ENDPOINT."""
    async with handed(bench, "785", before="rtp_liberal_dtmf=true") as call:
        for digit in "1#":
            await call.call.dtmf(digit, how="info")
            await call.talk.event("DTMF", DTMF_Digit=digit)
        app = await call.talk.begin(
            "play_and_get_digits", "1 2 1 3000 none silence_stream://9000 '' seda_digits '' 3000"
        )
        await bench.event("PLAYBACK_START", call.leg)
        await call.call.dtmf("7", how="info")
        await bench.event("DTMF", DTMF_Digit="7")
        await call.call.dtmf("8")
        await call.talk.complete(app)
        await leave(call)
    await compare(except_for=("socket",))


async def test_bridge_of_a_loopback_from_a_program(bench: Bench, compare: Compare) -> None:
    """The inner leg asks routing like any caller; when it is over the program goes on."""
    async with handed(bench, "786") as call:
        bench.route(lambda _form: [("answer", ""), ("sleep", "500"), ("hangup", "NORMAL_CLEARING")])
        complete = await call.talk.run("bridge", "loopback/801/seda/XML")
        bench.note("bridge", complete.get("variable_originate_disposition", ""))
        await call.talk.run("set", "seda_step=after")
        await leave(call)
    await compare(except_for=("socket",))
