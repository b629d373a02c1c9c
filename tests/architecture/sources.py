"""The project's own sources, for the rules about them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ROOTS = ("shared", "services", "freeswitch", "deploy", "tests")


@cache
def files(*roots: str) -> tuple[Path, ...]:
    """Python files below these folders, by path."""
    return tuple(sorted(path for root in roots or ROOTS for path in (PROJECT / root).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(), str(path))


def name(path: Path) -> str:
    """A file's path as people write it."""
    return path.relative_to(PROJECT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its length in lines, decorators and docstring not counted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring
