"""A real FreeSWITCH reads what the builders write, and reads nasty text as the model says it does."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
import pytest_asyncio

from shared.telephony import dialplan_actions as actions
from shared.telephony.causes import CAUSES
from shared.telephony.dial_string import DialString, ErrorCause, Leg, Loopback
from shared.telephony.dialplan_xml import dialplan_document
from shared.telephony.directory_xml import NOT_FOUND, DirectoryUser, Gateway, gateways_document, user_document
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sip_names import ambiguous_domains
from tests.support.fake_xml_curl import FakeXmlCurl
from tests.support.freeswitch_node import FreeSwitchNode
from tests.unit.telephony import freeswitch_model as switch
from tests.unit.telephony.nasty import PIECES

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]

A1 = "0123456789abcdef0123456789abcdef"
TRUNK = UUID("0199f3a2-7c1e-7000-8000-000000000001")
PARKED = dialplan_document([actions.Answer(), actions.Park()], context="seda")


@dataclass
class Answers(FakeXmlCurl):
    """Says exactly what it was given: a dialplan, gateways, and users by address."""

    dialplan: bytes = PARKED
    gateways: bytes = NOT_FOUND
    users_documents: dict[str, bytes] = field(default_factory=dict)

    def _answer(self, form: dict[str, str]) -> str:
        if form.get("section") == "dialplan":
            return self.dialplan.decode()
        if form.get("purpose") == "gateways":
            return self.gateways.decode()
        return self.users_documents.get(f"{form.get('user')}@{form.get('domain')}", NOT_FOUND).decode()


@dataclass
class Bench:
    node: FreeSwitchNode
    answers: Answers

    async def originate(self, argument: str) -> dict[str, str]:
        """Call, park, and return the variables of the channel called."""
        reply = await self.node.api(f"originate {argument} &park()")
        match = re.fullmatch(r"\+OK ([0-9a-f-]{36})", reply)
        assert match, reply
        return await self.variables(match[1])

    async def variables(self, uuid: str) -> dict[str, str]:
        dump = json.loads(await self.node.api(f"uuid_dump {uuid} json"))
        return {name.removeprefix("variable_"): value for name, value in dump.items() if name.startswith("variable_")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    answers = Answers()
    await answers.start()
    directory = tmp_path_factory.mktemp("telephony")
    urls = {"directory_url": answers.directory_url, "routing_url": answers.dialplan_url}
    async with FreeSwitchNode(directory, **urls) as node:
        yield Bench(node, answers)
        await node.api("hupall")
    await answers.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def bench(running: Bench) -> Bench:
    """The node, with nothing left over from the test before."""
    await running.node.api("hupall")
    await running.node.api("xml_flush_cache")
    running.answers.dialplan, running.answers.gateways = PARKED, NOT_FOUND
    running.answers.users_documents.clear()
    return running


def samples(build: Callable[[str], object]) -> list[str]:
    """Every nasty piece, alone and inside a word, that a builder does not refuse."""
    found: list[str] = []
    for piece in PIECES:
        for text in (piece, f"a{piece}b", f"{piece} {piece}"):
            try:
                build(text)
            except UnsafeText:
                continue
            found.append(text)
    assert len(found) > 60
    return found


async def test_dial_strings_set_exactly_the_variables_they_name(bench: Bench) -> None:
    def dial(text: str) -> DialString:
        return DialString.simultaneous(
            [Leg(Loopback("100"), {"seda_leg": text, "seda_codecs": "PCMA,PCMU"}, timeout_seconds=9)],
            {"seda_note": text, "seda_after": "yes"},
            caller_id_name=text or None,
            caller_id_number="101",
        )

    usual = set(await bench.originate(dial("plain").originate_argument()))
    for text in samples(lambda text: str(dial(text))):
        variables = await bench.originate(dial(text).originate_argument())
        wanted = {"seda_leg": text, "seda_note": text, "origination_caller_id_name": text}
        wanted = {name: value.strip(" ") for name, value in wanted.items() if value.strip(" ")}
        wanted |= {"seda_codecs": "PCMA,PCMU", "leg_timeout": "9", "seda_after": "yes"}
        wanted |= {"origination_caller_id_number": "101"}
        assert {name: variables.get(name) for name in wanted} == wanted
        assert set(variables) <= usual
        await bench.node.api("hupall")


RAW_DIAL_STRINGS = (
    "{seda_a=1,seda_b=2}",
    "{seda_a='1,seda_b=2'}",
    "{seda_a='1',seda_b='2, 3'}",
    "{seda_a=it's,seda_b=2}",
    "{seda_a=it's,seda_b=don't}",
    "{seda_a=1\\,seda_b=2}",
    "{seda_a=1\\\\,seda_b=2}",
    "{seda_a=\\'1\\',seda_b=2}",
    "{seda_a=a=b=c}",
    "{seda_a= 1 ,seda_b = 2 }",
    "{seda_a=,seda_b=2}",
    "{^^;seda_a=1,2;seda_b=3}",
    "{^^~seda_a=1;2~seda_b='3~4'}",
    "{seda_a={1}}",
    "[seda_a=1,seda_b=2]",
    "[seda_a='1,2',seda_b=3]",
    "[^^;seda_a=1,2;seda_b=3]",
    "[seda_a=1\\,2,seda_b=3]",
    "{seda_a=1}[seda_a=2,seda_b=3]",
    "{seda_a=1,local_var_clobber=true}[seda_a=2]",
    "{seda_a=<1>,seda_b=%[x]}",
    '{seda_a="1,seda_b=2"}',
    "{seda_a=^^;1;2}",
)


@pytest.mark.parametrize("brackets", [RAW_DIAL_STRINGS])
async def test_the_model_reads_raw_dial_strings_as_freeswitch_does(bench: Bench, brackets: tuple[str, ...]) -> None:
    for text in brackets:
        dial_string = f"{text}loopback/100/seda/XML"
        # Hand it over whole: the command's own splitting is tested elsewhere.
        argument = dial_string.replace("\\", "\\\\").replace("'", "\\'").replace(" ", "\\s")
        assert switch.separate_string(f"{argument} &park()", " ") == [dial_string, "&park()"]
        variables = await bench.originate(argument)
        wanted = switch.originate(dial_string).on_channel(0, 0)
        seen = {name: value for name, value in variables.items() if name.startswith("seda_")}
        assert seen == {name: value for name, value in wanted.items() if name.startswith("seda_")}, text
        await bench.node.api("hupall")


async def test_dialplans_do_exactly_the_actions_they_name(bench: Bench) -> None:
    def document(text: str) -> bytes:
        return dialplan_document(
            [
                actions.Set("seda_set", text),
                actions.Export("seda_export", text),
                actions.SetAll({"seda_one": text, "seda_two": "2", "seda_three": text}),
                actions.ExecuteOn("answer", actions.Set("seda_on_answer", text)),
                actions.Answer(),
                actions.Park(),
            ],
            context="seda",
        )

    for text in samples(document):
        bench.answers.dialplan = document(text)
        caller = await bench.originate(DialString.to(Loopback("100")).originate_argument())
        variables = await bench.variables(caller["other_loopback_leg_uuid"])
        value = text.strip(" ")
        wanted = dict.fromkeys(("seda_set", "seda_export", "seda_one", "seda_three", "seda_on_answer"), value)
        wanted = {name: one for name, one in wanted.items() if one} | {"seda_two": "2"}
        assert {name: one for name, one in variables.items() if name.startswith("seda_")} == wanted
        await bench.node.api("hupall")


async def test_a_dialplan_escaped_the_usual_way_vanishes_with_a_word(bench: Bench) -> None:
    document = dialplan_document([actions.Set("seda_name", "X-Pre-Process"), actions.Park()], context="seda")
    bench.answers.dialplan = document
    found = await bench.node.api("xml_locate dialplan context name seda")
    assert 'data="seda_name=X-Pre-Process"' in found
    bench.answers.dialplan = document.replace(b"&#45;", b"-")
    found = await bench.node.api("xml_locate dialplan context name seda")
    assert "fallback-other" in found
    assert "seda_name" not in found


async def test_users_are_read_as_written(bench: Bench) -> None:
    def document(text: str) -> bytes:
        return user_document(DirectoryUser("101", "acme.example", A1, {"seda_note": text, "seda_extension": "101"}))

    for text in samples(document):
        bench.answers.users_documents = {"101@acme.example": document(text)}
        note = await bench.node.api("user_data 101@acme.example var seda_note")
        assert note == (text.strip() or "-ERR no reply")
        assert await bench.node.api("user_data 101@acme.example var seda_extension") == "101"
        assert await bench.node.api("user_data 101@acme.example param a1-hash") == A1
    assert await bench.node.api("user_exists id 102 acme.example") == "false"


async def test_domains_called_ambiguous_share_freeswitchs_user_cache(bench: Bench) -> None:
    for address, note in (("10@1acme.example", "theirs"), ("101@acme.example", "ours")):
        name, domain = address.split("@")
        user = DirectoryUser(name, domain, A1, {"seda_note": note}, cacheable_ms=60_000)
        bench.answers.users_documents[address] = user_document(user)
    assert await bench.node.api("user_data 10@1acme.example var seda_note") == "theirs"
    assert await bench.node.api("user_data 101@acme.example var seda_note") == "theirs"
    assert ambiguous_domains("1acme.example", "acme.example")


async def test_gateways_are_read_as_written(bench: Bench) -> None:
    trunk = Gateway(
        TRUNK, "127.0.0.1:9", "user$${hostname}&1", "p'\"<$${hostname}> w", "sip.example.com", ping_seconds=None
    )
    bench.answers.gateways = gateways_document([trunk])
    await bench.node.api("sofia profile trunks rescan")
    status = await bench.node.api(f"sofia status gateway {TRUNK}")
    lines = dict(re.findall(r"^(\S+)\s+(.*?)\s*$", status, re.MULTILINE))
    assert lines["Username"] == "user$${hostname}&1"
    assert lines["Proxy"] == "sip:127.0.0.1:9"
    assert lines["Realm"] == "sip.example.com"
    assert lines["Password"] == "yes"
    assert lines["Context"] == "seda-trunk"


async def test_freeswitch_knows_every_cause_by_its_name(bench: Bench) -> None:
    for cause in CAUSES.values():
        if cause.name in ("NONE", "SUCCESS"):
            continue
        reply = await bench.node.api(f"originate {DialString.to(ErrorCause(cause))} &park()")
        assert reply == f"-ERR {cause.name}"
