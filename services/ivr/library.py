"""The tenants' flows in memory: read from the tables at the start, and again when a flow changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError

from services.ivr.domain.actions import FlowRef
from services.ivr.domain.flow import Flow, Library, flow_of
from services.ivr.models import FlowRow, FlowVersionRow
from services.ivr.store.flows import FlowStore, load_all
from shared.bus.following import Following
from shared.bus.port import Bus
from shared.contracts.acd import QueueChanged
from shared.contracts.directory import ExtensionChanged, TenantChanged
from shared.contracts.ivr import FlowChanged
from shared.contracts.routing import RoutingConfigChanged
from shared.db.engine import Database
from shared.runtime.logs import get_logger

log = get_logger(__name__)


class StillReading(Exception):
    """Not everything is here yet."""


@dataclass(slots=True)
class TenantFlows:
    """A tenant, as calls in its flows need it."""

    id: UUID
    time_zone: str = "UTC"
    language: str = "en"
    country: str = ""
    slug: str = ""
    extensions: dict[UUID, ExtensionChanged] = field(default_factory=dict)
    by_number: dict[str, ExtensionChanged] = field(default_factory=dict)
    versions: dict[FlowRef, Flow] = field(default_factory=dict)
    published: dict[str, FlowRef] = field(default_factory=dict)
    slugs: dict[UUID, str] = field(default_factory=dict)
    ring_groups: frozenset[str] | None = frozenset()
    """None: routing did not say. Routing tells with the tenant's first change: whom it never told of has none."""
    routing_revision: int = 0
    queues: dict[UUID, str] = field(default_factory=dict)
    """Slugs of the queues that take calls."""

    def library(self) -> Library:
        """The flows, as the interpreter reads them; it sees later changes."""
        return Library(self.published, self.versions)


class FlowLibrary:
    """A component. Versions that calls are still in stay as long as the process."""

    name = "library"

    def __init__(self, bus: Bus, database: Database) -> None:
        self._database = database
        self._tenants: dict[UUID, TenantFlows] = {}
        self._revisions: dict[UUID, int] = {}
        self.on_numbers: list[Callable[[ExtensionChanged], None]] = []
        """Told of each extension that is new, has another number, or is gone."""
        self._following = Following(
            bus,
            "flows",
            ([TenantChanged, ExtensionChanged, RoutingConfigChanged, QueueChanged], self._take),
            ([FlowChanged], self._flow_changed),
        )

    @property
    def is_ready(self) -> bool:
        """Whether all that stood in the streams and tables at the start is here."""
        return self._following.is_caught_up

    async def caught_up(self) -> None:
        """Wait until ``is_ready``."""
        await self._following.caught_up()

    async def check(self) -> None:
        """For ``/readyz``. Raises StillReading."""
        if not self.is_ready:
            raise StillReading("flows and tenants are still being read")

    async def start(self) -> None:
        """Read the tables, then follow the messages as soon as NATS is there."""
        async with self._database.platform() as session:
            self._take_rows(await load_all(session))
        await self._following.start()

    async def stop(self) -> None:
        await self._following.stop()

    def tenant(self, tenant_id: UUID) -> TenantFlows:
        """The tenant, made when new."""
        found = self._tenants.get(tenant_id)
        if found is None:
            found = self._tenants[tenant_id] = TenantFlows(tenant_id)
        return found

    async def reload(self, tenant_id: UUID) -> None:
        """Read a tenant's flows again."""
        async with self._database.tenant(tenant_id) as session:
            rows = await FlowStore(session, tenant_id).published()
        tenant = self.tenant(tenant_id)
        tenant.published.clear()
        tenant.slugs.clear()
        self._take_rows(rows)

    async def fetch(self, tenant_id: UUID, ref: FlowRef) -> Flow | None:
        """A version that a call is in, from memory or else from its table."""
        tenant = self.tenant(tenant_id)
        found = tenant.versions.get(ref)
        if found is None:
            async with self._database.tenant(tenant_id) as session:
                store = FlowStore(session, tenant_id)
                row, version = await store.get(ref.id), await store.version(ref.id, ref.version)
            if row is not None and version is not None:
                found = self._keep(tenant, row, version)
        return found

    async def _take(self, event: TenantChanged | ExtensionChanged | RoutingConfigChanged | QueueChanged) -> None:
        if isinstance(event, RoutingConfigChanged):
            _take_routing(self.tenant(event.id), event)
            return
        if event.revision <= self._revisions.get(event.id, 0):
            return
        self._revisions[event.id] = event.revision
        if isinstance(event, TenantChanged):
            tenant = self.tenant(event.id)
            tenant.time_zone, tenant.language = event.time_zone, event.language
            tenant.country, tenant.slug = event.country, event.slug
        elif event.tenant_id is None:
            return
        elif isinstance(event, QueueChanged):
            _take_queue(self.tenant(event.tenant_id), event)
        elif _take_extension(self.tenant(event.tenant_id), event):
            for tell in self.on_numbers:
                tell(event)

    async def _flow_changed(self, event: FlowChanged) -> None:
        if event.tenant_id is not None and event.revision > self._revisions.get(event.id, 0):
            await self.reload(event.tenant_id)
            self._revisions[event.id] = event.revision

    def _take_rows(self, rows: Iterable[tuple[FlowRow, FlowVersionRow | None]]) -> None:
        for row, version in rows:
            tenant = self.tenant(row.tenant_id)
            tenant.slugs[row.id] = row.slug
            if version is not None and (flow := self._keep(tenant, row, version)):
                tenant.published[row.slug] = flow.ref

    def _keep(self, tenant: TenantFlows, row: FlowRow, version: FlowVersionRow) -> Flow | None:
        ref = FlowRef(row.id, version.version)
        known = tenant.versions.get(ref)
        if known is not None and known.slug == row.slug:
            return known
        try:
            flow = flow_of(version.document, slug=row.slug, flow_id=row.id, version=version.version)
        except ValidationError as error:
            log.error("a published flow cannot be read", flow=row.slug, version=version.version, reason=str(error))
            return None
        tenant.versions[ref] = flow
        return flow


def _take_routing(tenant: TenantFlows, event: RoutingConfigChanged) -> None:
    if event.revision > tenant.routing_revision:
        tenant.routing_revision = event.revision
        tenant.ring_groups = None if event.ring_groups is None else frozenset(event.ring_groups)


def _take_queue(tenant: TenantFlows, event: QueueChanged) -> None:
    if event.enabled and not event.removed:
        tenant.queues[event.id] = event.slug
    else:
        tenant.queues.pop(event.id, None)


def _take_extension(tenant: TenantFlows, event: ExtensionChanged) -> bool:
    """Whether numbers are other extensions' by it."""
    gone = tenant.extensions.pop(event.id, None)
    if gone is not None and tenant.by_number.get(gone.number) is gone:
        del tenant.by_number[gone.number]
    if not event.removed:
        tenant.extensions[event.id] = event
        tenant.by_number[event.number] = event
    return event.removed or gone is None or gone.number != event.number
