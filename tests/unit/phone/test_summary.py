"""The message-waiting lamp of the test phone."""

from __future__ import annotations

import pytest

from freeswitch.phone.summary import MessageSummary, read_summary


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (
            "Messages-Waiting: yes\r\nMessage-Account: sip:101@acme.example\r\nVoice-Message: 2/1 (0/0)\r\n\r\n",
            MessageSummary(True, "sip:101@acme.example", 2, 1),
        ),
        ("messages-waiting: no\r\n", MessageSummary(False)),
        ("Messages-Waiting: yes\r\nVoice-Message: 4/8", MessageSummary(True, "", 4, 8)),
        ("", MessageSummary(False)),
    ],
)
def test_what_the_lamp_shows(body: str, summary: MessageSummary):
    assert read_summary(body) == summary


def test_counts_that_are_none():
    with pytest.raises(ValueError, match="invalid literal"):
        read_summary("Voice-Message: many/few")
