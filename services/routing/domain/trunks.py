"""Which trunk carries a number, and how it wants the number written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from uuid import UUID

from services.routing.domain.config import NumberFormat, OutboundRule, Trunk
from services.routing.domain.index import Config, TenantIndex, serves

_NOT_DIALLED = re.compile(r"[^0-9+]")


def rule_for(index: TenantIndex, digits: str) -> OutboundRule | None:
    """The tenant's rule with the longest prefix of E.164 ``digits``."""
    rules = index.routes.outbound
    if not rules:
        return None
    return next((rules[digits[:end]] for end in range(len(digits), -1, -1) if digits[:end] in rules), None)


def candidates(config: Config, index: TenantIndex, digits: str, rule: OutboundRule | None) -> Iterator[Trunk]:
    """The trunks for a number, best first: the rule's own order, else longest prefix and priority."""
    if rule is None or not rule.trunk_ids:
        return _each_once(config.trunks_for(index.id, digits))
    named = (config.trunks.get(trunk_id) for trunk_id in rule.trunk_ids)
    return _each_once(trunk for trunk in named if trunk and trunk.enabled and serves(trunk, index.id))


def first_two(trunks: Iterable[Trunk], tried: tuple[UUID, ...]) -> list[Trunk]:
    """The next trunk that was not tried, and the one to fail over to; fewer where there are no more."""
    return list(islice((trunk for trunk in trunks if trunk.id not in tried), 2))


def _each_once(trunks: Iterable[Trunk]) -> Iterator[Trunk]:
    seen: set[UUID] = set()
    for trunk in trunks:
        if trunk.id not in seen:
            seen.add(trunk.id)
            yield trunk


@lru_cache(maxsize=16_384)
def written(e164: str, number_format: NumberFormat, country: str) -> str:
    """An E.164 number as a trunk wants it; ``national`` as dialled in ``country``, foreign ones with its prefix."""
    if number_format is NumberFormat.E164:
        return e164
    if number_format is NumberFormat.E164_NO_PLUS:
        return e164.removeprefix("+")
    import phonenumbers

    number = phonenumbers.parse(e164, None)
    dialled = phonenumbers.format_out_of_country_calling_number(number, country)
    return _NOT_DIALLED.sub("", dialled) or e164
