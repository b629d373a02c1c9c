"""Kinds of fields that several resources have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Minutes = Annotated[int, Field(ge=0, le=1440 * 1000)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[0-9]{0,15}$", max_length=15)]
EmergencyNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,8}$", max_length=8)]
Dialled = Annotated[str, StringConstraints(pattern=r"^[+*]?[0-9*]{1,32}$", max_length=33)]
CallPathId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)]
