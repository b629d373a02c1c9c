"""Sentences for callers, as ``ivr`` says them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.acd.domain.announcing import Part
from shared.bus.port import Bus, BusError
from shared.contracts.ivr import Speak, SpeakReply, SpokenPart
from shared.runtime.logs import get_logger

log = get_logger(__name__)

ANSWER_SECONDS: Final = 2.0
REMEMBERED: Final = 2_000


class Speech:
    """Asks ``ivr``. What has only Seda's own sounds is remembered: it never changes; a tenant's prompt may."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: OrderedDict[tuple[str, tuple[Part, ...]], str] = OrderedDict()

    async def media(self, tenant_id: UUID, language: str, parts: Sequence[Part]) -> str:
        """What FreeSWITCH plays; empty: it cannot be said now."""
        name = (language, tuple(parts))
        if (known := self._known.get(name)) is not None:
            return known
        spoken = tuple(SpokenPart(kind=part.kind, value=part.value) for part in parts)
        try:
            reply = await self._bus.request(
                Speak(tenant_id=tenant_id, language=language, parts=spoken), timeout=ANSWER_SECONDS
            )
        except BusError as error:
            log.warning("nobody can say what callers are to hear", reason=str(error))
            return ""
        if not isinstance(reply, SpeakReply) or not reply.ok:
            log.warning("callers cannot be told", reason=reply.detail)
            return ""
        if all(part.kind != "prompt" for part in parts):
            self._known[name] = reply.media
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return reply.media
