"""A flow: a graph of nodes, as a tenant writes it and as calls go through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Union
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.ivr.domain.actions import FlowRef
from services.ivr.domain.names import Language, NodeId
from services.ivr.domain.node import NodeConfig
from services.ivr.nodes import NODES
from shared.telephony.destinations import Destination

MOST_NODES = 200

if TYPE_CHECKING:
    AnyNode = NodeConfig
else:
    AnyNode = Annotated[Union[tuple(kind.config for kind in NODES.values())], Field(discriminator="type")]  # noqa: UP007
"""The configuration of any node, told apart by its ``type``."""


class FlowDocument(BaseModel):
    """What stands in one version of a flow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: NodeId = Field(description="the node a caller comes to first")
    languages: tuple[Language, ...] = Field(
        default=("en",), min_length=1, max_length=3, description="that the flow speaks; the first by default"
    )
    nodes: dict[NodeId, AnyNode] = Field(min_length=1, max_length=MOST_NODES)
    fallback: Destination | None = Field(
        default=None, description="where callers go when no program can take them; none: they are told to call later"
    )


@dataclass(frozen=True, slots=True)
class Flow:
    """A version of a flow, ready for calls."""

    ref: FlowRef
    slug: str
    document: FlowDocument

    def node(self, node_id: str) -> NodeConfig | None:
        """The node of that id."""
        return self.document.nodes.get(node_id)


@dataclass(frozen=True, slots=True)
class Library:
    """A tenant's flows: what is published, by slug, and every version that a call may still be in."""

    published: Mapping[str, FlowRef] = field(default_factory=dict)
    versions: Mapping[FlowRef, Flow] = field(default_factory=dict)

    def by_slug(self, slug: str) -> Flow | None:
        """The published version of a flow."""
        ref = self.published.get(slug)
        return self.versions.get(ref) if ref else None

    @classmethod
    def of(cls, *flows: Flow) -> Library:
        """A library in which these are published."""
        return cls({flow.slug: flow.ref for flow in flows}, {flow.ref: flow for flow in flows})


def flow_of(document: Any, *, slug: str, flow_id: UUID, version: int) -> Flow:
    """The flow written as a document.

    Raises:
        pydantic.ValidationError: it is no flow.
    """
    return Flow(FlowRef(flow_id, version), slug, FlowDocument.model_validate(document))
