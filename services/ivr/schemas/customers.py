"""Customers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.ivr.domain.customer_imports import as_customer
from services.ivr.domain.names import Language
from services.ivr.schemas.fields import Revision
from shared.http.errors import FieldProblem
from shared.http.schemas import StrictModel, View
from shared.imports.api import Mode
from shared.telephony.numbers import E164Number
from shared.telephony.safe_text import SafeName, SafeText, safe_note

OWN_FIELDS = frozenset({"name", "language", "id"})
"""What a flow knows of every customer as ``customer.name`` and so on: no attribute takes such a name."""


def _each_once(numbers: list[str]) -> list[str]:
    if len(set(numbers)) < len(numbers):
        raise ValueError("a number stands here once")
    return numbers


def _not_own(attributes: dict[str, str]) -> dict[str, str]:
    if taken := sorted(OWN_FIELDS & attributes.keys()):
        raise ValueError(f"every customer has {', '.join(taken)}; an attribute has another name")
    return attributes


AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$", max_length=40)]
AttributeText = Annotated[str, StringConstraints(max_length=200), AfterValidator(safe_note)]
Numbers = Annotated[list[E164Number], Field(max_length=10), AfterValidator(_each_once)]
Attributes = Annotated[
    dict[AttributeName, AttributeText],
    Field(max_length=20, description="texts that a flow knows as customer.<name>"),
    AfterValidator(_not_own),
]
ExternalId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$", max_length=64)]


class CustomerCreate(StrictModel):
    """A new customer."""

    name: SafeName
    language: Language | None = None
    numbers: Numbers = Field(default_factory=list)
    external_id: ExternalId | None = Field(default=None, description="in the tenant's own books")
    attributes: Attributes = Field(default_factory=dict)


class CustomerImportRow(CustomerCreate):
    """A customer in a file. In CSV, numbers stand apart by blanks, and ``attribute.vip`` is a column of its own."""

    @model_validator(mode="before")
    @classmethod
    def _as_customer(cls, row: Any) -> Any:
        return as_customer(row) if isinstance(row, dict) else row


class CustomerUpdate(StrictModel):
    """What is given is set. With ``revision`` (or If-Match), only while the customer still has it."""

    name: SafeText = ""
    language: Language | None = None
    numbers: Numbers = Field(default_factory=list)
    external_id: ExternalId | None = None
    attributes: Attributes = Field(default_factory=dict)
    revision: Revision | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if "name" in self.model_fields_set and not self.name:
            raise ValueError("name: a customer has one")
        return self


class CustomerView(View):
    """A customer."""

    id: UUID
    tenant_id: UUID
    name: str
    language: str | None
    numbers: list[str]
    external_id: str | None
    attributes: dict[str, str]
    created_at: datetime
    updated_at: datetime
    revision: int


class ImportedCustomer(View):
    """What became of one row."""

    row: int = Field(description="1 is the first row after the heading")
    name: str | None = Field(default=None, description="the name in that row, where it could be read")
    status: Literal["created", "valid", "refused"] = Field(
        description="valid: would be created, but nothing was written"
    )
    id: UUID | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class CustomerImport(View):
    """What became of a file, row by row."""

    mode: Mode
    dry_run: bool
    applied: bool = Field(description="whether anything was written")
    created: int
    refused: int
    rows: list[ImportedCustomer]
