"""A message is left, its lamp is lit, and it is collected: on both switches; what it sounds like on the real one."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from freeswitch.phone import SipPhone
from tests.support.call_flows import once_known, played, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

OWN_PIN = "274961"


@asynccontextmanager
async def mails(company: Company) -> AsyncIterator[SmtpServer]:
    """The mail server of the platform."""
    here = SmtpServer()
    listener = await asyncio.start_server(here.serve, "127.0.0.1", company.platform.mail_port, limit=2**24)
    try:
        yield here
    finally:
        listener.close()


async def mailbox(company: Company, number: str, **fields: Any) -> dict[str, Any]:
    """A box to which unanswered calls go, known to routing."""
    box = await once_known(company, "/v1/mailboxes", {"number": number, **fields})
    await company.forwarding(number, no_answer=f"voicemail:{number}", unreachable=f"voicemail:{number}")
    return box


async def messages(company: Company, box: dict[str, Any]) -> list[dict[str, Any]]:
    """What is in a box."""
    page = await company.client.get("ivr", f"/v1/mailboxes/{box['id']}/messages", tenant_id=company.tenant_id)
    return list(page["items"])


async def type_at(call: Any, sounds: Any, piece: str, keys: str, count: int = 1) -> None:
    """Keys, once a piece of speech has begun."""
    await sounds.sound(piece, count=count)
    await call.dtmf(keys)


async def test_message_is_left_and_collected(company: Company) -> None:
    alice = await company.phone("201")
    await company.extension("202")  # its phone is switched off
    async with told(company) as events, played(company.platform) as sounds, mails(company) as post:
        box = await mailbox(company, "202", email="bob@example.com")
        call = await alice.dial("202")
        await call.answered()
        if company.platform.real:
            call._call.stream.tone_hz = 440  # type: ignore[attr-defined]
        await sounds.sound("vm-record-message")
        await sounds.recording()
        await recorded_for(company, 2.0)
        await call.dtmf("#")
        await sounds.sound("vm-goodbye")
        assert await call.ended() == 200
        left = await events.event("voicemail.left", mailbox="202", caller_number="201")
        assert left["seconds"] >= 1

        [message] = await messages(company, box)
        assert (message["state"], message["caller_number"]) == ("new", "201")
        mail = await eventually(lambda: taken(post), timeout=PATIENCE_SECONDS)
        await collect(company, sounds)
        await eventually(lambda: messages(company, box), lambda found: not found)
        assert mail.recipients == ["bob@example.com"]

    seconds = [part_seconds(part) for part in mail.mail.walk() if part.get_content_type().startswith("audio/")]
    if company.platform.real:
        assert len(seconds) == 1
        assert abs(seconds[0] - left["seconds"]) < 0.5
    shown = await company.client.get("ivr", f"/v1/mailboxes/{box['id']}", tenant_id=company.tenant_id)
    assert (shown["new_messages"], shown["has_pin"]) == (0, True)


async def taken(post: SmtpServer) -> Any:
    """The mail that came, if one did."""
    return post.accepted[0] if post.accepted else None


def part_seconds(part: Any) -> float:
    """Length of the recording in a mail."""
    with wave.open(io.BytesIO(part.get_payload(decode=True))) as sound:
        return sound.getnframes() / sound.getframerate()


async def recorded_for(company: Company, seconds: float) -> None:
    """Wait until so much of the message is in its file."""
    folder = company.platform.settings.var / "media" / company.tenant_id / "voicemail"

    async def long_enough() -> bool:
        files = await asyncio.to_thread(lambda: list(folder.glob("*.wav")))
        return bool(files) and files[0].stat().st_size > seconds * 16_000

    if company.platform.real:
        await eventually(long_enough, timeout=PATIENCE_SECONDS)
        return
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds

    async def talked() -> bool:  # the simulator has no sound that could be looked at
        return loop.time() > until

    await eventually(talked)


async def collect(company: Company, sounds: Any) -> None:
    """Bob comes back: his first call sets a PIN, then he hears the message and deletes it."""
    bob = await company.phone("202")
    call = await bob.dial("*97")
    await call.answered()
    await type_at(call, sounds, "vm-new-pin", f"{OWN_PIN}#")
    await type_at(call, sounds, "vm-repeat-pin", f"{OWN_PIN}#")
    await type_at(call, sounds, "vm-menu", "1")
    await type_at(call, sounds, "vm-message-actions", "3")
    await type_at(call, sounds, "vm-menu", "*", count=2)
    assert await call.ended() == 200


@pytest.mark.freeswitch
async def test_lamp_is_lit_by_a_message_and_goes_out_when_it_is_deleted(real_company: Company) -> None:
    company = real_company
    alice, bob = await company.phone("201"), await phone_of(company, "202")
    box = await mailbox(company, "202", pin=OWN_PIN)
    async with played(company.platform) as sounds:
        call = await alice.dial("202")
        (await bob.incoming(PATIENCE_SECONDS)).reject(480)
        await call.answered()
        await sounds.recording()
        await recorded_for(company, 1.5)
        await call.hang_up()

    await lamp(bob, new=1)
    [message] = await eventually(lambda: messages(company, box), timeout=PATIENCE_SECONDS)
    path = f"/v1/mailboxes/{box['id']}/messages/{message['id']}"
    assert await audio_seconds(company, f"{path}/audio") >= 1.5
    await company.change("ivr", "PATCH", path, {"state": "deleted"})
    await lamp(bob, new=0)


async def lamp(phone: SipPhone, *, new: int) -> None:
    """The phone is told of so many new messages."""

    async def look() -> int:
        return (await phone.message_summary(PATIENCE_SECONDS)).new

    await eventually(look, lambda count: count == new, timeout=PATIENCE_SECONDS)


async def audio_seconds(company: Company, path: str) -> float:
    """How long what the API gives is."""
    client = company.client
    await client.get("ivr", "/v1/mailboxes", tenant_id=company.tenant_id)  # signs in
    url = company.platform.settings.url("ivr") + path
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(
            url, params={"tenant_id": company.tenant_id}, headers={"Authorization": f"Bearer {client._token}"}
        )
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as sound:
        return sound.getnframes() / sound.getframerate()


async def phone_of(company: Company, number: str) -> SipPhone:
    """A real phone of a new extension."""
    await company.extension(number)
    return await company.sip_phone(number)
