"""``/v1/prompts``: what a tenant says to callers, in each language."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from services.ivr.api.audio import BYTES, WAV, wav
from services.ivr.api.context import HereNow, Paging, named
from services.ivr.audio.errors import AUDIO_REFUSALS, SPEECH_REFUSALS
from services.ivr.domain.names import Language
from services.ivr.domain.references import Use, uses_of
from services.ivr.errors import PromptInUse, PromptSlugTaken, RecordingGone, TooManyRows
from services.ivr.models_prompts import PromptRow, PromptVariantRow
from services.ivr.schemas.prompts import (
    PromptCreate,
    PromptUpdate,
    PromptUse,
    PromptUses,
    PromptVariantView,
    PromptView,
    SpeakPrompt,
)
from services.ivr.store.flows import FlowStore
from services.ivr.store.prompts import PromptStore
from services.ivr.surroundings import written
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import FieldProblem, Invalid, Malformed, NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, check_revision, tag
from shared.http.tokens import Principal
from shared.telephony.ids import Slug

router = APIRouter(prefix="/v1/prompts", tags=["prompts"], route_class=IdempotentRoute)

Reader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="prompts:read"))
]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="prompts:write"))]
MOST_PROMPTS = 2000
SOUNDS = ("audio/wav", "audio/mpeg", "audio/ogg", "application/octet-stream")
FORM = {"type": "object", "properties": {"file": BYTES["schema"]}, "required": ["file"]}
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **dict.fromkeys(SOUNDS, BYTES),
            "multipart/form-data": {"schema": FORM},
            "application/json": {"schema": SpeakPrompt.model_json_schema()},
        },
    }
}


@router.post("", status_code=201, responses=posts(NotFound, PromptSlugTaken, TooManyRows))
async def create_prompt(
    *,
    body: PromptCreate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> PromptView:
    """Make a prompt, without any sound yet."""
    tenant = tenant_of(principal, tenant_id)
    row = PromptRow(tenant_id=tenant, **body.model_dump())
    async with here.prompts.open(tenant) as store:
        if await store.count() >= MOST_PROMPTS:
            raise TooManyRows(f"a tenant has at most {MOST_PROMPTS} prompts")
        await store.add(row)
        await here.prompts.tell(store, row)
    tag(response, row)
    return _view(row, [])


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_prompts(
    principal: Reader,
    here: HereNow,
    paging: Paging,
    slug: Annotated[Slug | None, Query(description="only the prompt of this slug")] = None,
    tenant_id: TenantQuery = None,
) -> Page[PromptView]:
    """Prompts, oldest first."""
    async with here.prompts.reading(tenant_of(principal, tenant_id)) as store:
        rows = await store.page(limit=paging.limit, after=paging.after((UUID,)), slug=slug)
        shown, cursor = paging.page(rows, lambda row: (row.id,))
        variants = await store.variants(*(row.id for row in shown))
    return Page[PromptView](items=[_view(row, variants[row.id]) for row in shown], next_cursor=cursor)


@router.get("/{prompt_id}", responses=problems(NotFound))
async def show_prompt(
    prompt_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> PromptView:
    """One prompt."""
    async with here.prompts.reading(tenant_of(principal, tenant_id)) as store:
        row = await _prompt(store, prompt_id)
        variants = (await store.variants(prompt_id))[prompt_id]
    tag(response, row)
    return _view(row, variants)


@router.patch("/{prompt_id}", responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def update_prompt(
    *,
    prompt_id: UUID,
    body: PromptUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
) -> PromptView:
    """Change what people call it."""
    wanted = named(body)
    async with here.prompts.reading(tenant_of(principal, tenant_id)) as store:
        row = await _prompt(store, prompt_id, lock=True)
        check_revision(row, wanted.get("revision"), if_match)
        if "display_name" in wanted:
            row.display_name = body.display_name
        await store.flush()
        variants = (await store.variants(prompt_id))[prompt_id]
    tag(response, row)
    return _view(row, variants)


@router.delete("/{prompt_id}", status_code=204, responses=problems(NotFound, PromptInUse))
async def delete_prompt(prompt_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove a prompt in all languages, unless a published flow or a draft plays it."""
    async with here.prompts.open(tenant_of(principal, tenant_id)) as store:
        row = await _prompt(store, prompt_id, lock=True)
        await _refuse_in_use(store, row)
        await here.prompts.let_go(*(await store.variants(prompt_id))[prompt_id])
        await here.prompts.tell(store, row, removed=True)
        await store.remove(row)


@router.get("/{prompt_id}/used-by", responses=problems(NotFound))
async def list_prompt_uses(
    prompt_id: UUID, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> PromptUses:
    """The flows and nodes that play it: published versions and drafts."""
    async with here.prompts.reading(tenant_of(principal, tenant_id)) as store:
        uses = await _uses(store, await _prompt(store, prompt_id))
    return PromptUses(items=[PromptUse.model_validate(use) for use in uses])


@router.put(
    "/{prompt_id}/languages/{language}",
    responses=problems(Malformed, NotFound, Invalid, *AUDIO_REFUSALS, *SPEECH_REFUSALS),
    openapi_extra=UPLOAD,
)
async def put_prompt_sound(
    *,
    request: Request,
    prompt_id: UUID,
    language: Language,
    principal: Writer,
    here: HereNow,
    tenant_id: TenantQuery = None,
) -> PromptVariantView:
    """Give a prompt its sound in a language.

    Either wav, mp3 or ogg up to 20 MB, as the request's body or as a form's ``file``: checked, converted and made as
    loud as others. Or JSON with a ``text``, which is spoken. Calls that play the former sound hear it to its end.
    """
    tenant = tenant_of(principal, tenant_id)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        variant = await here.prompts.speak(tenant, prompt_id, language, await _text(request))
    else:
        sound = await (_file(request) if media_type == "multipart/form-data" else request.body())
        variant = await here.prompts.upload(tenant, prompt_id, language, sound)
    return PromptVariantView.model_validate(variant)


@router.get(
    "/{prompt_id}/languages/{language}/audio",
    response_class=FileResponse,
    responses={**WAV, **problems(NotFound, RecordingGone)},
)
async def hear_prompt(
    prompt_id: UUID, language: Language, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> FileResponse:
    """The prompt as callers hear it."""
    async with here.prompts.reading(tenant_of(principal, tenant_id)) as store:
        variant = await _variant(store, prompt_id, language)
    return await wav(here.prompts.path(variant))


@router.delete("/{prompt_id}/languages/{language}", status_code=204, responses=problems(NotFound, PromptInUse))
async def delete_prompt_sound(
    prompt_id: UUID, language: Language, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Remove a prompt's sound in a language, unless a published flow or a draft plays the prompt."""
    async with here.prompts.open(tenant_of(principal, tenant_id)) as store:
        row = await _prompt(store, prompt_id, lock=True)
        variant = await _variant(store, prompt_id, language)
        await _refuse_in_use(store, row)
        await here.prompts.let_go(variant)
        await store.remove(variant)
        row.updated_at = here.clock.now()
        await store.flush()
        await here.prompts.tell(store, row)


async def _text(request: Request) -> str:
    try:
        return SpeakPrompt.model_validate_json(await request.body()).text
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise Malformed("the body is not JSON", field="body") from error
        told = [
            FieldProblem(field=".".join(map(str, one["loc"])), code=one["type"], detail=one["msg"]) for one in found
        ]
        raise Invalid(told[0].detail, field=told[0].field, errors=told) from error


async def _file(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("a form has the sound in its field 'file'", field="file")
        return await file.read()


async def _prompt(store: PromptStore, prompt_id: UUID, *, lock: bool = False) -> PromptRow:
    row = await store.get(prompt_id, lock=lock)
    if row is None:
        raise NotFound("no such prompt")
    return row


async def _variant(store: PromptStore, prompt_id: UUID, language: str) -> PromptVariantRow:
    found = await store.variant(prompt_id, language)
    if found is None:
        raise NotFound("no such prompt, or not in this language")
    return found


async def _uses(store: PromptStore, row: PromptRow) -> list[Use]:
    flows = FlowStore(store.session, store.tenant_id)
    return list(uses_of("prompt", row.slug, await written(flows)))


async def _refuse_in_use(store: PromptStore, row: PromptRow) -> None:
    if uses := await _uses(store, row):
        raise PromptInUse("it is played by " + ", ".join(sorted({f"{use.flow} ({use.node})" for use in uses})[:10]))


def _view(row: PromptRow, variants: list[PromptVariantRow]) -> PromptView:
    languages = [PromptVariantView.model_validate(variant) for variant in variants]
    return PromptView.model_validate({**row.model_dump(), "languages": languages})
