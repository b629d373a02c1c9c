"""How tests are spread over the workers of `pytest -n`: by file, the long files first, the heaviest one after another.

Without `-n` tests run in the usual order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

HEAVY = tuple(f"tests/e2e/test_{name}.py" for name in ("faults", "ivr_faults", "queue_faults", "make_run"))
"""Each starts platforms of its own, or has a hundred callers: two of them side by side leave no core to the other."""
LAYERS = {"e2e": 1, "contract": 2, "integration": 2}
"""Begun in this order, what is not named last: small files at the end, so that no worker waits for another."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, str]:
    """By layer, then the file's name, which mixes contracts (waiting for a switch) with integration (computing)."""
    path = item.path.relative_to(item.config.rootpath)
    return (0 if path.as_posix() in HEAVY else LAYERS.get(path.parts[1], 3)), path.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """For `--dist loadfile`, the heavy files count as one."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # it would begin with the files of most tests, which are the quickest

    class HeavyTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return HEAVY[0] if Path(file).as_posix() in HEAVY else file

    return HeavyTogether(config, log)
