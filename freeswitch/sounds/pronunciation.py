"""Texts as espeak-ng must be given them to read them as people do."""

from __future__ import annotations

import re

__all__ = ["pronounced"]

_VOWELS = "\u064b-\u0650\u0652"
_SHADDA = "\u0651"
_LETTERS = "ء-يٱ"
_SUN = "تثدذرزسشصضطظلن"

_ARABIC = (
    # A vowel mark may be typed before or after the doubling.
    (re.compile(f"([{_LETTERS}])([{_VOWELS}])?{_SHADDA}([{_VOWELS}])?"), "\\1\u0652\\1\\2\\3"),
    # The article melts into a sun letter, and its alif into a vowel before it ("وَالرّ": "warr").
    (re.compile(rf"\bال(?=([{_SUN}])\u0652\1)"), "اَ"),
    (re.compile(rf"(?<=[\u064e\u064f\u0650])ال(?=([{_SUN}])\u0652\1)"), ""),
    (re.compile(f"(?<=[\u064e\u064f\u0650])ال(?=[{_LETTERS}])"), "ل\u0652"),
    (re.compile("(?<=[\u064e\u064f\u0650])ا[\u064e\u064f\u0650]"), ""),
    # In pause, ة is not heard.
    (re.compile(rf"\u064eة(?![{_VOWELS}{_LETTERS}])"), "\u064e"),
    (re.compile(rf"(?<=[{_LETTERS}])ون\b"), "\u064fون"),
    (re.compile(r"(?<=[ء-وٱ])ين\b"), "\u0650ين"),
)

# "و" between words is said "o", with the word before it.
_PERSIAN = ((re.compile(f"(?<=[{_LETTERS}پچژکگی]) و(?=\\s|$)"), "\u064f"),)

_RULES = {"ar": _ARABIC, "fa": _PERSIAN}


def pronounced(text: str, language: str) -> str:
    """`text` of `language`, spelled for the synthesiser."""
    for pattern, replacement in _RULES.get(language, ()):
        text = pattern.sub(replacement, text)
    return text
