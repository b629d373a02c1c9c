"""The directory's messages as the domain's values."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from services.routing.domain.config import (
    Caps,
    Device,
    Extension,
    Network,
    Number,
    NumberFormat,
    Queue,
    ServiceClass,
    Tenant,
    Trunk,
)
from services.routing.domain.index import Config
from shared.contracts.acd import AcdState, QueueChanged
from shared.contracts.directory import DirectoryState, ExtensionChanged, NumberChanged, TenantChanged, TrunkChanged
from shared.contracts.ivr import FlowChanged, IvrState, MailboxChanged, PromptChanged
from shared.runtime.logs import get_logger
from shared.telephony.destinations import Destination
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import SoundFile

log = get_logger(__name__)

MIRRORED = (
    TenantChanged,
    ExtensionChanged,
    NumberChanged,
    TrunkChanged,
    FlowChanged,
    MailboxChanged,
    QueueChanged,
    PromptChanged,
)

Mirrored = DirectoryState | IvrState | AcdState


class Mirror:
    """Applies the directory's messages to the configuration, each entity's newest revision once."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._revisions: dict[UUID, int] = {}

    def apply(self, event: Mirrored) -> bool:
        """Take in one message; whether it was news."""
        if event.revision <= self._revisions.get(event.id, 0):
            return False
        self._revisions[event.id] = event.revision
        _APPLY[type(event)](self._config, event)
        return True


def _tenant(config: Config, event: TenantChanged) -> None:
    if event.removed:
        config.remove_tenant(event.id)
        return
    config.put_tenant(
        Tenant(
            id=event.id,
            slug=event.slug,
            domain=event.domain,
            country=event.country,
            time_zone=event.time_zone,
            display_name=event.display_name,
            language=event.language,
            enabled=event.enabled,
            caps=_caps(event),
        )
    )


def _extension(config: Config, event: ExtensionChanged) -> None:
    if event.tenant_id is None:
        return
    if event.removed:
        config.remove_extension(event.tenant_id, event.id)
        return
    config.put_extension(
        Extension(
            id=event.id,
            tenant_id=event.tenant_id,
            number=event.number,
            display_name=event.display_name,
            enabled=event.enabled,
            service_class=_service_class(event.call_class),
            outbound_caller_id=event.outbound_caller_id,
            caps=_caps(event),
            devices=tuple(Device(one.id, one.sip_username) for one in event.devices if one.enabled),
        )
    )


def _number(config: Config, event: NumberChanged) -> None:
    if event.removed or event.tenant_id is None:
        config.remove_number(event.id)
        return
    config.put_number(Number(event.id, event.tenant_id, event.e164, _destination(event.destination), event.enabled))


def _trunk(config: Config, event: TrunkChanged) -> None:
    if event.removed:
        config.remove_trunk(event.id)
        return
    config.put_trunk(
        Trunk(
            id=event.id,
            tenant_id=event.tenant_id,
            networks=tuple(_networks(event)),
            prefixes=event.prefixes or ("",),
            priority=event.priority,
            caps=Caps.of(event.max_calls, event.max_calls_per_second),
            number_format=NumberFormat(event.number_format),
            carries_emergency=event.carries_emergency,
            enabled=event.enabled,
        )
    )


def _caps(event: TenantChanged | ExtensionChanged) -> Caps:
    return Caps.of(event.max_calls, event.max_calls_per_second, event.max_international_minutes_per_day)


def _service_class(word: str) -> ServiceClass:
    """A class nobody knows yet allows the least."""
    try:
        return ServiceClass(word)
    except ValueError:
        return ServiceClass.INTERNAL


def _destination(text: str | None) -> Destination | None:
    """A kind nobody knows yet leads nowhere."""
    try:
        return Destination.parse(text) if text else None
    except ValueError:
        log.warning("unknown destination", destination=text)
        return None


def _networks(event: TrunkChanged) -> list[Network]:
    found = []
    for text in event.source_addresses:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            log.warning("unknown network", trunk_id=str(event.id), network=text)
    return found


def _flow(config: Config, event: FlowChanged) -> None:
    if event.tenant_id is None:
        return
    flows = config.tenant(event.tenant_id).flows
    if event.removed or event.published_version is None:
        flows.pop(event.slug, None)
    else:
        flows[event.slug] = _destination(event.fallback)


def _mailbox(config: Config, event: MailboxChanged) -> None:
    if event.tenant_id is None:
        return
    index = config.tenant(event.tenant_id)
    if event.removed or not event.enabled:
        index.remove_mailbox(event.id)
    else:
        index.put_mailbox(event.id, event.number)


def _queue(config: Config, event: QueueChanged) -> None:
    if event.tenant_id is None:
        return
    queues = config.tenant(event.tenant_id).queues
    for slug in [slug for slug, queue in queues.items() if queue.id == event.id]:
        del queues[slug]
    if event.enabled and not event.removed:
        queues[event.slug] = Queue(event.id, event.slug, event.survey, event.music)


def _prompt(config: Config, event: PromptChanged) -> None:
    """A prompt: its name cannot change."""
    if event.tenant_id is None:
        return
    prompts = config.tenant(event.tenant_id).prompts
    files = {} if event.removed else {language: file for language, file in event.files.items() if _is_safe(file)}
    if files:
        prompts[event.slug] = files
    else:
        prompts.pop(event.slug, None)


def _is_safe(file: str) -> bool:
    try:
        SoundFile(file)
    except UnsafeText as error:
        log.error("a prompt's file cannot be played safely", file=file[:200], reason=str(error))
        return False
    return True


_APPLY: dict[type[Mirrored], Callable[[Config, Any], None]] = {
    TenantChanged: _tenant,
    ExtensionChanged: _extension,
    NumberChanged: _number,
    TrunkChanged: _trunk,
    FlowChanged: _flow,
    MailboxChanged: _mailbox,
    QueueChanged: _queue,
    PromptChanged: _prompt,
}
