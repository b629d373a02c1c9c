"""What callers type and say in flows, on both switches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ivr.domain.events import Responded
from services.ivr.domain.writes import RecordedMessage
from shared.contracts.ivr import FlowInputTaken, FlowLeft
from shared.telephony.handover import LEAVE, LEAVING, TextSeal
from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import phone, to_extension
from tests.support.fake_xml_curl import Actions
from tests.support.flow_host import SECRET, FlowHost, handed_to, seen

pytestmark = pytest.mark.asyncio(loop_scope="session")
SAID = {"text": "Please say or type something"}


async def called(bench: Bench, host: FlowHost, nodes: dict[str, object], start: str, *more: str):  # type: ignore[no-untyped-def]
    """101 is in a flow of these nodes."""
    alice = await phone(bench, "101")
    host.library.put("main", {"start": start, "nodes": {**nodes, "bye": {"type": "hangup"}}})
    bench.route(lambda _: handed_to("flow:main", host.address, *more))
    call = await alice.dial("700")
    await call.answered()
    return call


async def test_keys_typed_ahead_lead_through_several_menus(bench: Bench, tmp_path: Path) -> None:
    def menu(to: str) -> dict[str, object]:
        return {"type": "menu", "announcement": SAID, "first_seconds": 9, "exits": {"1": to, "2": to, "3": to}}

    async with FlowHost(tmp_path) as host:
        call = await called(bench, host, {"one": menu("two"), "two": menu("three"), "three": menu("bye")}, "one")
        await seen(lambda: host.spoken.texts)
        await call.dtmf("123")
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert [event.digits for event in host.told(FlowInputTaken)] == ["1", "2", "3"]


async def test_hidden_keys_are_in_no_event_and_no_record(bench: Bench, tmp_path: Path) -> None:
    secret = "864213579086"  # so long that no identifier and no time holds it by chance
    pin = {
        "type": "gather",
        "announcement": SAID,
        "variable": "pin",
        "least": 12,
        "most": 12,
        "hidden": True,
        "exits": {"done": "ask"},
    }
    ask = {
        "type": "http_request",
        "url": "https://crm.example/check",
        "method": "POST",
        "body": {"pin": "{pin}"},
        "exits": {"done": "bye", "failed": "bye"},
    }
    async with FlowHost(tmp_path) as host:
        host.world.response = Responded(200, {})
        call = await called(bench, host, {"pin": pin, "ask": ask}, "pin")
        leg = bench.legs()[0]
        await bench.event("PLAYBACK_START")
        await call.dtmf(secret)
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
    assert host.world.masked == [True, False]
    assert json.loads(host.world.requests[0].body or "") == {"pin": secret}
    await bench.settle()
    record = (bench.switch.spool / f"{leg}.cdr.json").read_text()
    assert secret not in record
    assert not [event for event in bench.events.events if event["Event-Name"] == "DTMF"]
    assert secret not in "".join(event.model_dump_json() for event in host.bus.told)


async def test_a_message_is_kept_also_when_the_caller_hangs_up_in_the_middle(bench: Bench, tmp_path: Path) -> None:
    record = {
        "type": "record_message",
        "topic": "orders",
        "exits": {"done": "bye", "nothing": "bye"},
        "least_seconds": 0,
    }
    async with FlowHost(tmp_path) as host:
        call = await called(bench, host, {"record": record}, "record")
        await bench.event("RECORD_START")
        await call.hang_up()
        [(what, context)] = await seen(lambda: host.world.written)
        assert isinstance(what, RecordedMessage)
        assert (what.topic, context.facts.caller_number) == ("orders", "101")
        assert (host.media / str(context.tenant_id) / f"{what.recording}.wav").exists()


async def test_a_key_ends_a_message(bench: Bench, tmp_path: Path) -> None:
    record = {"type": "record_message", "exits": {"done": "bye", "nothing": "bye"}, "least_seconds": 0}
    async with FlowHost(tmp_path) as host:
        call = await called(bench, host, {"record": record}, "record")
        await bench.event("RECORD_START")
        await call.dtmf("#")
        assert await call.ended() == 200
        assert len(await seen(lambda: host.world.written)) == 1


async def test_a_caller_who_is_recorded_stays_when_the_process_dies(bench: Bench, tmp_path: Path) -> None:
    """The switch records on; the next process keeps what was said."""
    record = {"type": "record_message", "exits": {"done": "bye", "nothing": "bye"}, "least_seconds": 0}
    async with FlowHost(tmp_path) as first, FlowHost(tmp_path, first.library, first.world) as second:
        call = await called(bench, first, {"record": record}, "record", second.address)
        await bench.event("RECORD_START")
        await first.die()
        await call.dtmf("#")
        assert await call.ended() == 200
        assert len(await seen(lambda: second.world.written)) == 1
        await seen(lambda: second.told(FlowLeft))


async def test_a_flow_sends_its_call_to_routing_and_gets_it_back(bench: Bench, tmp_path: Path) -> None:
    """Bob declines; the flow goes on with why."""
    nodes = {
        "bob": {"type": "extension", "number": "102", "exits": {"busy": "sorry", "unavailable": "bye"}},
        "sorry": {"type": "play", "announcement": {"text": "Bob is busy"}, "exits": {"done": "bye"}},
        "bye": {"type": "hangup"},
    }
    bob = await phone(bench, "102")
    async with FlowHost(tmp_path) as host:
        alice = await phone(bench, "101")
        host.library.put("main", {"start": "bob", "nodes": nodes})

        def route(form: dict[str, str]) -> Actions:
            number = form["Caller-Destination-Number"]
            if number == LEAVE:
                sealed = form[f"variable_{LEAVING}"]
                text = TextSeal(SECRET, LEAVING).open(sealed, form["Unique-ID"])
                assert text is not None
                assert "extension:102,flow:main" in text
                return to_extension({**form, "Caller-Destination-Number": "102"}, then=[("transfer", "back XML seda")])
            again = handed_to("flow:main", host.address, turn=2)
            return (
                [("set", "seda_program_cause=CALL_REJECTED"), *again]
                if number == "back"
                else handed_to("flow:main", host.address)
            )

        bench.route(route)
        call = await alice.dial("700")
        incoming = await bob.incoming()
        await incoming.reject(603)
        assert await call.ended() == 200
        await seen(lambda: len(host.told(FlowLeft)) == 2)
    assert [text for _, text in host.spoken.texts] == ["Bob is busy"]
    assert [event.reason for event in host.told(FlowLeft)] == ["sent_on", "hung_up_by_flow"]
