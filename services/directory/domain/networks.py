"""Source addresses of trunks that are recognised by where they call from."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

__all__ = ["SourceNetwork", "source_network"]

_WIDEST: Final = {4: 16, 6: 32}


def source_network(text: str) -> str:
    """`text` (an address or a network) as a network in its usual form. Raises ValueError.

    A network wider than /16 (IPv6: /32) is refused: it would let much of the internet place calls as this trunk.
    """
    network: IPv4Network | IPv6Network
    try:
        network = ip_network(text, strict=True)
    except ValueError as error:
        raise ValueError("must be an address or a network such as 192.0.2.0/28, host bits zero") from error
    if network.prefixlen < _WIDEST[network.version]:
        raise ValueError(f"must not be wider than /{_WIDEST[network.version]}")
    if network.is_multicast or network.is_unspecified or getattr(network, "scope_id", None):
        raise ValueError("must be a unicast network")
    return str(network)


SourceNetwork = Annotated[str, StringConstraints(min_length=2, max_length=49), AfterValidator(source_network)]
"""An API field with an address or network."""
