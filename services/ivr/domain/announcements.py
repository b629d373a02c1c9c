"""What a caller is told: prompts, spoken text and spoken values, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.ivr.domain.names import Language, PromptSlug
from services.ivr.domain.templates import Template

Kind = Literal["number", "digits", "ordinal", "money", "date", "time", "duration"]
Text = Annotated[Template, StringConstraints(min_length=1, max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptPart(_Part):
    """A recorded (or once synthesised) prompt, in the caller's language."""

    prompt: PromptSlug


class TextPart(_Part):
    """Text spoken by the synthesiser: one text for all languages, or one for each."""

    text: Text | dict[Language, Text]

    def in_language(self, language: str) -> str | None:
        """The text for a caller of that language; none when it has none."""
        return self.text if isinstance(self.text, str) else self.text.get(language)  # type: ignore[call-overload]


class SayPart(_Part):
    """A value, spoken as people of the caller's language say it."""

    say: Kind
    value: Annotated[Template, StringConstraints(min_length=1, max_length=200)]
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217, of money")
    calendar: Literal["gregorian", "jalali", "hijri"] | None = Field(
        default=None, description="of a date; without: as is usual in the language"
    )


Part = PromptPart | TextPart | SayPart


def _parts(value: Any) -> Any:
    """The short form: the name of one prompt."""
    if isinstance(value, str):
        return [{"prompt": value}]
    return [value] if isinstance(value, dict) else value


Announcement = Annotated[tuple[Part, ...], BeforeValidator(_parts), Field(max_length=20)]
"""A list of parts; a text alone is the name of a prompt."""


def prompts_of(announcement: tuple[Part, ...]) -> Iterator[str]:
    """The prompts it plays."""
    return (part.prompt for part in announcement if isinstance(part, PromptPart))


def missing_languages(announcement: tuple[Part, ...], languages: tuple[str, ...]) -> list[str]:
    """Languages in which a text of it is missing."""
    texts = [part for part in announcement if isinstance(part, TextPart)]
    return [language for language in languages if any(part.in_language(language) is None for part in texts)]
