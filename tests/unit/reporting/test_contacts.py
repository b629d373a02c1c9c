"""Where callers are passed on to."""

from __future__ import annotations

import pytest

from services.reporting.domain.contacts import passed_to


@pytest.mark.parametrize(
    ("destination", "place"),
    [
        ("agent:0d9e", "agent"),
        ("queue:sales", "queue"),
        ("extension:101", "extension"),
        ("external:+982112345678", "outside"),
        ("voicemail:101", "elsewhere"),
        ("of a later release", "elsewhere"),
        (None, "elsewhere"),
    ],
)
def test_transfer_is_told_by_the_kind_of_place(destination: str | None, place: str) -> None:
    assert passed_to("transferred", destination) == place


@pytest.mark.parametrize("ended", ["hung_up", "ended", "put_back", "switch_lost"])
def test_who_was_not_transferred_was_passed_on_nowhere(ended: str) -> None:
    assert passed_to(ended, "queue:sales") is None
