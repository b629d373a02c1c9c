"""Results that the table does not take: kept in files, tried again, and never in the way of the others."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.results_spool import FOLDER, ResultsSpool, WaitingCall, WaitingFlow, read, written
from tests.unit.ivr.calls import END, flow
from tests.unit.routing.town import ACME, NOON

FLOW = flow({"ask": END})
CALL = WaitingCall(
    CallFacts(tenant_id=str(ACME.id), call_id="c-1", leg_id="l-1", caller_number="+989121234567"),
    WaitingFlow(FLOW.ref, FLOW.slug),
    "ask",
    "fa",
)
ANSWER = SurveyAnswer("care", "rating", "one_to_five", 5, "", 0.0, "201", "support")


class Table:
    """Takes results, unless it is away or does not like them."""

    def __init__(self) -> None:
        self.away = True
        self.rows: list[Any] = []

    async def keep(self, _: UUID, call: Any, what: Any, at: datetime) -> None:
        if self.away:
            raise ConnectionRefusedError
        if call.node == "refused":
            raise ValueError("too long")
        self.rows.append((call.node, what, at))


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def spool(tmp_path: Path, table: Table) -> ResultsSpool:
    return ResultsSpool(tmp_path, table.keep, lambda error: isinstance(error, OSError))


@pytest.mark.parametrize(
    "what", [ANSWER, CallbackRequest("0211", "sales"), RecordedMessage("ask", "شکایت", "messages/l-1-ask", 3.5)]
)
def test_a_result_comes_back_from_its_file_as_it_was(what: Any) -> None:
    found = read(written(ACME.id, CALL, what, NOON))
    assert (found.tenant_id, found.call, found.what, found.at) == (ACME.id, CALL, what, NOON)


async def test_it_waits_while_the_table_is_away_and_is_written_once(
    spool: ResultsSpool, table: Table, tmp_path: Path
) -> None:
    await spool.put(ACME.id, CALL, ANSWER, NOON)
    assert await spool.flush() == 1
    table.away = False
    assert await spool.flush() == 0
    assert await spool.flush() == 0
    assert table.rows == [("ask", ANSWER, NOON)]
    assert not list((tmp_path / FOLDER).iterdir())


async def test_one_that_is_never_taken_is_set_aside(spool: ResultsSpool, table: Table, tmp_path: Path) -> None:
    table.away = False
    broken = WaitingCall(CALL.facts, CALL.flow, "refused", "en")
    await spool.put(ACME.id, broken, ANSWER, NOON)
    await spool.put(ACME.id, CALL, ANSWER, NOON)
    (tmp_path / FOLDER / "0.json").write_bytes(b"not a result")
    assert await spool.flush() == 0
    assert table.rows == [("ask", ANSWER, NOON)]
    assert len(list((tmp_path / FOLDER).glob("*.refused"))) == 2


async def test_it_is_tried_in_the_background(spool: ResultsSpool, table: Table) -> None:
    table.away = False
    await spool.put(ACME.id, CALL, ANSWER, NOON)
    await spool.start()
    try:
        async with asyncio.timeout(5):
            while not table.rows:
                await asyncio.sleep(0.01)
    finally:
        await spool.stop()
