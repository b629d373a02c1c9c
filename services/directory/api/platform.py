"""``/v1/platform``: work on the platform itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from services.directory.api.context import ServicesHere
from shared.http.auth import require
from shared.http.schemas import View
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/platform", tags=["platform"])

Platform = Annotated[Principal, Depends(require())]


class RepublishView(View):
    """What was set going."""

    messages: int = Field(description="how many messages were handed to the bus")


@router.post("/republish", status_code=202)
async def republish(*, _: Platform, here: ServicesHere) -> RepublishView:
    """Tell every service the state of every entity again."""
    return RepublishView(messages=await here.republisher.publish_all())
