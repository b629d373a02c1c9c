"""Two phones wired to each other, without a switch between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from freeswitch.phone import CallEndedError, IncomingCall, OutgoingCall, RegistrationRefusedError, SipPhone
from freeswitch.phone.dialog import response_to
from freeswitch.phone.digest import Challenge, a1_hash, digest_response
from freeswitch.phone.message import Request, parse, serialise


@pytest.fixture
async def phones() -> AsyncIterator[tuple[SipPhone, SipPhone]]:
    alice = SipPhone("101", "", "demo.example", ("127.0.0.1", 0), display="Alice")
    bob = SipPhone("102", "", "demo.example", ("127.0.0.1", 0))
    async with alice, bob:
        alice.proxy, bob.proxy = ("127.0.0.1", bob.port), ("127.0.0.1", alice.port)
        yield alice, bob


async def connected(alice: SipPhone, bob: SipPhone) -> tuple[OutgoingCall, IncomingCall]:
    call = await alice.dial("102")
    answer = await bob.incoming()
    answer.ring()
    assert (await call.ringing()).status == 180
    answer.answer()
    await call.answered()
    return call, answer


async def test_answered_call(phones: tuple[SipPhone, SipPhone]) -> None:
    call, answer = await connected(*phones)
    assert (answer.caller_name, answer.caller_uri) == ("Alice", "sip:101@demo.example")
    async with asyncio.timeout(10):
        await call.stream.heard(packets=3)
        await answer.stream.heard(packets=3)

    await call.hang_up(reason="Q.850;cause=16")

    end = await answer.ended()
    assert (end.status, end.by, end.cause) == (200, "remote", "Q.850;cause=16")
    assert call.established is False


async def test_callee_hangs_up(phones: tuple[SipPhone, SipPhone]) -> None:
    call, answer = await connected(*phones)

    await answer.hang_up()

    assert (await call.ended()).by == "remote"


async def test_keys_as_rfc_4733_events_and_as_sip_info(phones: tuple[SipPhone, SipPhone]) -> None:
    call, answer = await connected(*phones)
    async with asyncio.timeout(10):
        call.send_dtmf("5")
        await answer.stream.heard(digits="5")

    await call.send_dtmf("7#", how="info")

    asked = [line for line in phones[1].trace if line.startswith("< INFO")]
    assert [line.split("\r\n\r\n")[1] for line in asked] == [
        "Signal=7\r\nDuration=100\r\n",
        "Signal=#\r\nDuration=100\r\n",
    ]
    assert all("Content-Type: application/dtmf-relay" in line for line in asked)
    assert answer.rtp.digits == "5"
    for keys, how in (("x", "info"), ("1", "tone"), ("x", "rtp")):
        with pytest.raises(ValueError, match="cannot send"):
            call.send_dtmf(keys, how=how)


async def test_hold_tells_the_other_side(phones: tuple[SipPhone, SipPhone]) -> None:
    call, answer = await connected(*phones)

    await call.hold()
    assert answer.held_by_other
    await call.resume()
    assert not answer.held_by_other
    await answer.hold("inactive")
    assert call.held_by_other


async def test_refused_call(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    call = await alice.dial("102")

    (await bob.incoming()).reject(486, headers=(("Reason", "Q.850;cause=17"),))

    with pytest.raises(CallEndedError, match="486 Busy Here"):
        await call.answered()
    assert (await call.ended()).cause == "Q.850;cause=17"


async def test_a_phone_that_fails_to_take_a_call_tells_both_sides(
    phones: tuple[SipPhone, SipPhone], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: str) -> None:
        raise OSError("no port is free")

    alice, bob = phones
    call = await alice.dial("102")
    monkeypatch.setattr("freeswitch.phone.phone.open_stream", broken)
    with pytest.raises(OSError, match="no port is free"):
        await bob.incoming()
    assert (await call.ended()).status == 500


async def test_cancelled_call(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    call = await alice.dial("102")
    answer = await bob.incoming()
    answer.ring()
    await call.ringing()

    assert (await call.cancel()).status == 487
    assert (await answer.ended()).status == 487


async def test_lost_invite_is_sent_again(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    bob.deaf = True
    call = await alice.dial("102")
    async with asyncio.timeout(10):
        while sum(line.startswith("> INVITE") for line in alice.trace) < 2:
            await asyncio.sleep(0.01)
    bob.deaf = False

    answer = await bob.incoming()
    answer.answer()

    await call.answered()


async def test_lost_answer_is_sent_again_and_acknowledged_once_more(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    call = await alice.dial("102")
    answer = await bob.incoming()
    alice.deaf = True
    answer.answer()
    async with asyncio.timeout(10):
        while sum(line.startswith("> SIP/2.0 200") for line in bob.trace) < 2:
            await asyncio.sleep(0.01)
    alice.deaf = False

    await call.answered()


async def test_extra_headers_and_another_name_are_sent(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    await alice.dial("102", display='Bob "%0A"', from_user="999", headers=(("X-Test", "1"),))

    answer = await bob.incoming()

    assert (answer.caller_name, answer.caller_uri) == ('Bob "%0A"', "sip:999@demo.example")
    assert answer.invite.headers.get("X-Test") == "1"


async def test_unknown_dialog_is_told_so(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    call, answer = await connected(alice, bob)
    bob._calls.clear()

    assert (await alice.send(call.dialog.request("BYE"))).status == 481
    answer.lose()


async def test_garbage_is_ignored(phones: tuple[SipPhone, SipPhone]) -> None:
    alice, bob = phones
    for datagram in (b"", b"\xff" * 100, b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"ACK sip:a SIP/2.0\r\n\r\n"):
        alice.send_raw(datagram)

    await connected(alice, bob)


class Registrar(asyncio.DatagramProtocol):
    """Challenges every request once, and checks the digest for the password `right`."""

    challenge = Challenge("demo.example", "nonce-1", "auth")

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        assert isinstance(request, Request)
        self.requests.append(request)
        credentials = request.headers.get("Authorization")
        asked = (("WWW-Authenticate", 'Digest realm="demo.example", nonce="nonce-1", algorithm=MD5, qop="auth"'),)
        if not credentials:
            answer = response_to(request, 401, "Unauthorized", tag="r", headers=asked)
        elif self._proves(request, credentials):
            answer = response_to(request, 200, "OK", tag="r")
        else:
            answer = response_to(request, 403, "Forbidden", tag="r")
        self.transport.sendto(serialise(answer), addr)  # type: ignore[attr-defined]

    def _proves(self, request: Request, credentials: str) -> bool:
        cnonce = credentials.partition('cnonce="')[2].partition('"')[0]
        a1 = a1_hash("101", "demo.example", "right")
        expected = digest_response(a1, self.challenge, method=request.method, uri=request.uri, cnonce=cnonce)
        return f'response="{expected}"' in credentials


@pytest.fixture
async def registrar() -> AsyncIterator[tuple[Registrar, tuple[str, int]]]:
    transport, registrar = await asyncio.get_running_loop().create_datagram_endpoint(
        Registrar, local_addr=("127.0.0.1", 0)
    )
    yield registrar, transport.get_extra_info("sockname")
    transport.close()


async def test_registration_answers_the_challenge(registrar: tuple[Registrar, tuple[str, int]]) -> None:
    server, address = registrar
    async with SipPhone("101", "right", "demo.example", address) as phone:
        await phone.register(expires=120)
        await phone.unregister()

    first, second, *_, last = server.requests
    assert (first.headers.get("Expires"), last.headers.get("Expires")) == ("120", "0")
    assert first.headers.get("Call-ID") == last.headers.get("Call-ID")
    numbers = [int(request.headers.get("CSeq").split()[0]) for request in server.requests]
    assert numbers == sorted(set(numbers))
    assert first.headers.get("Via") != second.headers.get("Via")


async def test_wrong_password_is_refused(registrar: tuple[Registrar, tuple[str, int]]) -> None:
    async with SipPhone("101", "wrong", "demo.example", registrar[1]) as phone:
        with pytest.raises(RegistrationRefusedError, match="403 Forbidden") as refused:
            await phone.register()

    assert refused.value.status == 403
