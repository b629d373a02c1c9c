"""``seda tenant|extension|number|trunk``: list, show, create, update, delete, by the API's own field names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.output import print_json, show_done, show_item, show_items
from services.cli.session import AsJson, Limit, Session, TenantOption, is_id, talk
from shared.http.client import ApiProblem

Fields = Annotated[
    list[str] | None, typer.Argument(help="field=value ...; a value that is JSON is sent as it is", show_default=False)
]
Name = Annotated[str, typer.Argument(help="id, or the name people use: number, slug, E.164")]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing in the API.

    Args:
        name: the command's name.
        path: its collection.
        columns: shown in lists.
        natural: the field people name it by.
        of_tenant: whether a tenant has to be named.
        service: whose API it is.
        imports: where a file of many can be taken in, what its report shows of a row.
        narrows: query parameter that asks for things of a name; without: the same as ``natural``.
        plural: several of them; without: with an s.
        row: makes what a list shows of one.
        make, unmake: the commands that make one and take one away.
    """

    name: str
    path: str
    columns: tuple[str, ...]
    natural: str
    of_tenant: bool = True
    service: str = "directory"
    imports: tuple[str, ...] = ()
    narrows: str = ""
    plural: str = ""
    row: Callable[[dict[str, Any]], dict[str, Any]] = dict
    make: str = "create"
    unmake: str = "delete"

    @property
    def several(self) -> str:
        """What many of them are called."""
        return self.plural or f"{self.name}s"


IMPORT_COLUMNS = ("row", "number", "status", "sip_username", "password", "why")
RESOURCES = (
    Resource(
        "tenant", "/v1/tenants", ("slug", "display_name", "domain", "country", "enabled"), "slug", of_tenant=False
    ),
    Resource(
        "extension",
        "/v1/extensions",
        ("number", "display_name", "call_class", "enabled"),
        "number",
        imports=IMPORT_COLUMNS,
    ),
    Resource("device", "/v1/devices", ("sip_username", "display_name", "extension_id", "enabled"), "sip_username"),
    Resource(
        "number",
        "/v1/numbers",
        ("e164", "destination", "display_name", "enabled"),
        "e164",
        imports=IMPORT_COLUMNS,
        narrows="number",
    ),
    Resource("trunk", "/v1/trunks", ("display_name", "kind", "proxy", "prefixes", "enabled"), "display_name"),
    Resource("user", "/v1/users", ("email", "display_name", "roles", "enabled"), "email"),
    Resource("ring-group", "/v1/ring-groups", ("slug", "display_name", "strategy"), "slug", service="routing"),
    Resource(
        "customer",
        "/v1/customers",
        ("name", "numbers", "language", "external_id", "attributes"),
        "name",
        service="ivr",
        imports=("row", "name", "status", "why"),
    ),
)


def command(resource: Resource) -> typer.Typer:
    """The commands of one resource."""
    app = typer.Typer(no_args_is_help=True, help=resource.several)
    _reading(app, resource)
    _writing(app, resource)
    if resource.imports:
        _importing(app, resource)
    return app


def _reading(app: typer.Typer, resource: Resource) -> None:
    @app.command("list", help=resource.several)
    def list_(tenant: TenantOption = None, limit: Limit = 200, as_json: AsJson = False) -> None:
        async def work(session: Session) -> list[dict[str, Any]]:
            return await session.items(
                resource.service, resource.path, limit, **await scope_of(session, resource, tenant)
            )

        found = talk(work)
        show_items(found if as_json else [resource.row(one) for one in found], resource.columns, as_json=as_json)

    @app.command(help=f"one {resource.name}")
    def show(name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
        async def work(session: Session) -> dict[str, Any]:
            return await find(session, resource, name, tenant)

        show_item(talk(work), as_json=as_json)


def _writing(app: typer.Typer, resource: Resource) -> None:
    @app.command(resource.make, help=f"a new {resource.name}: {resource.natural}=... and other fields")
    def create(fields: Fields = None, tenant: TenantOption = None, as_json: AsJson = False) -> None:
        async def work(session: Session) -> dict[str, Any]:
            scope = await scope_of(session, resource, tenant)
            body = parse_fields(fields or [])
            path = resource.path
            if resource.name == "device":  # a device is made at its extension
                if "extension" not in body:
                    raise ApiProblem(422, "invalid", "extension=... says whose device it is", "extension")
                extension = await find(session, RESOURCES[1], str(body.pop("extension")), tenant)
                path = f"/v1/extensions/{extension['id']}/devices"
            made: dict[str, Any] = await session.client.post(resource.service, path, body, **scope)
            return made

        show_item(talk(work), as_json=as_json)

    @app.command(help=f"change fields of a {resource.name}")
    def update(name: Name, fields: Fields = None, tenant: TenantOption = None, as_json: AsJson = False) -> None:
        async def work(session: Session) -> dict[str, Any]:
            item = await find(session, resource, name, tenant)
            scope = await scope_of(session, resource, tenant)
            path = f"{resource.path}/{item['id']}"
            body = parse_fields(fields or [])
            changed: dict[str, Any] = await session.client.request(
                resource.service, "PATCH", path, body=body, query=scope
            )
            return changed

        show_item(talk(work), as_json=as_json)

    @app.command(resource.unmake, help=f"remove a {resource.name}")
    def delete(name: Name, tenant: TenantOption = None, as_json: AsJson = False) -> None:
        async def work(session: Session) -> None:
            item = await find(session, resource, name, tenant)
            scope = await scope_of(session, resource, tenant)
            await session.client.request(resource.service, "DELETE", f"{resource.path}/{item['id']}", query=scope)

        talk(work)
        show_done(f"{resource.name} {name} removed", as_json=as_json)


async def find(session: Session, resource: Resource, name: str, tenant: str | None) -> dict[str, Any]:
    """A thing by its id or by the name people use.

    Raises:
        ApiProblem: there is none, or several have that name.
    """
    scope = await scope_of(session, resource, tenant)
    if is_id(name):
        one: dict[str, Any] = await session.client.get(resource.service, f"{resource.path}/{name}", **scope)
        asked = scope.get("tenant_id")
        if asked and one.get("tenant_id", asked) != asked:
            raise ApiProblem(404, "not_found", f"no {resource.name} {name}")
        return one
    name = name.lower() if resource.natural == "email" else name  # as the directory keeps them
    scope[resource.narrows or resource.natural] = name
    found = [  # customers are asked for by a part of their name
        item
        async for item in session.client.items(resource.service, resource.path, **scope)
        if str(item.get(resource.natural)) == name
    ]
    if len(found) != 1:
        raise ApiProblem(404, "not_found", f"{'no' if not found else len(found)} {resource.name} {name}")
    return dict(found[0])


async def scope_of(session: Session, resource: Resource, tenant: str | None) -> dict[str, Any]:
    """The query that names the tenant, where one has to be named."""
    return {"tenant_id": await session.tenant_id(tenant)} if resource.of_tenant else {}


def parse_fields(words: list[str]) -> dict[str, Any]:
    """``name=value`` words as a body: a value that is JSON other than a number is sent so, the rest as text.

    Numbers stay text because most of the API's numbers are telephone numbers; ``max_calls:=5`` sends the number 5.
    """
    body: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{word!r} is not field=value")
        exact = name.endswith(":")
        body[name.rstrip(":")] = _value(value, exact=exact)
    return body


def _value(text: str, *, exact: bool) -> Any:
    if exact or text in {"true", "false", "null"} or text[:1] in {"[", "{"}:
        try:
            return json.loads(text, parse_constant=_no_number)
        except ValueError as error:
            raise typer.BadParameter(f"{text!r} is not JSON") from error
    return text


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is a number for Python alone")


def _importing(app: typer.Typer, resource: Resource) -> None:
    @app.command("import", help=f"take in {resource.several} from a file; prints the report, row by row")
    def import_(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a heading, or a JSON list")],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would happen")] = False,
        all_or_nothing: Annotated[
            bool, typer.Option("--all-or-nothing", help="one wrong row and none is kept")
        ] = False,
        tenant: TenantOption = None,
        as_json: AsJson = False,
    ) -> None:
        media_type = "text/csv" if file.suffix.lower() == ".csv" else "application/json"

        async def work(session: Session) -> Any:
            query = {
                "tenant_id": await session.tenant_id(tenant),
                "mode": "all_or_nothing" if all_or_nothing else "best_effort",
                "dry_run": str(dry_run).lower(),
            }
            path = f"{resource.path}/import"
            return await session.client.send_file(resource.service, path, file.read_bytes(), media_type, **query)

        report = talk(work)
        if as_json:
            print_json(report)
        else:
            show_items([_imported(row) for row in report["rows"]], resource.imports, as_json=False)
        if report["refused"]:
            raise typer.Exit(1)


def _imported(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the report in one line: what became of it, the phone that was made, or why not."""
    device = row.get("device") or {}
    why = "; ".join(f"{error['field']}: {error['detail']}" for error in row.get("errors", []))
    return {**row, "why": why, "sip_username": device.get("sip_username"), "password": device.get("password")}
