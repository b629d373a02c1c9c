"""What many scenarios begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN, Call, Phone
from tests.contract.switch.program import Conversation, Program
from tests.support.fake_xml_curl import Actions

Compare = Callable[..., Awaitable[None]]
NAMES = {"101": "Alice", "102": "Bob", "103": "Carol", "104": "Dave"}


def to_extension(form: dict[str, str], *, ring_seconds: int = 30, then: Actions | None = None) -> Actions:
    """Ring the phone of that number, as routing does.

    `origination_callee_id_number` matters: without it the callee is `102%acme.test`, and once a transfer makes that a
    caller, `%ac` in a SIP user is a byte that is no UTF-8, in every event of the new leg.
    """
    number = form["Caller-Destination-Number"]
    callee = f"origination_callee_id_name={NAMES.get(number, 'Nobody')},origination_callee_id_number={number}"
    return [
        ("export", f"seda_call_id={form.get('variable_seda_call_id') or form['Channel-Call-UUID']}"),
        ("export", f"seda_tenant_id={form.get('variable_seda_tenant_id', '')}"),
        ("export", "seda_direction=internal"),
        ("set", "hangup_after_bridge=true"),
        ("set", f"call_timeout={ring_seconds}"),
        ("set", "continue_on_fail=true"),
        ("bridge", f"[seda_extension={number},{callee}]sofia/phones/{number}%{DOMAIN}"),
        *(then or [("hangup", "${originate_disposition}")]),
    ]


async def phone(bench: Bench, user: str) -> Phone:
    """A registered phone."""
    made = await bench.driver.phone(user, display=NAMES[user])
    await bench.register(made, user)
    return made


async def ringing_call(bench: Bench) -> tuple[Call, Call]:
    """101 calls 102, which rings."""
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    outgoing = await alice.dial("102")
    incoming = await bob.incoming()
    await incoming.ring()
    await outgoing.ringing()
    await bench.event("CHANNEL_PROGRESS", Call_Direction="inbound")
    return outgoing, incoming


async def answered_call(bench: Bench) -> tuple[Call, Call]:
    """101 talks with 102."""
    outgoing, incoming = await ringing_call(bench)
    await incoming.answer()
    await outgoing.answered()
    await bench.event("CHANNEL_BRIDGE")
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("102", "outbound"))
    return outgoing, incoming


async def answered_alone(bench: Bench, number: str, *actions: tuple[str, str]) -> tuple[Call, str]:
    """101 calls a number whose dialplan answers and then runs `actions`; the call and its leg."""

    def decide(form: dict[str, str]) -> Actions | None:
        tags = [("set", f"seda_call_id={form['Unique-ID']}"), ("set", f"seda_tenant_id={bench.tenant}")]
        return [*tags, ("answer", ""), *actions]

    bench.route(decide)
    alice = await phone(bench, "101")
    call = await alice.dial(number)
    await call.answered()
    return call, await bench.leg(number)


@dataclass(frozen=True)
class Handed:
    """A call in a program's hands: its far end, the program's side of the socket, its leg."""

    call: Call
    talk: Conversation
    leg: str


@asynccontextmanager
async def handed(
    bench: Bench, number: str, *then: tuple[str, str], before: str = "", silent: bool = False
) -> AsyncIterator[Handed]:
    """101 calls `number`, which is answered and handed to a program that listens to its events; `then` comes after.

    `before` is a variable set before the answer.
    """
    first = [("set", before)] if before else []
    async with Program() as program:
        socket = ("socket", f"127.0.0.1:{program.port} async full")
        bench.route(lambda _form: [*first, ("answer", ""), ("set", "socket_resume=true"), socket, *then])
        alice = await phone(bench, "101")
        call = await alice.dial(number, silent=silent)
        talk = await program.accept()
        await call.answered()
        leg = await bench.leg(number)
        await talk.send("linger 5")
        await talk.send("myevents")
        await bench.event("CHANNEL_PARK", leg)
        yield Handed(call, talk, leg)
        talk.drop()


async def leave(handed: Handed) -> None:
    """The program hangs up, and waits for the last of it: the leg is not gone as long as a program lingers."""
    await handed.talk.send("sendmsg\ncall-command: hangup\nhangup-cause: NORMAL_CLEARING")
    await handed.talk.event("CHANNEL_HANGUP_COMPLETE")
    assert await handed.call.ended() == 200
