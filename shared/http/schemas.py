"""Base of request and response bodies."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A request body: an unknown field is an error, blanks around text are dropped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class View(BaseModel):
    """A response body, read from a row or a domain object."""

    model_config = ConfigDict(from_attributes=True)
