"""Bulk import in REST."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.directory.schemas.fields import Flag, SipPassword
from services.directory.schemas.phones import ExtensionCreate
from shared.http.errors import FieldProblem
from shared.http.schemas import View
from shared.imports.api import Mode
from shared.telephony.sip_names import SipUsername


class ExtensionImportRow(ExtensionCreate):
    """An extension, with its first device unless ``create_device`` says no."""

    create_device: Flag = True
    sip_username: SipUsername | None = None
    sip_password: SipPassword | None = None


class DeviceLogin(View):
    """What a phone is set up with. A password that was made is shown this once."""

    id: UUID | None = Field(description="none where nothing was written")
    sip_username: str
    domain: str
    password: str | None = None


class ImportedRow(View):
    """What became of one row."""

    row: int = Field(description="1 is the first row after the heading")
    number: str | None = Field(default=None, description="the number in that row, where it could be read")
    status: Literal["created", "valid", "refused"] = Field(
        description="valid: would be created, but nothing was written"
    )
    id: UUID | None = None
    device: DeviceLogin | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class ImportReport(View):
    """What became of a file, row by row."""

    mode: Mode
    dry_run: bool
    applied: bool = Field(description="whether anything was written")
    created: int
    refused: int
    rows: list[ImportedRow]
