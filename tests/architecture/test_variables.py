"""No environment variable is read that no page tells of."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields

from pydantic_settings import BaseSettings

from services.cli.settings import Profile
from shared.bus.leases import LEASE_STREAM
from shared.contracts.catalogue import STREAMS
from tests.architecture.sources import PROJECT, files, name, tree

PAGES = ("docs/settings.md", "freeswitch/README.md", "freeswitch/simulator/README.md")
OURS = re.compile(r"(?<![A-Z0-9_])(?:SEDA|DIRECTORY|ROUTING|REPORTING|IVR|ACD|SWITCHLINK)_[A-Z][A-Z0-9_]*")
NO_VARIABLES = {stream.name for stream in STREAMS} | {LEASE_STREAM.removeprefix("KV_")}
"""Streams of the bus are written in the same way."""
OF_THE_SYSTEM = {"PATH", "PYTEST_XDIST_WORKER"}
"""Read, and explained by the manuals of the system and of pytest."""
NAMED_BY_THE_PROFILE = {"services/cli/settings.py"}
"""Reads what the fields of its profile are called: `test_every_field_of_the_command_lines_profile_...`."""


def told() -> re.Pattern[str]:
    """Every variable of the pages; `<USER>` stands for one a user."""
    found = {
        variable
        for page in PAGES
        for line in (PROJECT / page).read_text().splitlines()
        if line.startswith("|")
        for variable in re.findall(r"`([A-Z][A-Z0-9_<>]*)`", line.split(" | ")[0])
    }
    return re.compile("|".join(sorted(re.sub(r"<\w+>", "[A-Z0-9_]*", variable) for variable in found)))


def undocumented(variables: set[tuple[str, str]]) -> list[str]:
    pattern = told()
    return sorted(f"{where}: {variable}" for where, variable in variables if not pattern.fullmatch(variable))


def constants(module: ast.Module) -> dict[str, str]:
    """Texts that a module gives names to."""
    return {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def reads(module: ast.Module) -> Iterator[ast.expr]:
    """What stands between the brackets of each `os.environ[...]`, `os.environ.get(...)` and `os.getenv(...)`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield node.slice
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
            yield node.args[0]


def test_every_variable_that_a_program_reads_is_told_of() -> None:
    read: set[tuple[str, str]] = set()
    unknown = []
    for path in files():
        named = constants(tree(path))
        for key in reads(tree(path)):
            if isinstance(key, ast.Constant):
                read.add((name(path), str(key.value)))
            elif isinstance(key, ast.Name) and key.id in named:
                read.add((name(path), named[key.id]))
            elif name(path) not in NAMED_BY_THE_PROFILE:
                unknown.append(f"{name(path)}: {ast.unparse(key)}")
    assert {variable for _, variable in read} >= {"SEDA_NATS_SERVER", "SEDA_PROFILE", "SEDA_TEST_DATABASE_URL", "PATH"}
    assert unknown == [], "nobody can tell which variables these are"
    assert undocumented({(where, variable) for where, variable in read if variable not in OF_THE_SYSTEM}) == []


def test_every_name_of_a_variable_in_a_program_is_told_of() -> None:
    """Also those that are read by other ways than `os.environ`: a mapping that is handed on, an argument's default."""
    written = {
        (name(path), node.value)
        for path in files("shared", "services", "freeswitch", "deploy")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OURS.fullmatch(node.value)
    }
    assert {variable for _, variable in written} >= {"SEDA_SIMULATOR_SPEED", "SEDA_DATABASE_ADMIN_URL"}
    assert undocumented({one for one in written if one[1] not in NO_VARIABLES}) == []


def test_every_variable_of_images_compose_chart_scripts_and_freeswitch_is_told_of() -> None:
    places = [
        *(path for pattern in ("*.yaml", "*.tpl", "*.sh", "*.xml", "*.conf") for path in PROJECT.rglob(pattern)),
        *PROJECT.rglob("Dockerfile"),
        *PROJECT.rglob("*.env.example"),
        PROJECT / "Makefile",
        PROJECT / ".ci" / "run",
    ]
    ours = [path for path in places if not {"var", ".venv"} & set(path.relative_to(PROJECT).parts)]
    written = {(name(path), variable) for path in ours for variable in OURS.findall(path.read_text())}
    assert {variable for _, variable in written} >= {"SEDA_SIGNALWIRE_TOKEN_FILE", "SEDA_MAX_SESSIONS", "IVR_CALL_HOST"}
    assert undocumented({one for one in written if one[1] not in NO_VARIABLES}) == []


def test_every_field_of_settings_is_told_of() -> None:
    """Of those that no page was asked to show, too."""
    for path in files("shared", "services", "deploy"):
        if path.name == "settings.py":
            importlib.import_module(".".join(path.relative_to(PROJECT).with_suffix("").parts))
    kinds = [kind for kind in below(BaseSettings) if kind.__module__.startswith(("shared.", "services.", "deploy."))]
    read = {
        (f"{kind.__module__}.{kind.__name__}", f"{prefix}{field}".upper())
        for kind in kinds
        if (prefix := kind.model_config.get("env_prefix"))
        for field in kind.model_fields
    }
    assert {variable for _, variable in read} >= {"DIRECTORY_BOOTSTRAP_PASSWORD", "SEDA_VAR", "IVR_MAX_CALLS"}
    assert undocumented(read) == []


def below(kind: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def test_every_field_of_the_command_lines_profile_is_told_of() -> None:
    assert undocumented({("services/cli/settings.py", f"SEDA_{field.name.upper()}") for field in fields(Profile)}) == []


def test_a_variable_nobody_told_of_is_found() -> None:
    assert undocumented({("here", "SEDA_NEVER_HEARD_OF"), ("here", "SEDA_VAR")}) == ["here: SEDA_NEVER_HEARD_OF"]
    module = ast.parse("import os\nA = 'SEDA_A'\nos.environ[A], os.getenv('SEDA_B'), os.environ.get('SEDA_C', 1)")
    assert [ast.unparse(key) for key in reads(module)] == ["A", "'SEDA_B'", "'SEDA_C'"]
    assert constants(module) == {"A": "SEDA_A"}
