"""``seda survey`` and ``seda callback``: what callers left behind in flows."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.cli.output import print_json, show_item, show_items
from services.cli.session import AsJson, Limit, Session, TenantOption, talk

SUMMARY_COLUMNS = ("question", "scale", "count", "mean", "nps", "distribution", "comments")
ANSWER_COLUMNS = ("created_at", "question", "number", "has_comment", "agent", "queue", "caller_number", "call_id")
CALLBACK_COLUMNS = ("created_at", "number", "queue", "caller_number", "language", "done_at", "done_note", "id")

Survey = Annotated[str, typer.Argument(help="the survey's name in flows")]
Since = Annotated[str | None, typer.Option(help="at or after, ISO 8601 with a time zone")]
Until = Annotated[str | None, typer.Option(help="before, ISO 8601 with a time zone")]

survey = typer.Typer(no_args_is_help=True, help="answers to surveys")
callback = typer.Typer(no_args_is_help=True, help="callers who want to be called back")


@survey.command()
def summary(
    name: Survey, since: Since = None, until: Until = None, tenant: TenantOption = None, as_json: AsJson = False
) -> None:
    """A survey, question by question: answers, mean, distribution, NPS."""

    async def work(session: Session) -> Any:
        query = {"from": since, "to": until, "tenant_id": await session.tenant_id(tenant)}
        return await session.client.get("ivr", f"/v1/surveys/{quote(name, safe='')}/summary", **query)

    found = talk(work)
    if as_json:
        print_json(found)
    else:
        show_items(found["questions"], SUMMARY_COLUMNS, as_json=False)


@survey.command()
def answers(
    name: Survey,
    since: Since = None,
    until: Until = None,
    tenant: TenantOption = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Answers, the newest first."""
    _show("/v1/survey-answers", ANSWER_COLUMNS, limit, tenant, survey=name, since=since, until=until, as_json=as_json)


@callback.command("list")
def list_callbacks(
    everything: Annotated[bool, typer.Option("--all", help="also those that are done")] = False,
    since: Since = None,
    until: Until = None,
    tenant: TenantOption = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Callers who wait to be called back, the newest first."""
    done = None if everything else "false"
    _show(
        "/v1/callback-requests", CALLBACK_COLUMNS, limit, tenant, done=done, since=since, until=until, as_json=as_json
    )


@callback.command()
def done(
    request: Annotated[str, typer.Argument(help="the request's id")],
    note: Annotated[str, typer.Option(help="what came of it")] = "",
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Say that somebody called back, or gave up."""

    async def work(session: Session) -> Any:
        path = f"/v1/callback-requests/{quote(request, safe='')}/done"
        return await session.client.post("ivr", path, {"note": note}, tenant_id=await session.tenant_id(tenant))

    show_item(talk(work), as_json=as_json)


def _show(
    path: str,
    columns: tuple[str, ...],
    limit: int,
    tenant: str | None,
    *,
    since: str | None,
    until: str | None,
    as_json: bool,
    **query: str | None,
) -> None:
    async def work(session: Session) -> list[dict[str, Any]]:
        asked = {**query, "from": since, "to": until, "tenant_id": await session.tenant_id(tenant)}
        return await session.items("ivr", path, limit, **asked)

    show_items(talk(work), columns, as_json=as_json)
