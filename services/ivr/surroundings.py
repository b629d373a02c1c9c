"""What a tenant's flows refer to and are held against: prompts, published flows, extensions, ring groups, mailboxes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.references import Written
from services.ivr.domain.validation import Problem, Surroundings, problems_of
from services.ivr.library import FlowLibrary
from services.ivr.store.flows import FlowStore
from services.ivr.store.prompts import PromptStore
from services.ivr.store.voicemail import VoicemailStore


async def surroundings(store: FlowStore, library: FlowLibrary) -> Surroundings:
    """As they stand in this transaction; what others own as it was last told of."""
    tenant = library.tenant(store.tenant_id)
    return Surroundings(
        prompts=await _prompts(store),
        flows=await _entered(store),
        extensions=tenant.by_number.keys() if library.is_ready else None,
        ring_groups=tenant.ring_groups if library.is_ready else None,
        queues=set(tenant.queues.values()) if library.is_ready else None,
        mailboxes=await VoicemailStore(store.session, store.tenant_id).numbers(),
    )


def problems_in(document: Any, around: Surroundings, *, slug: str) -> list[Problem]:
    """Every problem of a document; also of one that another release stored and this one cannot read."""
    try:
        flow = FlowDocument.model_validate(document)
    except ValidationError as error:
        return [_unreadable(one["loc"], one["msg"]) for one in error.errors(include_url=False, include_context=False)]
    return problems_of(flow, around, slug=slug)


def _unreadable(place: tuple[int | str, ...], said: str) -> Problem:
    path = [str(part) for part in place]
    if len(path) > 1 and path[0] == "nodes":
        return Problem("bad_field", path[1], ".".join(path[3:]), said)
    return Problem("bad_field", "", ".".join(path), said)


async def written(store: FlowStore, *, drafts: bool = True) -> list[Written]:
    """Each published version, and each draft on request."""
    found: list[Written] = []
    for row, version in await store.published():
        if drafts:
            found.append(Written(row.slug, None, row.draft))
        if version is not None:
            found.append(Written(row.slug, version.version, version.document))
    return found


async def _prompts(store: FlowStore) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for prompt, variant in await PromptStore(store.session, store.tenant_id).all():
        languages = found.setdefault(prompt.slug, set())
        if variant is not None:
            languages.add(variant.language)
    return found


async def _entered(store: FlowStore) -> dict[str, Collection[str]]:
    found: dict[str, Collection[str]] = {}
    for one in await written(store, drafts=False):
        try:
            document = FlowDocument.model_validate(one.document)
        except ValidationError:
            continue
        found[one.flow] = {slug for config in document.nodes.values() for slug in config.flows()}
    return found
