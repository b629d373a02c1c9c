"""Which choice a caller means, in three languages and many spellings."""

from __future__ import annotations

import pytest

from services.ivr.domain.hearing import choice_of, plain

CHOICES = {
    "sales": ("sales", "buy something", "فروش", "مبيعات"),
    "support": ("support", "technical support", "پشتیبانی", "الدعم"),
    "operator": ("operator", "اپراتور", "یک نفر"),
}


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("sales", "sales"),
        ("Sales.", "sales"),
        ("I would like to buy something, please", "sales"),
        ("technical support", "support"),
        ("پشتيباني", "support"),
        ("می‌خواهم با پشتیبانی صحبت کنم", "support"),
        ("أريد الدعم", "support"),
        ("مَبيعات", "sales"),
        ("salespeople", ""),
        ("sales or support", ""),
        ("", ""),
        ("...", ""),
        ("yes", ""),
    ],
)
def test_choice_of_what_was_said(said: str, choice: str) -> None:
    assert choice_of(said, CHOICES) == choice


def test_digits_of_any_script_are_the_same() -> None:
    assert plain("۱۲") == plain("١٢") == plain("12")
