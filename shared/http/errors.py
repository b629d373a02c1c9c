"""Errors as problem+json (RFC 9457), each with a stable ``code``."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

PROBLEM_JSON = "application/problem+json"


class ApiError(Exception):
    """An error that is told to the caller.

    Subclasses fix ``status`` and ``code``; ``detail`` is a sentence for people, ``field`` the part of the request it is
    about (dotted, as in ``devices.0.sip_username``), ``errors`` every wrong part, where there are several.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
        errors: list[FieldProblem] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field
        self.headers = headers or {}
        self.errors = errors


class Invalid(ApiError):
    """The request is understood and wrong."""

    status = 422
    code = "invalid"
    title = "The request is not valid"


class Malformed(ApiError):
    """The request cannot be read."""

    status = 400
    code = "malformed"
    title = "The request cannot be read"


class Unauthorized(ApiError):
    """No valid proof of who is asking."""

    status = 401
    code = "unauthorized"
    title = "Sign in first"


class Forbidden(ApiError):
    """Known, and not allowed to."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(ApiError):
    """No such thing, or not yours: the two are told apart to nobody."""

    status = 404
    code = "not_found"
    title = "Not found"


class Gone(ApiError):
    """It was there, and has ended."""

    status = 410
    code = "gone"
    title = "Gone"


class Conflict(ApiError):
    """It clashes with what is there."""

    status = 409
    code = "conflict"
    title = "Conflict"


class PreconditionFailed(ApiError):
    """Somebody else changed it meanwhile."""

    status = 412
    code = "revision_conflict"
    title = "It was changed meanwhile"


class TooLarge(ApiError):
    """The body is over the cap."""

    status = 413
    code = "too_large"
    title = "The request is too large"


class UnsupportedMedia(ApiError):
    """A content type this endpoint does not read."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported content type"


class TooMany(ApiError):
    """Slow down; ``Retry-After`` says for how long."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"


class Unavailable(ApiError):
    """Something this needs is away; trying again later may work."""

    status = 503
    code = "unavailable"
    title = "Not available just now"


class DeadlineExceeded(ApiError):
    """Something this needs did not answer in time; the outcome is unknown."""

    status = 504
    code = "deadline_exceeded"
    title = "No answer in time"


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """An error answer, ``application/problem+json``."""

    type: str = Field(default="about:blank", description="a URI that names the kind of problem")
    title: str = Field(description="what went wrong, in a few words")
    status: int
    code: str = Field(description="stable, for programs")
    detail: str = Field(default="", description="what went wrong, for people")
    field: str | None = Field(default=None, description="the part of the request it is about")
    errors: list[FieldProblem] | None = Field(default=None, description="every wrong field, where there are several")


def problem_body(error: ApiError, *, errors: list[FieldProblem] | None = None) -> dict[str, Any]:
    """The JSON of an error answer."""
    problem = Problem(
        type=f"urn:seda:problem:{error.code}",
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        field=error.field,
        errors=errors or error.errors,
    )
    return problem.model_dump(exclude_none=True)


def problems(*errors: type[ApiError]) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of a route: documents these errors, grouped by status with the codes each can carry."""
    by_status: dict[int, list[type[ApiError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {status: problem_response(kinds) for status, kinds in sorted(by_status.items())}


def problem_response(kinds: list[type[ApiError]]) -> dict[str, Any]:
    """OpenAPI of one error status."""
    return {
        "description": "; ".join(f"{kind.title} (`{kind.code}`)" for kind in kinds),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
