"""Libraries without their docstrings, which are for people who read the sources: some 4 MB of each service process.

``python -OO`` would drop Seda's own too, which OpenAPI shows, and its assertions. Here docstrings go as each module is
loaded, before functions and classes are made of its code: dropped afterwards they would leave holes, and a class keeps
a second copy of its own in any case.
"""

from __future__ import annotations

import inspect
import opcode
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from types import CodeType

KEPT = ("services.", "shared.", "sqlalchemy.engine.events", "sqlalchemy.orm.events", "sqlalchemy.pool.events")
"""Beginnings of the names of modules that keep their docstrings: Seda's, and those that SQLAlchemy adds words to."""

_LOAD_CONST = opcode.opmap["LOAD_CONST"]
_NOP = opcode.opmap["NOP"]
_STORE_NAME = opcode.opmap["STORE_NAME"]


class _Terse(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType | None:
        code = super().get_code(fullname)
        return code if code is None or fullname.startswith(KEPT) else without_docstrings(code)


def leave_out_docstrings() -> None:
    """Load what is imported from now on without docstrings, Seda's own packages excepted."""
    hook = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_Terse, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()


def without_docstrings(module: CodeType) -> CodeType:
    """The code of a module with no docstring in its functions and classes, as ``-OO`` would have compiled them.

    The module's own stays: some print it as their help. So does one that is a constant of the code as well.
    """
    return _with(module, [_stripped(const) if type(const) is CodeType else const for const in module.co_consts])


def _stripped(code: CodeType) -> CodeType:
    constants = [_stripped(const) if type(const) is CodeType else const for const in code.co_consts]
    if code.co_flags & inspect.CO_OPTIMIZED:
        if _has_docstring(code):
            constants[0] = None
        return _with(code, constants)
    stored = _stored_docstring(code)
    if stored is None:
        return _with(code, constants)
    constants[code.co_code[stored + 1]] = None
    plain = code.co_code[:stored] + bytes((_NOP, 0, _NOP, 0)) + code.co_code[stored + 4 :]
    return code.replace(co_consts=tuple(constants), co_code=plain)


def _with(code: CodeType, constants: list[object]) -> CodeType:
    if all(new is old for new, old in zip(constants, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=tuple(constants))


def _has_docstring(function: CodeType) -> bool:
    """Whether the first constant is that and nothing else. Lambdas and comprehensions have none."""
    first = function.co_consts[0] if function.co_consts else None
    return isinstance(first, str) and not function.co_name.startswith("<") and not _loads(function.co_code, 0)


def _stored_docstring(body: CodeType) -> int | None:
    """Where the body of a class loads its docstring to store it as ``__doc__``."""
    if "__doc__" not in body.co_names:
        return None
    code = body.co_code
    at = code.find(bytes((_STORE_NAME, body.co_names.index("__doc__")))) - 2
    if at < 0 or at % 2 or code[at] != _LOAD_CONST or _loads(code, code[at + 1]) != 1:
        return None
    return at if isinstance(body.co_consts[code[at + 1]], str) else None


def _loads(code: bytes, constant: int) -> int:
    """How often it is loaded; never too few."""
    return code.count(bytes((_LOAD_CONST, constant)))
