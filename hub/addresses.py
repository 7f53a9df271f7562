"""Whose address a request comes from, and what is limited together."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SUBNET_BITS = 64


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """The address of the client itself: `X-Forwarded-For` is believed as far as proxies we trust wrote it."""
    address = peer or "unknown"
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and _is_trusted(address, trusted):
        address = hops.pop()
    return address


def limited_as(address: str) -> str:
    """What an address is counted as in limits: an IPv6 address as its subnet of 64 bits.

    One host chooses freely among the addresses of such a subnet (RFC 4291, section 2.5.1; RFC 8981).
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _SUBNET_BITS), strict=False))


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped  # How a socket that listens on [::] names its IPv4 peers.
    return any(parsed in network for network in trusted)
