"""mod_callcenter on the switch that is measured: its configuration, its agents, its turn."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.load.bench_platform import switch
from tests.load.sipp import Pair
from tests.support.freeswitch_node import REPOSITORY
from tests.support.platform import LivePlatform

FILES = Path(__file__).parent / "mod_callcenter"
QUEUE = "bench@seda"
FINE_CLOCK = '<param name="1ms-timer" value="true"/>'
"""The clock that events carry ticks every 20 ms by default (``switch_time.c``), too coarse for what is measured."""
WITHOUT_PAUSES = ("wrap_up_time", "reject_delay_time", "busy_delay_time", "no_answer_delay_time", "max_no_answer")


class NotBuilt(Exception):
    """This FreeSWITCH has no mod_callcenter."""


def conf(home: Path) -> Path:
    """A copy of Seda's configuration in which the fallback dialplan leads into the peer's queue."""
    copy = home / "conf"
    shutil.copytree(REPOSITORY / "freeswitch" / "conf", copy)
    shutil.copy(FILES / "dialplan.xml", copy / "dialplan" / "fallback.xml")
    shutil.copy(FILES / "callcenter.conf.xml", copy / "autoload_configs" / "callcenter.conf.xml")
    core = copy / "autoload_configs" / "switch.conf.xml"
    core.write_text(core.read_text().replace("</settings>", f"{FINE_CLOCK}</settings>"))
    return copy


async def load(platform: LivePlatform) -> None:
    """Load the module. Raises NotBuilt."""
    if (await switch(platform, "module_exists mod_callcenter")).strip() != "true":
        said = await switch(platform, "load mod_callcenter")
        if (await switch(platform, "module_exists mod_callcenter")).strip() != "true":
            raise NotBuilt(f"this FreeSWITCH has no mod_callcenter: {said.strip()[:200]}")


async def add_agents(platform: LivePlatform, phones: Sequence[Pair]) -> None:
    """The callees as agents of the queue, reached as Seda reaches them."""
    for pair in phones:
        name = f"{pair.callee}@seda"
        await _tell(platform, f"agent add {name} callback")
        await _tell(platform, f"agent set contact {name} sofia/phones/{pair.callee}%{pair.domain}")
        for pause in WITHOUT_PAUSES:
            await _tell(platform, f"agent set {pause} {name} 0")
        await _tell(platform, f"tier add {QUEUE} {name} 1 1")


async def on_duty(platform: LivePlatform, phones: Sequence[Pair], status: str) -> None:
    """All agents ``Available``, or ``Logged Out``."""
    for pair in phones:
        await _tell(platform, f"agent set status {pair.callee}@seda '{status}'")


async def _tell(platform: LivePlatform, words: str) -> None:
    said = await switch(platform, f"callcenter_config {words}")
    if not said.startswith("+OK"):
        raise RuntimeError(f"callcenter_config {words}: {said.strip()}")
