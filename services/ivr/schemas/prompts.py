"""Prompts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.ivr.schemas.fields import Revision
from shared.http.schemas import StrictModel, View
from shared.telephony.ids import Slug
from shared.telephony.safe_text import SafeText


class PromptCreate(StrictModel):
    """A new prompt; its sound is uploaded, or spoken, for each language."""

    slug: Slug
    display_name: SafeText = ""


class PromptUpdate(StrictModel):
    """What is given is set. With ``revision`` (or If-Match), only while the prompt still has it."""

    display_name: SafeText = ""
    revision: Revision | None = None


class SpeakPrompt(StrictModel):
    """A text to be spoken."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


class PromptVariantView(View):
    """A prompt in one language."""

    language: str
    seconds: float
    size_bytes: int
    loudness_lufs: float | None = Field(description="integrated loudness (EBU R 128), where it was measured")
    source: str = Field(description="what it was made from: wav/pcm, mp3/layer-3, ogg/opus, speech, ...")
    spoken_text: str | None = Field(description="what the synthesiser said, if it did")
    made_at: datetime


class PromptView(View):
    """A prompt with its languages."""

    id: UUID
    tenant_id: UUID
    slug: str
    display_name: str
    languages: list[PromptVariantView]
    created_at: datetime
    updated_at: datetime
    revision: int


class PromptUse(View):
    """A place in a flow where a prompt is played."""

    flow: str
    version: int | None = Field(description="the published one; none: the draft")
    node: str
    field: str


class PromptUses(View):
    """Every place where a prompt is played."""

    items: list[PromptUse]
