"""Whose address a request comes from and over which scheme, and what is limited together."""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOPS = 32
_SUBNET_BITS = 64
_NODE = re.compile(r"\[([^\[\]]+)\](?::[\w.-]+)?|([^:\[\]]+)(?::[\w.-]+)?|([^\[\]]+)")
_WORD = r"[!#$%&'*+.^_`|~\w-]+"
_PAIR = re.compile(rf'\s*({_WORD})=({_WORD}|"(?:[^"\\]|\\.)*")\s*')
_PAIRS = re.compile(rf"{_PAIR.pattern}(?:;{_PAIR.pattern})*")
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')


class Hop(NamedTuple):
    """Who spoke to a proxy: an address, None for one that cannot be read, and the scheme where it is told."""

    address: str | None
    scheme: str | None = None


class Visitor(NamedTuple):
    """Who speaks to the hub, through its proxies."""

    address: str
    scheme: str


class Forwarding(NamedTuple):
    """What proxies say about who spoke to them; None for a header that is not there."""

    forwarded_for: str | None = None
    forwarded_proto: str | None = None
    forwarded: str | None = None

    def hops(self) -> list[Hop]:
        """All of them, the nearest last: by `X-Forwarded-For`, or where that is missing by `Forwarded` (RFC 7239)."""
        if self.forwarded_for is None:
            return [] if self.forwarded is None else _forwarded(self.forwarded)
        addresses = _items(self.forwarded_for)
        schemes = self.schemes()
        missing = len(addresses) - len(schemes)
        told = [*[schemes[0] if schemes else None] * missing, *schemes[max(0, -missing) :]]
        return [Hop(_address(node), scheme) for node, scheme in zip(addresses, told, strict=True)]

    def schemes(self) -> list[str | None]:
        """Those of `X-Forwarded-Proto`, the nearest last."""
        return [_scheme(item) for item in _items(self.forwarded_proto or "")]


def visitor(peer: str | None, scheme: str, said: Forwarding, trusted: Sequence[Network]) -> Visitor:
    """Who asks: proxies are believed as far as those that we trust wrote it, and as far as it can be read."""
    address = peer or "unknown"
    if not trusted or not _is_trusted(address, trusted):
        return Visitor(address, scheme)
    hops = said.hops()
    schemes = said.schemes()
    scheme = (schemes[-1] if schemes else None) or scheme
    while hops and _is_trusted(address, trusted):
        hop = hops.pop()
        scheme = hop.scheme or scheme
        if hop.address is None:
            break
        address = hop.address
    return Visitor(address, scheme)


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


def _items(header: str) -> list[str]:
    return [item.strip() for item in header.split(",") if item.strip()][-HOPS:]


def _scheme(text: str | None) -> str | None:
    found = (text or "").lower()
    return found if found in ("http", "https") else None


@lru_cache(maxsize=4096)
def _address(node: str) -> str | None:
    """The address of a node as proxies write it: bare, with a port, or in brackets (RFC 7239, section 6)."""
    found = _NODE.fullmatch(node)
    if found is None:
        return None
    try:
        return str(ipaddress.ip_address((found[1] or found[2] or found[3]).strip()))
    except ValueError:
        return None


def _forwarded(header: str) -> list[Hop]:
    """The elements of `Forwarded` (RFC 7239, section 4); none when it is malformed."""
    elements = [element for element in _ELEMENT.findall(header) if element.strip()][-HOPS:]
    if header.count('"') % 2 or not all(_PAIRS.fullmatch(element) for element in elements):
        return []
    hops = []
    for element in elements:
        pairs = {name.lower(): _unquoted(value) for name, value in _PAIR.findall(element)}
        hops.append(Hop(_address(pairs.get("for", "")), _scheme(pairs.get("proto"))))
    return hops


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped  # How a socket that listens on [::] names its IPv4 peers.
    return any(parsed in network for network in trusted)
