"""Mails about messages, by a real mail server: nothing is lost, nothing is sent twice without need."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.ivr.domain.writes_voicemail import CountMessages, MarkMessage, MessageCounts, SaveMessage
from services.ivr.library import FlowLibrary
from services.ivr.mailing import Mailing
from services.ivr.metrics import IvrMetrics
from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from shared.runtime.metrics import Metrics
from tests.integration.ivr.boxes import NOW, Boxes, a_call
from tests.integration.ivr.mailbox_world import settings_for
from tests.support.smtp_server import SmtpServer, certificate, smtp_server


@pytest.fixture
async def boxes(database_for: Any, open_database: Any, tmp_path: Path) -> Boxes:
    return Boxes(await open_database(database_for("ivr")), tmp_path / "media")


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with smtp_server() as running:
        yield running


class Post:
    """The mails of a test's boxes."""

    def __init__(self, boxes: Boxes, url: str) -> None:
        self.boxes, self.clock = boxes, SteppedClock(NOW)
        settings = settings_for(boxes.media, smtp_url=SecretStr(url), smtp_from="Seda <voicemail@pbx.example>")
        library = FlowLibrary(MemoryBus(), boxes.database)
        parts = {"library": library, "metrics": IvrMetrics(Metrics("ivr")), "clock": self.clock}
        self.mailing = Mailing(settings, boxes.database, boxes.changes, boxes.files, **parts)  # type: ignore[arg-type]

    async def leave(self, box: Any, **facts: str) -> None:
        call = a_call(**facts)
        name = f"voicemail/{call.leg_id}-101"
        self.boxes.record(name)
        assert await self.boxes.do(SaveMessage(str(box.id), name, 2.0, NOW), call=call) == "saved"

    async def send_all(self) -> int:
        tries = 0
        while await self.mailing.send_one():
            tries += 1
        return tries

    async def queue(self) -> list[tuple[int, bool, str]]:
        rows = await self.boxes.query("SELECT attempts, next_at IS NULL, last_error FROM voicemail_mails ORDER BY id")
        return [(attempts, given_up, error) for attempts, given_up, error in rows]


@pytest.fixture
def post(boxes: Boxes, server: SmtpServer) -> Post:
    return Post(boxes, f"smtp://127.0.0.1:{server.port}")


async def test_message_is_mailed_once_with_its_recording(boxes: Boxes, server: SmtpServer, post: Post):
    box = await boxes.make(email="sara@example.com", language="fa")
    await post.leave(box, caller_name="Bob\r\nBcc: x@example.com")
    assert await post.send_all() == 1
    assert await post.send_all() == 0
    assert await post.queue() == []
    (taken,) = server.accepted
    assert (taken.sender, taken.recipients) == ("voicemail@pbx.example", ["sara@example.com"])
    assert taken.mail["Subject"] == "پیام صوتی از BobBcc: x@example.com"
    assert taken.mail["Bcc"] is None
    (attached,) = taken.mail.iter_attachments()
    assert attached.get_content()[:4] == b"RIFF"


async def test_box_without_an_address_mails_nothing(boxes: Boxes, post: Post):
    await post.leave(await boxes.make())
    assert await post.send_all() == 0


async def test_recording_is_left_out_where_the_box_says_so(boxes: Boxes, server: SmtpServer, post: Post):
    await post.leave(await boxes.make(email="sara@example.com", email_attach_audio=False, delete_after_email=True))
    await post.send_all()
    assert list(server.accepted[0].mail.iter_attachments()) == []
    assert len(await boxes.query("SELECT 1 FROM voicemail_messages WHERE state = 'new'")) == 1


async def test_message_is_deleted_after_its_mail_and_the_lamp_goes_out(boxes: Boxes, server: SmtpServer, post: Post):
    box = await boxes.make(email="sara@example.com", delete_after_email=True)
    await post.leave(box)
    server.will_say("DATA", "451 later")
    await post.send_all()
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(1, 0)
    await post.clock.advance(61)
    await post.send_all()
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(0, 0)
    assert (await boxes.sent("mailbox.changed"))[-1]["new_messages"] == 0


async def test_server_that_is_busy_is_tried_again_later_and_later(boxes: Boxes, server: SmtpServer, post: Post):
    await post.leave(await boxes.make(email="sara@example.com"))
    server.will_say("MAIL", "451 greylisted", "421 too busy")
    assert await post.send_all() == 1
    assert await post.queue() == [(1, False, "451 greylisted")]
    assert await post.send_all() == 0
    await post.clock.advance(61)
    assert await post.send_all() == 1
    await post.clock.advance(61)
    assert await post.send_all() == 0
    await post.clock.advance(60)
    assert await post.send_all() == 1
    assert len(server.accepted) == 1
    assert await post.queue() == []


@pytest.mark.parametrize(
    ("command", "answer"), [("RCPT", "550 no such user"), ("DATA", "554 spam"), ("MAIL", "553 no")]
)
async def test_mail_that_no_server_takes_is_given_up_and_stays_to_be_seen(
    boxes: Boxes, server: SmtpServer, post: Post, command: str, answer: str
):
    await post.leave(await boxes.make(email="sara@example.com"))
    server.will_say(command, answer)
    await post.send_all()
    ((attempts, given_up, error),) = await post.queue()
    assert (attempts, given_up) == (1, True)
    assert answer[4:] in error
    await post.clock.advance(86_400)
    assert await post.send_all() == 0


async def test_server_that_is_away_loses_no_mail(boxes: Boxes, server: SmtpServer):
    post = Post(boxes, "smtp://127.0.0.1:1")
    await post.leave(await boxes.make(email="sara@example.com"))
    await post.send_all()
    ((attempts, given_up, error),) = await post.queue()
    assert (attempts, given_up) == (1, False)
    assert "Connect" in error
    there = Post(boxes, f"smtp://127.0.0.1:{server.port}")
    await there.clock.advance(61)
    await there.send_all()
    assert len(server.accepted) == 1


async def test_connection_cut_before_the_answer_sends_the_same_message_id(boxes: Boxes, server: SmtpServer, post: Post):
    await post.leave(await boxes.make(email="sara@example.com"))
    server.cut_after_data = 1
    await post.send_all()
    await post.clock.advance(61)
    await post.send_all()
    assert len({taken.mail["Message-ID"] for taken in server.accepted}) == 1
    assert await post.queue() == []


async def test_process_that_dies_with_a_mail_in_its_hands_leaves_it_to_another(boxes: Boxes, server: SmtpServer):
    post = Post(boxes, f"smtp://127.0.0.1:{server.port}")
    await post.leave(await boxes.make(email="sara@example.com"))

    async def die(*_: Any) -> None:
        raise RuntimeError("killed")

    post.mailing._audio = die  # type: ignore[assignment]
    with pytest.raises(RuntimeError):
        await post.send_all()
    other = Post(boxes, f"smtp://127.0.0.1:{server.port}")
    assert await other.send_all() == 0
    await other.clock.advance(301)
    assert await other.send_all() == 1
    assert len(server.accepted) == 1


async def test_many_processes_send_each_mail_once(boxes: Boxes, server: SmtpServer, post: Post):
    box = await boxes.make(email="sara@example.com")
    for _ in range(6):
        await post.leave(box)
    others = [Post(boxes, f"smtp://127.0.0.1:{server.port}") for _ in range(3)]
    await asyncio.gather(*(one.send_all() for one in (post, *others)))
    assert len(server.accepted) == 6
    assert await post.queue() == []


async def test_mail_of_a_message_deleted_meanwhile_is_not_sent(boxes: Boxes, server: SmtpServer, post: Post):
    box = await boxes.make(email="sara@example.com")
    await post.leave(box)
    ((message,),) = await boxes.query("SELECT id FROM voicemail_messages")
    await boxes.do(MarkMessage(str(box.id), str(message), "deleted", NOW))
    await post.send_all()
    assert server.accepted == []
    assert await post.queue() == []


async def test_mail_is_given_up_after_three_days(boxes: Boxes):
    post = Post(boxes, "smtp://127.0.0.1:1")
    await post.leave(await boxes.make(email="sara@example.com"))
    await boxes.query("UPDATE voicemail_mails SET created_at = created_at - interval '4 days' RETURNING 1")
    await post.send_all()
    assert (await post.queue())[0][1] is True


# TLS


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return context


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtp+starttls", False), ("smtps", True)])
async def test_password_goes_over_tls(boxes: Boxes, trusted: ssl.SSLContext, scheme: str, implicit: bool):
    async with smtp_server(trusted, implicit=implicit) as server:
        post = Post(boxes, f"{scheme}://me:p%40ss@localhost:{server.port}")
        await post.leave(await boxes.make(email="sara@example.com"))
        await post.send_all()
        assert await post.queue() == []
        (taken,) = server.accepted
        assert (taken.tls, taken.user) == (True, "me")


async def test_no_mail_goes_in_clear_where_tls_is_insisted_on(boxes: Boxes, server: SmtpServer):
    post = Post(boxes, f"smtp+starttls://localhost:{server.port}")
    await post.leave(await boxes.make(email="sara@example.com"))
    await post.send_all()
    assert server.accepted == []
    assert (await post.queue())[0][1] is False


async def test_certificate_of_nobody_is_not_trusted(boxes: Boxes, tmp_path: Path):
    async with smtp_server(certificate(tmp_path)[0]) as server:
        post = Post(boxes, f"smtp+starttls://localhost:{server.port}")
        await post.leave(await boxes.make(email="sara@example.com"))
        await post.send_all()
        assert server.accepted == []
