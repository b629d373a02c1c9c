"""The FastAPI application every service starts from."""

from __future__ import annotations

import warnings
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.http.errors import (
    PROBLEM_JSON,
    ApiError,
    FieldProblem,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    problem_body,
    problem_response,
)
from shared.http.middleware import Guard, HttpMeasures
from shared.http.tokens import TokenVerifier
from shared.runtime.health import Health
from shared.runtime.logs import get_logger
from shared.runtime.metrics import Metrics

log = get_logger(__name__)


class MethodNotAllowed(ApiError):
    """The path exists, not with this method."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class Internal(ApiError):
    """A defect of ours."""


HTTP_ERRORS: dict[int, type[ApiError]] = {
    kind.status: kind for kind in (Malformed, Unauthorized, Forbidden, NotFound, MethodNotAllowed, TooLarge, Invalid)
}
"""What the framework's own errors are told as."""


# FastAPI gives a body that may be left out a name of its own, which pydantic finds useless.
warnings.filterwarnings("ignore", message="The 'alias' attribute with value 'body'")


def create_app(
    *,
    service: str,
    title: str,
    health: Health,
    metrics: Metrics,
    tokens: TokenVerifier | None = None,
    version: str = "1",
    max_body_bytes: int = 2 * 1024 * 1024,
) -> FastAPI:
    """An application with problem+json errors, health, metrics and tokens, and no routes of its own.

    Args:
        service: the service's name.
        title: heading of its OpenAPI page.
        tokens: checks bearer tokens; none where no route needs one.
        max_body_bytes: larger request bodies are refused with 413.
    """
    app = FastAPI(
        title=title,
        version=version,
        default_response_class=JSONResponse,
        openapi_url="/openapi.json",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # Guard measures, shared.runtime.tracing traces
    )
    app.state.tokens = tokens
    app.state.service = service
    app.state.always_possible = ()
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _internal_error)
    app.add_middleware(Guard, measures=HttpMeasures(metrics), max_body_bytes=max_body_bytes)
    _add_operations(app, health, metrics)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _add_operations(app: FastAPI, health: Health, metrics: Metrics) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        report = await health.report()
        ready = all(state == "ok" for state in report.values())
        return JSONResponse({"ready": ready, "checks": report}, status_code=200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def scrape() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4")


def always_possible(app: FastAPI, *errors: type[ApiError]) -> None:
    """Document errors that any route with a body or a token may answer."""
    app.state.always_possible = (*app.state.always_possible, *errors)


def respond(error: ApiError, *, errors: list[FieldProblem] | None = None) -> JSONResponse:
    """An error as its answer."""
    return JSONResponse(
        problem_body(error, errors=errors), status_code=error.status, media_type=PROBLEM_JSON, headers=error.headers
    )


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 -- registered for this class only
    return respond(error)


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    found = [_field_problem(item) for item in error.errors()]
    first = found[0]
    if first.code == "json_invalid":
        return respond(Malformed("the body is not JSON", field="body"))
    return respond(Invalid(first.detail, field=first.field), errors=found)


def _field_problem(item: dict[str, Any]) -> FieldProblem:
    """One pydantic error, by the caller's names: ``body.number`` is told as ``number``."""
    place = [str(part) for part in item["loc"]]
    if len(place) > 1 and place[0] in {"body", "query", "path", "header"}:
        place = place[1:]
    return FieldProblem(field=".".join(place), code=item["type"], detail=item["msg"].removeprefix("Value error, "))


async def _http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    kind = HTTP_ERRORS.get(error.status_code, Malformed)
    return respond(kind(str(error.detail or ""), headers=dict(error.headers or {})))


async def _internal_error(request: Request, error: Exception) -> Response:
    log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return respond(Internal("something went wrong on our side; it has been logged"))


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The schema, with problem+json wherever FastAPI would document its own error shape."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs", {}))
    components["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            _document_errors(operation, app.state.always_possible)
    app.openapi_schema = schema
    return schema


def _document_errors(operation: dict[str, Any], always: tuple[type[ApiError], ...]) -> None:
    responses = operation["responses"]
    if "422" in responses and "Problem" not in str(responses["422"]):
        responses["422"] = problem_response([Invalid])
    if operation.get("security"):
        responses.setdefault("401", problem_response([Unauthorized]))
        responses.setdefault("403", problem_response([Forbidden]))
        for error in always:
            responses.setdefault(str(error.status), problem_response([error]))
    if "requestBody" in operation:
        responses.setdefault("400", problem_response([Malformed]))
        responses.setdefault("413", problem_response([TooLarge]))
