"""The e-mail about a message in a mailbox, in the language of the box. Pure."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

from shared.telephony.calendars import Calendar, calendar_date
from shared.telephony.safe_text import strip_direction_marks

if TYPE_CHECKING:
    from email.message import EmailMessage

MOST_ATTACHED_BYTES: Final = 10_000_000
_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What a mail tells.

    Args:
        message_id: of the voicemail; the mail's Message-ID is made of it, so that one sent twice shows once.
        zone: the tenant's.
        audio: the recording as wav; none: it is not attached.
    """

    message_id: str
    mailbox: str
    language: str
    to: str
    sender: str
    caller_number: str
    caller_name: str
    seconds: float
    received_at: datetime
    zone: tzinfo
    audio: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    intro: str
    caller: str
    when: str
    length: str
    unknown: str
    attached: str
    listen: str


_WORDS: Final = {
    "en": _Words(
        subject="Voicemail from {caller}",
        intro="A message was left in mailbox {mailbox}.",
        caller="From",
        when="Received",
        length="Length",
        unknown="an unknown number",
        attached="The recording is attached.",
        listen="Call your mailbox to listen to it.",
    ),
    "fa": _Words(
        subject="پیام صوتی از {caller}",
        intro="پیامی در صندوق صوتی {mailbox} گذاشته شد.",
        caller="از",
        when="زمان دریافت",
        length="مدت",
        unknown="شمارهٔ ناشناس",
        attached="فایل صوتی پیوست است.",
        listen="برای شنیدن آن با صندوق صوتی خود تماس بگیرید.",
    ),
    "ar": _Words(
        subject="رسالة صوتية من {caller}",
        intro="تُركت رسالة في صندوق البريد الصوتي {mailbox}.",
        caller="من",
        when="وصلت في",
        length="المدة",
        unknown="رقم غير معروف",
        attached="التسجيل مرفق.",
        listen="اتصل بصندوقك الصوتي للاستماع إليها.",
    ),
}
_RIGHT_TO_LEFT: Final = ("fa", "ar")


def mail_of(facts: MailFacts) -> EmailMessage:
    """The mail, ready to be sent. Nothing that a caller says of themselves can add a header or an address."""
    from email.headerregistry import Address  # a large parser, for who has something to send
    from email.message import EmailMessage
    from email.policy import SMTP

    language = facts.language if facts.language in _WORDS else "en"
    words = _WORDS[language]
    caller = one_line(facts.caller_name) or one_line(facts.caller_number) or words.unknown
    lines = _lines(facts, words, language)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = facts.sender
    mail["To"] = Address(addr_spec=facts.to)
    mail["Subject"] = words.subject.format(caller=caller)
    mail["Date"] = facts.received_at
    domain = Address(addr_spec=_bare(facts.sender)).domain or "seda.invalid"
    mail["Message-ID"] = f"<voicemail-{facts.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office notes, please
    mail.set_content("\n".join(_isolated(line, language) for line in lines) + "\n")
    mail.add_alternative(_as_html(lines, language), subtype="html")
    if facts.audio is not None:
        name = f"voicemail-{facts.mailbox}-{facts.received_at.astimezone(facts.zone):%Y%m%d-%H%M%S}.wav"
        mail.add_attachment(facts.audio, maintype="audio", subtype="wav", filename=name)
    mail["Content-Language"] = language  # last: what is set before would move into the first part
    return mail


def one_line(text: str) -> str:
    """A caller's text, without line breaks and what steers the direction of others' words.

    ``=?`` is taken apart: Python's headers decode an encoded word (RFC 2047) that stands in a value, and the line break
    in ``=?utf-8?q?=0D=0ABcc:...?=`` would then begin a header.
    """
    printable = "".join(char if char.isprintable() else " " for char in strip_direction_marks(text))
    return " ".join(printable.split()).replace("=?", "= ?")


def _lines(facts: MailFacts, words: _Words, language: str) -> list[str]:
    number, name = one_line(facts.caller_number), one_line(facts.caller_name)
    caller = f"{name} ({number})" if name and number and name != number else name or number or words.unknown
    minutes, seconds = divmod(round(facts.seconds), 60)
    when = _when(facts.received_at.astimezone(facts.zone), language)
    return [
        words.intro.format(mailbox=facts.mailbox),
        f"{words.caller}: {caller}",
        f"{words.when}: {when}",
        f"{words.length}: {_digits(f'{minutes}:{seconds:02}', language)}",
        words.listen if facts.audio is None else words.attached,
    ]


def _when(at: datetime, language: str) -> str:
    if language != "fa":
        return f"{at:%Y-%m-%d %H:%M}"
    day = calendar_date(at.date(), Calendar.JALALI)
    return _digits(f"{day.year}/{day.month:02}/{day.day:02} {at:%H:%M}", language)


def _digits(text: str, language: str) -> str:
    return text.translate(_PERSIAN_DIGITS) if language == "fa" else text


def _isolated(line: str, language: str) -> str:
    # A line that begins with a Latin name would otherwise be shown from left to right.
    return f"\u200f{line}" if language in _RIGHT_TO_LEFT else line


def _as_html(lines: list[str], language: str) -> str:
    direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr"
    body = "".join(f'<p dir="auto">{html.escape(line)}</p>' for line in lines)
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8"></head>'
        f'<body dir="{direction}">{body}</body></html>\n'
    )


def _bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")
