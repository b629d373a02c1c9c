"""A service process carries no parts of libraries that it never uses."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from shared.runtime.unused import ABSENT, UNUSED

LEAN = "import sys; from shared.runtime.unused import *; from shared.runtime.unused import _LeftOut; leave_out_unused()"


def _run(*lines: str) -> str:
    """What a fresh Python prints: what is left out stays out of this one."""
    program = "\n".join([LEAN, *lines])
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("service", ["acd", "directory", "ivr", "reporting", "routing"])
def test_service_process_loads_nothing_that_it_never_uses(service):
    left = ("alembic", "click", "httpx", "multiprocessing", "pygments", "rich")
    assert _run(
        f"import services.{service}.app, shared.bus.nats, uvicorn.server",
        f"print([name for name in {left!r} if name in sys.modules])",
        "print([name for name in UNUSED if not isinstance(sys.modules[name], _LeftOut)])",
    ).split() == ["[]", "[]"]


def test_every_module_left_out_is_one_that_the_library_has():
    here = sys.modules  # a module that took its own place there, as some of cryptography do, has no spec
    assert [name for name in (*ABSENT, *UNUSED) if name not in here and importlib.util.find_spec(name) is None] == []


def test_who_uses_a_module_left_out_is_told_why_it_is_not_there():
    told = _run(
        "from sqlalchemy.orm import scoped_session",
        "try: scoped_session()",
        "except RuntimeError as error: print(error)",
    )
    assert told.startswith("sqlalchemy.orm.scoping.scoped_session is not loaded in a service")


def test_docstrings_of_libraries_go_and_those_that_openapi_shows_stay():
    assert _run(
        "import services.routing.app, sqlalchemy",
        "from services.routing.api.ring_groups import create_ring_group, RingGroupView",
        "gone = sqlalchemy.create_engine, sqlalchemy.Table.__init__, sqlalchemy.orm.Session",
        "print(*(thing.__doc__ or None for thing in gone))",
        "print(create_ring_group.__doc__, RingGroupView.__doc__)",
        "print(sqlalchemy.select(sqlalchemy.literal(1)))",
    ).splitlines() == ["None None None", "Make a ring group. A ring group.", "SELECT :param_1 AS anon_1"]


def test_gevent_keeps_its_compiled_event_loop():
    assert _run("import gevent", "print(gevent.config.loop.__module__)") == "gevent.libev.corecext"


def test_tokens_are_signed_and_read_without_the_algorithms_left_out():
    assert (
        _run(
            "import jwt",
            "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey",
            "key = Ed25519PrivateKey.generate()",
            "token = jwt.encode({'sub': 'sara'}, key, algorithm='EdDSA')",
            "print(jwt.decode(token, key.public_key(), algorithms=['EdDSA'])['sub'])",
        )
        == "sara"
    )


def test_who_waits_for_an_answer_of_the_switch_is_told_of_the_error():
    """gevent keeps an error's traceback pickled."""
    assert (
        _run(
            "from gevent.event import AsyncResult",
            "answer = AsyncResult()",
            "answer.set_exception(ValueError('the switch let go of the call'))",
            "try: answer.get()",
            "except ValueError as error: print(error)",
        )
        == "the switch let go of the call"
    )


def test_what_a_service_loads_only_when_it_needs_it_can_be_loaded():
    later = "aiosmtplib, argon2, httpcore, numpy, phonenumbers, soundfile, soxr, email.headerregistry"
    assert (
        _run("import services.ivr.app", f"import {later}, hijridate, persiantools.jdatetime", "print('all')") == "all"
    )
