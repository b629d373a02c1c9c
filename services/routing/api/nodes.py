"""``/v1/nodes``: the FreeSWITCH nodes, for the platform's administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime

from services.routing.api.context import HereNow
from services.routing.errors import NodeUnknown, SwitchDeadline, SwitchRefused, SwitchUnavailable
from shared.contracts.nodes import NodeReported
from shared.contracts.switch import Drain, Undrain
from shared.http.auth import Principal, require
from shared.http.errors import problems
from shared.http.schemas import View

router = APIRouter(prefix="/v1/nodes", tags=["nodes"])

Operator = Annotated[Principal, Depends(require())]
NodePathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
STEERING = problems(NodeUnknown, SwitchRefused, SwitchUnavailable, SwitchDeadline)


class NodeView(View):
    """A node as it last reported itself."""

    node_id: str
    state: Literal["up", "draining", "drained", "down"]
    reported_at: AwareDatetime
    switch_version: str
    sessions: int
    max_sessions: int
    sessions_per_second: int
    idle_cpu_percent: float
    registrations: int
    spooled_records: int


class NodesView(View):
    """Every node that ever reported itself."""

    items: list[NodeView]


@router.get("")
async def list_nodes(_: Operator, here: HereNow) -> NodesView:
    """Every node with its state and load."""
    return NodesView(items=[_view(node) for _, node in sorted(here.replica.nodes.items())])


@router.get("/{node_id}", responses=problems(NodeUnknown))
async def show_node(node_id: NodePathId, _: Operator, here: HereNow) -> NodeView:
    """One node."""
    node = here.replica.nodes.get(node_id)
    if node is None:
        raise NodeUnknown()
    return _view(node)


@router.post("/{node_id}/drain", status_code=204, responses=STEERING)
async def drain_node(node_id: NodePathId, _: Operator, here: HereNow) -> None:
    """Let the node take no new calls; those that are up go on, and it reports ``drained`` when the last has ended."""
    await here.live.command_node(Drain(node_id=node_id))


@router.post("/{node_id}/undrain", status_code=204, responses=STEERING)
async def undrain_node(node_id: NodePathId, _: Operator, here: HereNow) -> None:
    """Let the node take calls again."""
    await here.live.command_node(Undrain(node_id=node_id))


def _view(node: NodeReported) -> NodeView:
    return NodeView.model_validate({**node.model_dump(), "reported_at": node.occurred_at})
