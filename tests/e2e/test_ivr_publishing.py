"""Two editors of one flow over REST, while callers are in it, on both switches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.http.client import ApiProblem
from tests.support.call_flows import number_of, played, publish, text, told
from tests.support.company import PATIENCE_SECONDS, Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


def line(words: str, exit_name: str) -> dict[str, Any]:
    """A menu whose only key says which editor wrote it."""
    menu = {
        "type": "menu",
        "announcement": text(en=words),
        "tries": 1,
        "first_seconds": 30,
        "exits": {exit_name: "bye", "no_input": "bye", "invalid": "bye"},
    }
    return {"start": "menu", "nodes": {"menu": menu, "bye": {"type": "hangup"}}}


async def test_of_two_editors_the_second_is_told_and_callers_keep_their_version(company: Company) -> None:
    alice = await company.phone("201")
    first = await publish(company, "line", line("One", "1"))
    path = f"/v1/flows/{first['id']}"
    number = await number_of(company, "flow:line")

    async with told(company) as events, played(company.platform) as sounds:
        before = await alice.dial(number)
        await sounds.sound("/spoken/")
        saves = [save(company, path, line("Two", key), first["revision"]) for key in ("2", "3")]
        saved = [one for one in await asyncio.gather(*saves) if isinstance(one, dict)]
        assert len(saved) == 1, "both editors saved over each other"
        publishing = [publish_now(company, path, saved[0]["revision"]) for _ in range(2)]
        published = [one for one in await asyncio.gather(*publishing) if isinstance(one, dict)]
        assert [one["published_version"] for one in published] == [2]
        [key] = saved[0]["draft"]["nodes"]["menu"]["exits"].keys() - {"no_input", "invalid"}

        await before.dtmf("1")  # who came before still has the first version
        await events.event("flow.passed", node="menu", exit="1", flow_version=1)
        assert await before.ended() == 200
        after = await alice.dial(number)
        await sounds.sound("/spoken/", count=2)
        await after.dtmf(key)
        await events.event("flow.passed", node="menu", exit=key, flow_version=2)
        assert await after.ended() == 200


async def save(company: Company, path: str, draft: dict[str, Any], revision: int) -> dict[str, Any] | int:
    """A draft saved over the revision that its editor saw."""
    return await told_if_changed(company.change("ivr", "PATCH", path, {"draft": draft, "revision": revision}))


async def publish_now(company: Company, path: str, revision: int) -> dict[str, Any] | int:
    """What an editor saw, published."""
    return await told_if_changed(company.post("ivr", f"{path}/publish", {"revision": revision}))


async def told_if_changed(asked: Any) -> dict[str, Any] | int:
    """The flow; 412 when somebody else was quicker."""
    try:
        return dict(await asyncio.wait_for(asked, PATIENCE_SECONDS))
    except ApiProblem as problem:
        if (problem.status, problem.code) != (412, "revision_conflict"):
            raise
        return problem.status
