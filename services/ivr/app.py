"""Composition of ivr."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from services.ivr.api import Here, add_mailbox_routes, add_routes
from services.ivr.audio.conversion import AudioConverter
from services.ivr.audio.process import AudioProcess
from services.ivr.audio.speech import Synthesizer, synthesizer
from services.ivr.audio.speech_cache import CachedSynthesizer
from services.ivr.call_states import StateBox
from services.ivr.changes import FlowChanges
from services.ivr.conversation import Parts
from services.ivr.errands import errands, find_customer
from services.ivr.library import FlowLibrary
from services.ivr.metrics import IvrMetrics
from services.ivr.prompt_index import PromptIndex
from services.ivr.prompts import Prompts
from services.ivr.recogniser import HttpRecogniser
from services.ivr.republishing import WholeLibrary
from services.ivr.results import Results
from services.ivr.sentences import Sentences
from services.ivr.settings import IvrSettings
from services.ivr.sounds import Sounds
from services.ivr.speaking_ahead import SpeakingAhead
from services.ivr.states import TableStates, forget_states
from services.ivr.switch_calls import CallServer
from services.ivr.telling import Teller
from services.ivr.voicemail_parts import voicemail_parts
from services.ivr.webhooks import Webhooks
from services.ivr.world import OutsideWorld
from shared.bus.port import Bus
from shared.db import idempotency, inbox
from shared.db.engine import Database
from shared.db.housekeeping import Housekeeping
from shared.db.http_errors import add_database_errors
from shared.db.idempotency import IdempotencyStore
from shared.db.outbox import Outbox, OutboxRelay
from shared.db.republishing import Republisher
from shared.http.app import create_app
from shared.http.tokens import TokenVerifier
from shared.runtime.app import App
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.disk import FreeSpace
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics
from shared.telephony.handover import LEAVING, TextSeal

MOST_BODY_BYTES = 24 * 1024 * 1024
"""An uploaded prompt, and the form round it."""


def build(
    settings: IvrSettings,
    *,
    bus: Bus,
    database: Database,
    tokens: TokenVerifier,
    metrics: Metrics,
    clock: Clock | None = None,
) -> App:
    """Wire ivr; nothing is opened yet."""
    clock = clock or SystemClock()
    outbox, measures = Outbox(database), IvrMetrics(metrics)
    measures.cap.set(settings.max_calls)
    library = FlowLibrary(bus, database)
    health = Health()
    health.add("bus", bus.ping)
    health.add("flows", library.check)
    http = _http(database, health, metrics, tokens)
    speaker = _speaker(settings.media_dir)
    index = PromptIndex(bus, database, settings.media_dir)
    prompts = _prompts(settings.media_dir, database, outbox, index=index, speaker=speaker, clock=clock)
    ahead = SpeakingAhead(speaker)
    changes = FlowChanges(database, outbox, library, ahead)
    add_routes(http, Here(changes=changes, library=library, prompts=prompts, database=database, clock=clock))
    mailboxes = voicemail_parts(settings, database, outbox, library=library, metrics=measures, clock=clock)
    add_mailbox_routes(http, mailboxes.here)
    teller, results = Teller(bus, measures), Results(database, outbox, clock, settings.media_dir)
    webhooks, states = Webhooks(private=settings.private_addresses), TableStates(database, clock)
    world = OutsideWorld(bus, webhooks, find_customer(database), {**errands(results, prompts), **mailboxes.errands})
    sounds = Sounds(index, settings.media_dir, settings.sounds_dir)
    calls = CallServer(
        settings,
        _parts(settings.switch_secret.get_secret_value(), states, teller, measures, clock),
        library,
        states,
        sounds=sounds,
        speaker=speaker,
        recogniser=HttpRecogniser(settings.recogniser_url) if settings.recogniser_url else None,
        world=world,
        metrics=measures,
    )
    whole = WholeLibrary(database, changes, prompts, mailboxes.here.changes)
    chores = (inbox.forget_old, idempotency.forget_old, forget_states(clock), prompts.sweep)
    components = [
        database,
        bus,
        library,
        index,
        OutboxRelay(database, bus, metrics),
        teller,
        webhooks,
        ahead,
        results.spool,
        *mailboxes.components,
        calls,
        Sentences(bus, sounds),
        FreeSpace(measures.media_free, settings.media_dir),
        Republisher(database, bus, whole.publish_all, clock=clock),
        Housekeeping(database, *chores, clock=clock),
    ]
    return App(name="ivr", http=http, components=components, health=health, metrics=metrics)


def _http(database: Database, health: Health, metrics: Metrics, tokens: TokenVerifier) -> FastAPI:
    http = create_app(
        service="ivr",
        title="Seda call flows",
        health=health,
        metrics=metrics,
        tokens=tokens,
        max_body_bytes=MOST_BODY_BYTES,
    )
    add_database_errors(http)
    http.state.idempotency = IdempotencyStore(database)
    return http


def _prompts(
    media_dir: Path, database: Database, outbox: Outbox, *, index: PromptIndex, speaker: Synthesizer, clock: Clock
) -> Prompts:
    converter = AudioConverter(AudioProcess())
    return Prompts(database, outbox, index, media_dir=media_dir, converter=converter, speaker=speaker, clock=clock)


def _parts(secret: str, states: TableStates, teller: Teller, metrics: IvrMetrics, clock: Clock) -> Parts:
    """What every conversation works with."""
    box, seal = StateBox(secret), TextSeal(secret, LEAVING)
    return Parts(box=box, seal=seal, states=states, teller=teller, metrics=metrics, clock=clock)


def _speaker(media_dir: Path) -> Synthesizer:
    spoken = media_dir.resolve() / "spoken"
    return CachedSynthesizer(synthesizer(AudioProcess(), spoken), spoken)
