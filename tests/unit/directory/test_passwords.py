from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.passwords import RANDOM_BYTES, generate, weakness
from services.directory.domain.sip_credentials import a1_hash


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "must be 12-128 characters"),
        ("x" * 129, "must be 12-128 characters"),
        ("abababababab", "must hold at least 6 different characters"),
        ("MyPassword!2026", "is built on a well-known password"),
        ("sara.ahmadi-77", "must not contain the user name, number, domain or mail address"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password, reason):
    assert weakness(password, ("sara", "101")) == reason


def test_a_long_phrase_is_good():
    assert weakness("correct horse battery", ("sara@acme.example", "sara")) is None


def test_short_known_words_do_not_count():
    assert weakness("10-monkeys-climb", ("10", "")) is None


@given(st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES).filter(lambda b: len({x % 56 for x in b}) >= 6))
def test_a_made_password_is_good_and_easy_to_read_out(randomness):
    password = generate(randomness)
    assert len(password) == RANDOM_BYTES
    assert password.isascii()
    assert not set(password) & set("0O1lIo")


def test_a1_hash_is_what_digest_authentication_wants():
    plain = hashlib.md5(b"101:acme.example:secret", usedforsecurity=False).hexdigest()
    assert a1_hash("101", "acme.example", "secret") == plain
