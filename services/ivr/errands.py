"""What flows write and read of a tenant, each kind with who does it."""

from __future__ import annotations

from uuid import UUID

from services.ivr.conversation import CallContext
from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.domain.writes_voicemail import SaveRecordedPrompt
from services.ivr.prompts import Prompts
from services.ivr.results import Results
from services.ivr.store import customers
from services.ivr.store.results import What
from services.ivr.world import Errand, FindCustomer
from shared.db.engine import Database


def errands(results: Results, prompts: Prompts) -> dict[type, Errand]:
    """By the class of what is written or read."""

    async def save(what: What, call: CallContext) -> object:
        return await results.save(call.tenant_id, call, what)

    async def record_prompt(what: SaveRecordedPrompt, call: CallContext) -> object:
        recording = prompts.recording(call.tenant_id, what.recording)
        variant = await prompts.record(call.tenant_id, what.slug, what.language, recording)
        return variant.seconds

    return {SurveyAnswer: save, CallbackRequest: save, RecordedMessage: save, SaveRecordedPrompt: record_prompt}


def find_customer(database: Database) -> FindCustomer:
    """Looks a number up among a tenant's customers."""

    async def find(tenant_id: UUID, number: str) -> dict[str, str] | None:
        async with database.tenant(tenant_id) as session:
            return await customers.find_customer(session, tenant_id, number)

    return find
