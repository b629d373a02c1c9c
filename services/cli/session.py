"""One command's talk with the services: sign in, ask, print, or fail with one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from rich.markup import escape

from services.cli.output import errors
from services.cli.settings import Profile, ProfileUnreadable, load_profile
from shared.http.client import ApiClient, ApiProblem, ServiceAway

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="print what the API answered")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="slug or id; platform administrators only")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="how many at most")]


class Session:
    """The services, signed in, and the tenant that is meant."""

    def __init__(self, client: ApiClient, profile: Profile) -> None:
        self.client = client
        self._profile = profile

    async def tenant_id(self, named: str | None) -> str | None:
        """The tenant to ask about: named here, else by the profile (not for an API key's sake), else one's own.

        Raises:
            ApiProblem: there is no such tenant.
        """
        wanted = named or ("" if self._profile.api_key else self._profile.tenant)
        if not wanted:
            return None
        if is_id(wanted):
            return str((await self.client.get("directory", f"/v1/tenants/{wanted}"))["id"])
        async for tenant in self.client.items("directory", "/v1/tenants", slug=wanted):
            if tenant["slug"] == wanted:
                return str(tenant["id"])
        raise ApiProblem(404, "not_found", f"no tenant {wanted}")

    async def items(self, service: str, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
        """Up to ``limit`` items of a list."""
        found: list[dict[str, Any]] = []
        async for item in self.client.items(service, path, limit=min(limit, 200), **query):
            found.append(item)
            if len(found) == limit:
                break
        return found


def is_id(name: str) -> bool:
    """Whether it is an id rather than a name."""
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def talk(work: Callable[[Session], Awaitable[T]]) -> T:
    """Do ``work`` in a session; a refusal ends the program with status 1 and one line, a missing service with 2."""
    try:
        return asyncio.run(_talk(work))
    except ApiProblem as problem:
        errors.print(f"[red]refused:[/red] {escape(str(problem))}")
        raise typer.Exit(1) from problem
    except (ServiceAway, ProfileUnreadable) as error:
        errors.print(f"[red]cannot ask:[/red] {escape(str(error))}")
        raise typer.Exit(2) from error


async def _talk(work: Callable[[Session], Awaitable[T]]) -> T:
    profile = load_profile()
    async with ApiClient(profile.urls, profile.credentials, timeout=60.0) as client:
        return await work(Session(client, profile))
