"""``seda prompt``: what callers are told, recorded or spoken."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.output import show_item, show_items
from services.cli.resources import Name, Resource, command, find
from services.cli.session import AsJson, Session, TenantOption, talk


def in_languages(prompt: dict[str, Any]) -> dict[str, Any]:
    """A prompt in one row: in which languages it is there, and how long each is."""
    told = [f"{one['language']} ({one['seconds']:.1f} s)" for one in prompt.get("languages", ())]
    return {**prompt, "languages": ", ".join(told)}


PROMPTS = Resource(
    "prompt", "/v1/prompts", ("slug", "display_name", "languages"), "slug", service="ivr", row=in_languages
)
USE_COLUMNS = ("flow", "version", "node", "field")
MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg"}

prompt = command(PROMPTS)


class Language(StrEnum):
    """What Seda speaks."""

    en = "en"
    fa = "fa"
    ar = "ar"


@prompt.command()
def upload(
    name: Name,
    language: Language,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="wav, mp3 or ogg")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Give a prompt a recording in a language."""
    media_type = MEDIA_TYPES.get(file.suffix.lower(), "application/octet-stream")

    async def work(session: Session) -> Any:
        path, query = await _sound(session, name, language, tenant)
        return await session.client.send_file("ivr", path, file.read_bytes(), media_type, method="PUT", **query)

    show_item(talk(work), as_json=as_json)


@prompt.command()
def say(
    name: Name,
    language: Language,
    text: Annotated[str, typer.Argument(help="what is spoken")],
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Let the synthesiser speak a prompt in a language."""

    async def work(session: Session) -> Any:
        path, query = await _sound(session, name, language, tenant)
        return await session.client.request("ivr", "PUT", path, body={"text": text}, query=query)

    show_item(talk(work), as_json=as_json)


@prompt.command("used-by")
def used_by(name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
    """Flows and nodes that play a prompt."""

    async def work(session: Session) -> Any:
        found = await find(session, PROMPTS, name, tenant)
        query = {"tenant_id": await session.tenant_id(tenant)}
        return await session.client.get("ivr", f"{PROMPTS.path}/{found['id']}/used-by", **query)

    show_items(talk(work)["items"], USE_COLUMNS, as_json=as_json)


async def _sound(
    session: Session, name: str, language: Language, tenant: str | None
) -> tuple[str, dict[str, str | None]]:
    found = await find(session, PROMPTS, name, tenant)
    return f"{PROMPTS.path}/{found['id']}/languages/{language.value}", {"tenant_id": await session.tenant_id(tenant)}
