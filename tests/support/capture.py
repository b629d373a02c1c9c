"""Record what a real FreeSWITCH sends: `python -m tests.support.capture` rewrites `tests/support/captured`.

The files are what directory, routing, reporting and the simulator are tested with where there is no FreeSWITCH.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl

from freeswitch.phone import SipPhone
from tests.support.fake_xml_curl import Actions, FakeXmlCurl, dial_extension
from tests.support.freeswitch_node import FreeSwitchNode

CAPTURED = Path(__file__).parent / "captured"
DOMAIN = "demo.example"


def dial_then_ask_again(form: dict[str, str]) -> Actions | None:
    """An extension without a phone, then `seda-next`, as routing does when it continues a call."""
    number = form["Caller-Destination-Number"]
    if number in {"seda-next", "103"}:
        return [("hangup", "UNALLOCATED_NUMBER")]
    if number == "199":
        domain = form["variable_domain_name"]
        bridge = ("bridge", f"sofia/phones/199%{domain}")
        return [("set", "continue_on_fail=true"), ("set", "seda_step=1"), bridge, ("transfer", "seda-next XML seda")]
    return dial_extension(form)


async def capture(directory: Path) -> None:
    """Make a few calls in `directory` and keep what was sent."""
    server = FakeXmlCurl(dial=dial_then_ask_again)
    await server.start()
    for user in ("101", "102"):
        server.add_user(user, DOMAIN, password="secret")
    node = FreeSwitchNode(directory, directory_url=server.directory_url, routing_url=server.dialplan_url)
    async with node:
        await _call_each_way(node)
    await server.stop()
    forms = [request.body for request in server.requests]
    bodies = {
        "directory_gateways": _one(forms, "section=directory", "purpose=gateways"),
        "directory_register": _one(forms, "section=directory", "sip_auth_method=REGISTER", "&user=101&"),
        "directory_invite": _one(forms, "section=directory", "sip_auth_method=INVITE", "&user=101&"),
        "dialplan_phone": _one(forms, "section=dialplan", "Caller-Destination-Number=102&"),
        "dialplan_next": _one(forms, "section=dialplan", "Caller-Destination-Number=seda-next&"),
        "dialplan_trunk": _one(forms, "section=dialplan", "Caller-Context=seda-trunk&"),
        "dialplan_transfer_by_callee": _one(forms, "Caller-Destination-Number=103&", "Call-Direction=inbound&"),
        "dialplan_transfer_by_caller": _one(forms, "Caller-Destination-Number=103&", "Call-Direction=outbound&"),
    }
    CAPTURED.mkdir(exist_ok=True)
    for name, body in bodies.items():
        (CAPTURED / f"{name}.txt").write_text(_clean(body, node))
    call_id = dict(parse_qsl(bodies["dialplan_phone"]))["Unique-ID"]
    for path in node.spool.glob("*.cdr.json"):
        _keep_record(path.read_text(), call_id, node)


async def _call_each_way(node: FreeSwitchNode) -> None:
    async with (
        SipPhone("101", "secret", DOMAIN, node.phones, display="Alice") as alice,
        SipPhone("102", "secret", DOMAIN, node.phones, display="Bob") as bob,
        SipPhone("+989121234567", "", "203.0.113.5", node.trunks) as carrier,
    ):
        await alice.register()
        await bob.register()
        call = await alice.dial("102")
        answer = await bob.incoming()
        answer.ring()
        await call.ringing()
        answer.answer()
        await call.answered()
        async with asyncio.timeout(10):
            await call.stream.heard(packets=50)
        await answer.hang_up()
        await call.ended()
        await (await alice.dial("199")).ended()
        await _transfer(alice, bob)
        await (await carrier.dial("+982112345678")).ended()


async def _transfer(alice: SipPhone, bob: SipPhone) -> None:
    """Each side in turn sends the other to 103, which has no phone."""
    for by_callee in (True, False):
        call = await alice.dial("102")
        answer = await bob.incoming()
        answer.answer()
        await call.answered()
        transferer, transferred = (answer, call) if by_callee else (call, answer)
        await transferer.transfer("103")
        await transferred.ended()


def _keep_record(text: str, call_id: str, node: FreeSwitchNode) -> None:
    variables = json.loads(text)["variables"]
    if variables.get("seda_call_id") != call_id:
        return
    leg = "a" if variables["direction"] == "inbound" else "b"
    (CAPTURED / f"cdr_{leg}_leg.json").write_text(_clean(text, node))


def _one(bodies: list[str], *parts: str) -> str:
    return next(body for body in bodies if all(part in body for part in parts))


def _clean(text: str, node: FreeSwitchNode) -> str:
    """The same without this machine: its host name, directories and node name."""
    text = re.sub(r"(FreeSWITCH-Hostname=)[^&]*", r"\1switch-1", text)
    text = re.sub(r'("FreeSWITCH-Hostname":")[^"]*', r"\1switch-1", text)
    return text.replace(node.name, "node-1").replace(str(node.directory), "/var/lib/seda")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(capture(Path(name)))
