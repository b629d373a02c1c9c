"""Fixtures every test may use, and the reasons why a test does not run on this machine."""

from __future__ import annotations

import gc
import shutil

import pytest


def find_freeswitch() -> object:
    from tests.support.freeswitch_node import find_freeswitch  # a plugin: pytest is the first to import it

    return find_freeswitch()


NEEDS = {
    "freeswitch": (find_freeswitch, "no FreeSWITCH on this machine (SEDA_FREESWITCH or PATH)"),
    "sipp": (lambda: shutil.which("sipp"), "no sipp on this machine (Debian package sip-tester)"),
    "baresip": (lambda: shutil.which("baresip"), "no baresip on this machine (Debian package baresip-core)"),
}

pytest_plugins = [
    "tests.support.freeswitch_node",
    "tests.support.office",
    "tests.support.nats_server",
    "tests.support.postgres",
    "tests.support.platform",
    "tests.support.workers",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for name, (find, reason) in NEEDS.items():
        if find() is None:
            for item in items:
                if item.get_closest_marker(name):
                    item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """The tests and their modules stay until the end: collecting garbage need not look at them each time (0.3 s)."""
    gc.collect()
    gc.freeze()
