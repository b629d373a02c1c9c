"""Flows and their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AfterValidator, BeforeValidator, Field

from services.ivr.domain.flow import FlowDocument
from services.ivr.schemas.fields import Revision, storable
from shared.http.schemas import StrictModel, View
from shared.telephony.ids import Slug
from shared.telephony.safe_text import SafeNote, SafeText

MOST_BYTES = 1_000_000


def _fits(document: FlowDocument) -> FlowDocument:
    if len(orjson.dumps(document.model_dump(mode="json"))) > MOST_BYTES:
        raise ValueError(f"a flow is at most {MOST_BYTES:,} bytes of JSON")
    return document


Draft = Annotated[FlowDocument, BeforeValidator(storable), AfterValidator(_fits)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class FlowCreate(StrictModel):
    """A new flow; calls cannot come to it before it is published."""

    slug: Slug
    display_name: SafeText = ""
    draft: Draft


class FlowUpdate(StrictModel):
    """What is given is set. With ``revision`` (or If-Match), only while the flow still has it."""

    display_name: SafeText = ""
    draft: Draft | None = None
    revision: Revision | None = None


class FlowSummary(View):
    """A flow, without what stands in it."""

    id: UUID
    tenant_id: UUID
    slug: str
    display_name: str
    published_version: int | None = Field(description="which version calls go through; none: no call comes to it")
    last_version: int = Field(description="how many versions there have been")
    created_at: datetime
    updated_at: datetime
    revision: int


class FlowView(FlowSummary):
    """A flow with its draft."""

    draft: dict[str, Any]


class FlowProblem(View):
    """Something wrong in a flow."""

    code: str = Field(description="stable, for programs")
    node: str = Field(description="whose problem it is; empty: the flow's")
    field: str = Field(description="where in the node")
    detail: str = Field(description="what is wrong, for people")
    severity: Literal["error", "warning"]


class FlowProblems(View):
    """Every problem of a draft."""

    publishable: bool = Field(description="whether there is no error among them")
    problems: list[FlowProblem]


class Publish(StrictModel):
    """Make the draft what calls go through."""

    revision: Revision = Field(description="of the draft that was looked at: another one is not published")
    note: SafeNote = ""


class RollBack(StrictModel):
    """Make an earlier version what calls go through, as a new version. The draft stays."""

    version: Version
    note: SafeNote = ""


class FlowVersionView(View):
    """A version, without what stands in it."""

    version: int
    published: bool = Field(description="whether calls go through it now")
    published_at: datetime
    published_by: str
    note: str


class FlowVersionDocument(FlowVersionView):
    """A version as it was published."""

    document: dict[str, Any]


class FlowVersions(View):
    """Every version of a flow, the newest first."""

    items: list[FlowVersionView]


class FlowNodeKind(View):
    """A kind of node, for the form that a person fills in."""

    type: str
    description: str
    must_exit: list[str] = Field(description="exits that lead somewhere in every flow that is published")
    may_exit: list[str] = Field(description="exits that may lead nowhere: the call then ends, with a goodbye")
    takes_input: bool = Field(description="whether it waits for the caller")
    config_schema: dict[str, Any] = Field(description="JSON schema of its configuration")


class FlowNodeKinds(View):
    """Every kind of node there is."""

    items: list[FlowNodeKind]
