"""A leg to or from another node ends when that node's switch does: nobody sends BYE any more."""

from __future__ import annotations

from typing import Final

from services.switchlink.node import SwitchNode
from shared.contracts.nodes import NodeReported
from shared.esl import EslError
from shared.esl import api_commands as api
from shared.runtime.logs import get_logger

log = get_logger(__name__)

CAUSE: Final = "NETWORK_OUT_OF_ORDER"


class OtherNodes:
    """Hears the reports of the other nodes, which come every few seconds."""

    def __init__(self, node: SwitchNode) -> None:
        self._node = node

    async def reported(self, event: NodeReported) -> None:
        """A node is in this life of its switch, or lost it."""
        table = self._node.table
        if event.node_id == self._node.node_id or table is None:
            return
        lives_on = "" if event.lost else f"{event.node_id}/{event.core_id}"
        of_it = [leg for leg in table.live.values() if leg.hop_peer.startswith(f"{event.node_id}/")]
        for leg in of_it:
            if leg.hop_peer != lives_on:
                await self._end(leg.leg_id, event.node_id)

    async def _end(self, leg_id: str, node_id: str) -> None:
        log.warning("a leg ends with the node it was connected to", leg_id=leg_id, other_node=node_id)
        try:
            await self._node.api(api.UuidKill(leg_id, CAUSE))
        except EslError as error:  # it ended meanwhile, or it is ended at the next report
            log.warning("a leg of a lost node was not ended", leg_id=leg_id, reason=str(error))
