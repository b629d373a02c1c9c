"""All flows, prompts and mailboxes as messages, for a bus whose stream is new."""

from __future__ import annotations

from services.ivr.changes import FlowChanges
from services.ivr.prompts import Prompts
from services.ivr.store import flows, prompts
from services.ivr.store.voicemail_keeping import open_boxes
from services.ivr.voicemail_changes import VoicemailChanges
from shared.db.engine import Database


class WholeLibrary:
    """Tells everybody of everything that callers may be sent to, each in a transaction that keeps it from changing."""

    def __init__(
        self, database: Database, flow_changes: FlowChanges, prompt_changes: Prompts, mailboxes: VoicemailChanges
    ) -> None:
        self._database = database
        self._flows = flow_changes
        self._prompts = prompt_changes
        self._mailboxes = mailboxes

    async def publish_all(self) -> int:
        """Write the state of each into the outbox; how many messages that were."""
        async with self._database.platform() as session:
            known_flows = [(row.tenant_id, row.id) for row, _ in await flows.load_all(session)]
            known_prompts = dict.fromkeys((row.tenant_id, row.id) for row, _ in await prompts.load_all(session))
            known_boxes = [(tenant_id, box.id) for tenant_id, box in await open_boxes(session)]
        for tenant_id, flow_id in known_flows:
            async with self._flows.reading(tenant_id) as store:
                if (flow := await store.get(flow_id, lock=True)) is not None:
                    await self._flows.tell(store, flow)
        for tenant_id, prompt_id in known_prompts:
            async with self._prompts.reading(tenant_id) as of_prompts:
                if (prompt := await of_prompts.get(prompt_id, lock=True)) is not None:
                    await self._prompts.tell(of_prompts, prompt)
        for tenant_id, box_id in known_boxes:
            async with self._mailboxes.open(tenant_id) as of_boxes:
                if (box := await of_boxes.box(box_id, lock=True)) is not None:
                    await self._mailboxes.tell(of_boxes, box)
        return len(known_flows) + len(known_prompts) + len(known_boxes)
