"""Mailboxes as ivr tells of them: at their numbers, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from services.routing.domain.index import Config
from services.routing.mirror import Mirror
from shared.contracts.ivr import MailboxChanged
from tests.unit.routing.town import ACME, id_of


class Told:
    """A configuration that hears of mailboxes."""

    def __init__(self) -> None:
        self._config = Config()
        self._mirror = Mirror(self._config)

    def hear(self, box: str, number: str, revision: int = 1, **more: Any) -> None:
        self._mirror.apply(MailboxChanged(id=id_of(box), tenant_id=ACME.id, revision=revision, number=number, **more))

    @property
    def numbers(self) -> set[str]:
        return set(self._config.tenant(ACME.id).mailboxes)


@pytest.fixture
def told() -> Told:
    told = Told()
    told.hear("sara", "101")
    told.hear("omid", "102")
    return told


def test_a_box_with_another_number_is_not_at_the_old_one(told: Told) -> None:
    told.hear("sara", "150", 2)
    assert told.numbers == {"150", "102"}


def test_boxes_exchange_their_numbers(told: Told) -> None:
    told.hear("sara", "102", 2)
    told.hear("omid", "101", 2)
    assert told.numbers == {"101", "102"}
    told.hear("omid", "101", 3, removed=True)
    assert told.numbers == {"102"}


def test_the_end_of_a_closed_box_does_not_take_its_successors_number(told: Told) -> None:
    told.hear("new", "101")
    told.hear("sara", "101", 2, removed=True)
    assert told.numbers == {"101", "102"}


def test_a_box_that_takes_no_messages_is_not_there(told: Told) -> None:
    told.hear("sara", "101", 2, enabled=False)
    assert told.numbers == {"102"}
