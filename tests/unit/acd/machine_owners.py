"""What becomes of owners, switches, and all that is under way between them, on any floor."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.unit.acd import any_floor
from tests.unit.acd.any_floor import LOST_WITH_ITS_OWNER, NUMBER
from tests.unit.acd.machine_floor import AnyFloor


class OwnersAndSwitches(AnyFloor):
    """News and commands come late, twice or not at all; owners die, and switches."""

    @precondition(lambda self: len(self.switches.commands) > 0)
    @rule(number=NUMBER, lost=st.sampled_from([""] * 5 + ["command", "reply"]))
    def command_arrives(self, number: int, lost: str) -> None:
        owner, action = self.switches.commands.pop(number % len(self.switches.commands))
        if lost:
            self.switches.fail(owner, action, done=lost == "reply")
        else:
            self.carries_out(owner, action)

    @precondition(lambda self: len(self.switches.news) > 0)
    @rule(number=NUMBER, times=st.sampled_from([1, 1, 1, 1, 2, 0]), stored=st.booleans())
    def news_arrive(self, number: int, times: int, stored: bool) -> None:
        index = number % len(self.switches.news)
        if self.switches.news[index].owner is not None and self.switches.news[index].kind != "seen":
            times = max(times, 1)  # an answer is awaited, until it is known that none will come
        news = self.switches.news.pop(index)
        for _ in range(times):
            self.is_told(news)
        self.settles(really=stored)

    @rule(seconds=st.sampled_from([0.1, 1, 2.5, 31]))
    def time_passes(self, seconds: float) -> None:
        self.centre.now += timedelta(seconds=seconds)
        self.settles()

    @rule(node=st.sampled_from(["", "", "", "node-1", "node-2"]))
    def node_is_lost(self, node: str) -> None:
        if node:
            self.switches.lose(node)

    @rule()
    def reality_is_looked_at(self) -> None:
        self.reality_is_seen()

    @rule(under_way=st.sampled_from(["lives", "lives", "lost", "arrives", "stays"]), looks=st.booleans())
    def owner_dies(self, under_way: str, looks: bool) -> None:
        """Commands under way may arrive all the same, at once or late; answers to them reach nobody."""
        if under_way == "lives":
            return
        if under_way == "arrives":
            for owner, action in list(self.switches.commands):
                self.carries_out(owner, action)
        else:
            any_floor.thirds_are_ended(self)
        if under_way != "stays":
            self.are_commands_lost |= bool(self.switches.commands)
            self.switches.commands.clear()
        self.switches.news = [news for news in self.switches.news if news.kind not in LOST_WITH_ITS_OWNER]
        self.owner += 1
        self.centre.dies()
        self.settles(really=not looks)
        if looks:
            self.reality_is_looked_at()
