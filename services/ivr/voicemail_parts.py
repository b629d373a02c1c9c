"""Composition of voicemail: what the API, calls, and the background work of mailboxes are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.ivr.api.mailboxes_context import MailboxesHere
from services.ivr.audio.conversion import AudioConverter
from services.ivr.audio.process import AudioProcess
from services.ivr.conversation import CallContext
from services.ivr.library import FlowLibrary
from services.ivr.mailing import Mailing
from services.ivr.metrics import IvrMetrics
from services.ivr.settings import IvrSettings
from services.ivr.voicemail import ERRANDS, Voicemail
from services.ivr.voicemail_changes import VoicemailChanges
from services.ivr.voicemail_files import VoicemailFiles
from services.ivr.voicemail_keeping import VoicemailKeeping
from services.ivr.voicemail_owners import MailboxOwners
from services.ivr.voicemail_pins import PinHashing
from services.ivr.world import Errand
from shared.db.engine import Database
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class VoicemailParts:
    """The parts of voicemail.

    Args:
        here: what the API works with.
        errands: what calls may ask, by class.
        components: to be started and stopped with the process.
    """

    here: MailboxesHere
    errands: Mapping[type, Errand]
    components: tuple[Any, ...]


def voicemail_parts(
    settings: IvrSettings,
    database: Database,
    outbox: Outbox,
    *,
    library: FlowLibrary,
    metrics: IvrMetrics,
    clock: Clock,
) -> VoicemailParts:
    """Wire voicemail; nothing is opened yet."""
    pins, files = PinHashing(), VoicemailFiles(settings.media_dir.resolve())
    changes = VoicemailChanges(database, outbox)
    voicemail = Voicemail(changes, files, pins)

    async def errand(what: object, call: CallContext) -> object:
        return await voicemail.carry_out(call.tenant_id, what, call=call.facts)

    here = MailboxesHere(
        changes=changes,
        voicemail=voicemail,
        files=files,
        pins=pins,
        converter=AudioConverter(AudioProcess()),
        library=library,
        clock=clock,
    )
    owners = MailboxOwners(database, changes, library, clock=clock)
    keeping = VoicemailKeeping(database, changes, files, clock=clock)
    mailing = Mailing(settings, database, changes, files, library=library, metrics=metrics, clock=clock)
    return VoicemailParts(here, dict.fromkeys(ERRANDS, errand), (pins, owners, keeping, mailing))
