"""What documents name is there: the page behind a link, the module, the make target, the command line, the file."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
import typer

from services.cli.__main__ import app
from tests.architecture.sources import PROJECT, files, name

NOT_OURS = {"var", "node_modules"}
HEADING = re.compile(r"^#+\s+(.+)$", re.M)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
CODE = re.compile(r"``?([^`\n]+?)``?(?!`)")
MODULE = re.compile(r"python3? -m ([\w.]+)(?![\w.]|<|\{)")
TARGET = re.compile(r"(?:^|`)\s*make ([a-z][a-z-]*)", re.M)
PLACE = re.compile(r"(?:services|shared|freeswitch|deploy|tests|docs|helm)/[^\s`]*")


def documents() -> list[Path]:
    """Every page of the project."""
    return [path for path in sorted(PROJECT.rglob("*.md")) if is_ours(path)]


def is_ours(path: Path) -> bool:
    parts = path.relative_to(PROJECT).parts
    return not NOT_OURS & set(parts) and not any(part.startswith(".") for part in parts)


def written() -> list[Path]:
    """Whatever tells somebody to type a command."""
    others = [PROJECT / "Makefile", PROJECT / ".ci" / "run"]
    others += [path for path in (*PROJECT.rglob("*.yaml"), *PROJECT.rglob("NOTES.txt")) if is_ours(path)]
    others += [path for path in PROJECT.rglob("Dockerfile") if is_ours(path)]
    return [*documents(), *others, *files()]


@cache
def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(), re.M))


def anchors(page: Path) -> set[str]:
    """Names of a page's headings in links."""
    words = (re.sub(r"[`*]", "", heading).strip().lower() for heading in HEADING.findall(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in words}


@pytest.mark.parametrize("page", documents(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        place, _, anchor = link.partition("#")
        there = (page.parent / place).resolve() if place else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", documents(), ids=name)
def test_places_of_the_project_that_a_page_names_are_there(page: Path) -> None:
    """`services/<name>/README.md` stands for one of many, `a/{b,c}.py` for two, `tests/e2e/test_phone_*.py` for all."""
    named = [place for code in CODE.findall(FENCE.sub("", page.read_text())) for place in PLACE.findall(code)]
    lost = [
        place
        for place in named
        for one in alternatives(re.sub(r"<[^>]*>", "*", place))
        if not any(PROJECT.glob(one.rstrip("/.,:;)")))
    ]
    assert lost == []


def alternatives(text: str) -> list[str]:
    """``a/{b,c}.py`` as ``a/b.py`` and ``a/c.py``."""
    braces = re.search(r"\{([^{}]*)\}", text)
    if braces is None:
        return [text]
    before, after = text[: braces.start()], text[braces.end() :]
    return [one for word in braces[1].split(",") for one in alternatives(before + word + after)]


def test_modules_that_are_run_can_be_run() -> None:
    named = {module for path in written() for module in MODULE.findall(path.read_text())}
    named |= set(re.findall(r"\$\(BIN\)/python -m ([\w.]+)", (PROJECT / "Makefile").read_text()))
    assert {"deploy.local", "tests.load", "services.directory"} <= named
    assert [module for module in sorted(named) if not runs(module)] == []


def runs(module: str) -> bool:
    """Whether a module can be found and has something to run."""
    try:
        found = importlib.util.find_spec(module)
        if found is not None and found.submodule_search_locations is not None:
            found = importlib.util.find_spec(f"{module}.__main__")
    except ModuleNotFoundError:
        return False
    return found is not None


def test_what_is_to_be_made_can_be_made() -> None:
    asked = {
        (name(path), target)
        for path in written()
        if path.name != "Makefile"
        for target in TARGET.findall(path.read_text() if path.suffix != ".py" else backquoted(path))
    }
    assert {("README.md", "run"), ("README.md", "test"), (".ci/run", "test")} <= asked
    assert sorted((page, target) for page, target in asked if target not in targets()) == []


def backquoted(path: Path) -> str:
    """Of a Python file only what its texts quote."""
    return "\n".join(f"`{code}" for code in CODE.findall(path.read_text()))


def test_every_target_says_what_it_is_for() -> None:
    said = set(re.findall(r"^([a-z][a-z-]*):.*## ", (PROJECT / "Makefile").read_text(), re.M))
    assert targets() == said


def command_lines() -> Iterator[tuple[str, str]]:
    """(page, line) of every `seda ...` that a page shows."""
    for page in documents():
        text = page.read_text()
        shown = [line for block in FENCE.findall(text) for line in block.splitlines()]
        shown += CODE.findall(FENCE.sub("", text)) + re.findall(r"^ {4}(.+)$", text, re.M)
        for line in shown:
            if found := re.match(r"\s*(?:\S*/)?seda (.+)", line):
                yield name(page), found[1]


@pytest.mark.parametrize(("page", "line"), list(command_lines()))
def test_command_lines_are_understood(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    command: click.Command = typer.main.get_command(app)
    context = None
    while isinstance(command, click.Group) or hasattr(command, "resolve_command"):
        context = command.make_context(command.name or "seda", words, parent=context)
        words = [*getattr(context, "_protected_args", ()), *context.args]
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    command.make_context(command.name, words, parent=context)


def test_readme_shows_the_command_line() -> None:
    assert len([line for page, line in command_lines() if page == "README.md"]) >= 5
