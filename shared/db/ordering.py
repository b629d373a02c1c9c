"""What writers and the relay of an outbox agree on."""

from __future__ import annotations


def order_key(subject: str) -> str:
    """What is kept in order: the last two words of a subject, tenant and entity."""
    return ".".join(subject.rsplit(".", 2)[-2:])


def channel_of(schema: str) -> str:
    """The NOTIFY channel on which the relay of this schema listens."""
    return f"seda_outbox_{schema}"
