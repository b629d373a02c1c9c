"""The e-mail about a message: its words in three languages, and what a caller's name cannot do to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ivr.domain.voicemail_mail import MailFacts, mail_of
from services.ivr.mailing import next_try
from services.ivr.smtp import MailServer

FACTS = MailFacts(
    message_id="018f",
    mailbox="101",
    language="en",
    to="sara@example.com",
    sender="Seda <voicemail@pbx.example>",
    caller_number="+989121234567",
    caller_name="Bob",
    seconds=75.4,
    received_at=datetime(2026, 3, 21, 10, 0, tzinfo=UTC),
    zone=ZoneInfo("Asia/Tehran"),
    audio=b"RIFF",
)


def read(facts: MailFacts) -> Any:
    """As the receiver reads it."""
    return message_from_bytes(mail_of(facts).as_bytes(), policy=default)


def test_mail_in_english():
    mail = read(FACTS)
    assert (mail["From"], mail["To"]) == ("Seda <voicemail@pbx.example>", "sara@example.com")
    assert mail["Subject"] == "Voicemail from Bob"
    assert mail["Message-ID"] == "<voicemail-018f@pbx.example>"
    text = mail.get_body(("plain",)).get_content()
    assert text.splitlines() == [
        "A message was left in mailbox 101.",
        "From: Bob (+989121234567)",
        "Received: 2026-03-21 13:30",
        "Length: 1:15",
        "The recording is attached.",
    ]
    (attached,) = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_content()) == ("audio/wav", b"RIFF")
    assert attached.get_filename() == "voicemail-101-20260321-133000.wav"


def test_mail_in_persian_is_written_from_right_to_left_with_its_own_calendar_and_digits():
    mail = read(replace(FACTS, language="fa", caller_name="سارا"))
    assert mail["Subject"] == "پیام صوتی از سارا"
    assert mail["Content-Language"] == "fa"
    text = mail.get_body(("plain",)).get_content()
    assert "۱۴۰۵/۰۱/۰۱ ۱۳:۳۰" in text
    assert "۱:۱۵" in text
    assert all(line.startswith("\u200f") for line in text.splitlines())
    html = mail.get_body(("html",)).get_content()
    assert '<html lang="fa" dir="rtl">' in html


def test_mail_in_arabic_without_the_recording():
    mail = read(replace(FACTS, language="ar", audio=None, caller_name="", caller_number=""))
    assert mail["Subject"] == "رسالة صوتية من رقم غير معروف"
    assert list(mail.iter_attachments()) == []
    assert "اتصل بصندوقك الصوتي" in mail.get_body(("plain",)).get_content()
    assert 'dir="rtl"' in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "name",
    [
        "Bob\r\nBcc: everybody@example.com",
        "Bob\nSubject: other\n\nbody",
        "\u202eevil\u2028Bcc: x@example.com",
        "<script>alert(1)</script>",
        "=?utf-8?q?=0D=0ABcc:_x@example.com?=",
        "a" * 500,
    ],
)
def test_no_name_adds_a_header_a_body_or_a_script(name: str):
    mail = read(replace(FACTS, caller_name=name))
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    assert mail["To"] == "sara@example.com"
    assert len(mail.get_body(("plain",)).get_content().splitlines()) == 5
    assert "<script" not in mail.get_body(("html",)).get_content()


@settings(deadline=None)
@given(st.text(max_size=120), st.text(max_size=40))
def test_any_name_and_number_make_a_mail_with_the_same_headers(name: str, number: str):
    facts = replace(FACTS, caller_name=name.replace("\ud800", ""), caller_number=number)
    assert set(read(facts).keys()) == set(read(FACTS).keys())


@settings(deadline=None)
@given(st.text(alphabet="=?utf8qQbB0DA:_ abcxBcc-\r\n", max_size=60))
def test_nor_does_any_encoded_word(name: str):
    assert set(read(replace(FACTS, caller_name=name)).keys()) == set(read(FACTS).keys())


# The server's address


def test_address_of_the_mail_server():
    plain = MailServer.parse("smtp://localhost")
    assert (plain.host, plain.port, plain.user, plain.starttls, plain.implicit_tls) == (
        "localhost",
        25,
        None,
        None,
        False,
    )
    far = MailServer.parse("smtp://me:p%40ss@mail.example:587")
    assert (far.user, far.password, far.port, far.starttls) == ("me", "p@ss", 587, True)
    assert MailServer.parse("smtp://me:x@127.0.0.1").starttls is None
    assert MailServer.parse("smtp+starttls://mail.example").port == 587
    assert MailServer.parse("smtps://mail.example").implicit_tls


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://h:port", "smtp://me:secret@h/path", "mail.example"])
def test_address_that_is_none_is_refused_without_its_password(url: str):
    with pytest.raises(ValueError, match="smtp://") as error:
        MailServer.parse(url)
    assert "secret" not in str(error.value)


def test_waits_grow_and_end_after_three_days():
    made = FACTS.received_at
    minutes = [(next_try(attempts, made, made) - made).total_seconds() / 60 for attempts in (1, 2, 3, 9, 40)]  # type: ignore[operator]
    assert minutes == [1, 2, 4, 256, 360]
    assert next_try(40, made, made.replace(day=24)) is None
