"""What the REST API of queues and agents takes, and what it refuses before any query."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.acd.agent_imports import Admission, as_agent
from services.acd.schemas.agents import AgentCreate, AgentImportRow, AgentUpdate, ExtendBody, PauseBody
from services.acd.schemas.floor import PrioritiseBody, SendBody
from services.acd.schemas.queues import MemberPut, QueueCreate, QueueUpdate
from shared.telephony.ids import new_id

QUEUE = {"slug": "support"}
AGENT = {"display_name": "Sara", "phone": "extension:101"}
PAUSE = {"reason": "lunch"}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (QueueCreate, QUEUE),
        (QueueCreate, {**QUEUE, "rings": "WT<60: english>50, sales>=20; WT<120: english>20; english>0"}),
        (QueueCreate, {**QUEUE, "rings": "  "}),
        (QueueCreate, {**QUEUE, "survey_flow": None, "max_waiting": 0, "max_missed": 0}),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "no_agents", "destination": "flow:sorry"}]}),
        (
            QueueCreate,
            {**QUEUE, "overflow": [{"when": "waited", "seconds": 600, "destination": "hangup:busy"}]},
        ),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "estimated_wait", "seconds": 60, "destination": "flow:sorry"}]}),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "no_agents", "seconds": 60, "destination": "flow:sorry"}]}),
        (QueueUpdate, {"hours": {"weekly": {"monday": "09:00-17:00"}}}),
        (QueueUpdate, {"hours": None}),
        (QueueUpdate, {}),
        (QueueUpdate, {"survey_flow": None, "revision": 3}),
        (AgentCreate, AGENT),
        (AgentCreate, {**AGENT, "phone": "extension:10", "skills": {"english": 0, "vip_2": 100}}),
        (AgentUpdate, {"phone": "external:+989121234567"}),
        (AgentUpdate, {"user_id": None}),
        (PauseBody, {**PAUSE, "seconds": 86_400}),
        (MemberPut, {"level": 9, "position": 10_000}),
        (SendBody, {"destination": "queue:sales"}),
    ],
)
def test_taken(model: type[BaseModel], body: dict[str, Any]) -> None:
    model.model_validate(body)


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        (QueueCreate, {}, "slug"),
        (QueueCreate, {"slug": "Support"}, "slug"),
        (QueueCreate, {**QUEUE, "colour": "red"}, "colour"),
        (QueueCreate, {**QUEUE, "rings": "WT<60: english>50; WT<30: english>0"}, "rings"),
        (QueueCreate, {**QUEUE, "rings": "x" * 2001}, "rings"),
        (QueueCreate, {**QUEUE, "weight": 0}, "weight"),
        (QueueCreate, {**QUEUE, "weight": float("inf")}, "weight"),
        (QueueCreate, {**QUEUE, "ring_seconds": 121}, "ring_seconds"),
        (QueueCreate, {**QUEUE, "wrap_up_seconds": -1}, "wrap_up_seconds"),
        (QueueCreate, {**QUEUE, "short_abandon_seconds": float("nan")}, "short_abandon_seconds"),
        (QueueCreate, {**QUEUE, "announcements": {"every_seconds": 1}}, "announcements.every_seconds"),
        (QueueCreate, {**QUEUE, "announcements": {"comfort": ["A b"]}}, "announcements.comfort.0"),
        (QueueCreate, {**QUEUE, "leave_keys": {"12": "hangup:busy"}}, "leave_keys.12.[key]"),
        (QueueCreate, {**QUEUE, "music": "our song"}, "music"),
        (QueueUpdate, {"callback": {"most_attempts": 0}}, "callback.most_attempts"),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "estimated_wait", "destination": "hangup:busy"}]}, "overflow.0"),
        (
            QueueCreate,
            {**QUEUE, "overflow": [{"when": "closed", "seconds": 1, "destination": "hangup:busy"}]},
            "overflow.0",
        ),
        (QueueCreate, {**QUEUE, "hours": {"weekly": {"monday": "17:00"}}}, "hours.weekly.monday"),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "later", "destination": "hangup:busy"}]}, "overflow.0.when"),
        (QueueCreate, {**QUEUE, "overflow": [{"when": "full", "destination": "moon"}]}, "overflow.0.destination"),
        (QueueCreate, {**QUEUE, "overflow": 11 * [{"when": "full", "destination": "hangup:busy"}]}, "overflow"),
        (QueueUpdate, {"slug": None}, "slug"),
        (QueueUpdate, {"weight": None}, "weight"),
        (QueueUpdate, {"revision": 0}, "revision"),
        (AgentCreate, {**AGENT, "phone": "hangup:busy"}, "phone"),
        (AgentUpdate, {"phone": "external:09121234567"}, "phone"),
        (AgentCreate, {**AGENT, "display_name": "  "}, "display_name"),
        (AgentCreate, {**AGENT, "display_name": "a\nb"}, "display_name"),
        (AgentCreate, {**AGENT, "skills": {"a b": 1}}, "skills.a b.[key]"),
        (AgentCreate, {**AGENT, "skills": {f"s{n}": 1 for n in range(51)}}, "skills"),
        (AgentUpdate, {"phone": None}, "phone"),
        (PauseBody, {}, "reason"),
        (PauseBody, {"reason": " "}, "reason"),
        (PauseBody, {**PAUSE, "seconds": 0}, "seconds"),
        (ExtendBody, {"seconds": 3601}, "seconds"),
        (MemberPut, {"level": 0}, "level"),
        (PrioritiseBody, {"priority": -101}, "priority"),
        (SendBody, {"destination": "somewhere"}, "destination"),
    ],
)
def test_refused_with_the_field(model: type[BaseModel], body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


def test_a_row_of_a_file_is_an_agent() -> None:
    row = AgentImportRow.model_validate({**AGENT, "skills": "english:80, farsi", "queues": "support:2;sales"})
    assert row.skills == {"english": 80, "farsi": 100}
    assert [(one.queue, one.level) for one in row.queues] == [("support", 2), ("sales", 1)]
    assert as_agent({"skills": {"english": 1}, "queues": []}) == {"skills": {"english": 1}, "queues": []}
    for wrong in ({"skills": "english:much"}, {"skills": "english:101"}, {"queues": "support:10"}, {"queues": "Sales"}):
        with pytest.raises(ValidationError):
            AgentImportRow.model_validate({**AGENT, **wrong})


def test_a_user_comes_in_once_and_queues_must_be_there() -> None:
    user, queue = new_id(), new_id()
    admission = Admission(users=set(), queues={"support": queue})
    assert admission.problems(user, ["support"]) == []
    found = admission.problems(user, ["support", "sales"])
    assert [(problem.field, problem.code) for problem in found] == [
        ("queues.1", "queue_unknown"), ("user_id", "user_has_agent")
    ]  # fmt: skip
    assert admission.problems(None, []) == []
