"""What stands where."""

import ast
import tomllib

import pytest

from tests.architecture.sources import PROJECT, files, name, tree

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
QUERY_WORDS = {"select", "insert", "update", "delete", "text", "func"}
QUERY_MODULES = ("sqlalchemy", "sqlmodel")
SERVICE_FILES = {"__init__", "__main__", "app", "settings"}
CLIENTS = {"cli"}
SERVICES = sorted(place.parent.name for place in (PROJECT / "services").glob("*/__main__.py"))
SERVICES = [name for name in SERVICES if name not in CLIENTS]


def imported(path):
    """(module, name) of each import of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_no_vague_names():
    assert [name(path) for path in files() if path.stem in VAGUE or path.parent.name in VAGUE] == []


def test_queries_stand_only_in_stores():
    allowed = {"store.py", "models.py"}
    offenders = [
        f"{name(path)}: {module}.{word}"
        for path in files("services")
        if path.name not in allowed
        and not path.name.startswith("store_")
        and "store" not in path.parent.parts[-1:]
        and "migrations" not in path.parts
        for module, word in imported(path)
        if module.startswith(QUERY_MODULES) and word in QUERY_WORDS
    ]
    assert offenders == []


@pytest.mark.parametrize("service", ["directory", "routing", "reporting", "ivr", "acd", "switchlink"])
def test_services_have_the_same_skeleton(service):
    place = PROJECT / "services" / service
    modules = {path.stem for path in place.glob("*.py")}
    assert modules >= SERVICE_FILES
    assert (place / "domain" / "__init__.py").exists()
    assert (place / "README.md").exists(), f"services/{service}/README.md is missing"


def test_no_service_is_outside_the_rules_about_imports_and_types():
    """A service that is missing from a list of ``pyproject.toml`` would be held to nothing."""
    tool = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    contracts = {contract["name"]: contract for contract in tool["importlinter"]["contracts"]}
    independent = next(one for name, one in contracts.items() if name.startswith("services know shared only"))
    pure = next(one for name, one in contracts.items() if name.startswith("rules are pure"))
    domains = {f"services.{service}.domain" for service in SERVICES}
    assert {f"services.{service}" for service in (*SERVICES, *CLIENTS)} - set(independent["modules"]) == set()
    assert domains - set(pure["source_modules"]) == set()
    assert domains - set(tool["mypy"]["packages"]) == set()


def test_subjects_are_written_only_where_messages_are_declared():
    offenders = [
        f"{name(path)}: {node.value!r}"
        for path in files("services", "shared", "deploy")
        if path.parent.name != "contracts"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("seda.evt.", "seda.cmd."))
        and "\n" not in node.value
    ]
    assert offenders == []


def test_composition_has_no_side_effect_at_import():
    """``build`` is a function, and no module of a service opens anything when it is imported."""
    calls_allowed = {
        "get_logger",
        "TypeVar",
        "frozenset",
        "tuple",
        "text",
        "compile",
        "NewType",
        "dataclass",
        "metadata_for",
    }
    for service in ("directory", "routing", "reporting", "ivr", "acd", "switchlink"):
        module = tree(PROJECT / "services" / service / "app.py")
        names = {node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert "build" in names, service
        for node in module.body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                called = node.value.func
                word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "?")
                assert word in calls_allowed, f"services/{service}/app.py calls {word} at import"


def test_nothing_speaks_of_the_machine_it_was_written_on():
    texts = [
        path
        for pattern in (
            "*.py",
            "*.md",
            "*.toml",
            "*.lock",
            "*.yaml",
            "*.yml",
            "*.xml",
            "*.json",
            "Makefile",
            "Dockerfile",
        )
        for path in PROJECT.rglob(pattern)
        if not {".venv", "var", "node_modules", ".git"} & set(path.relative_to(PROJECT).parts)
        and not any(part.startswith(".") and part != ".ci" for part in path.relative_to(PROJECT).parts)
    ]
    words = ["/" + "root/", "/" + "work/", "/" + "opt/fs", "index" + "-url"]
    offenders = [f"{name(path)}: {word}" for path in texts for word in words if word in path.read_text(errors="ignore")]
    assert offenders == []
