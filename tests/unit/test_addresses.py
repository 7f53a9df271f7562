"""Whose address it is: `X-Forwarded-For` is believed as far as proxies we trust wrote it; and what is limited."""

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addresses import HOPS, Forwarding, Network, Visitor, limited_as, visitor

PROXIES = tuple(ipaddress.ip_network(one) for one in ("127.0.0.1", "10.0.0.0/8", "fd00::/8"))
VISITOR = "203.0.113.7"
PROXY = "127.0.0.1"


def client_address(peer: str | None, forwarded: str | None, trusted: Sequence[Network]) -> str:
    return visitor(peer, "http", Forwarding(forwarded), trusted).address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (VISITOR, None, VISITOR),
        (VISITOR, "198.51.100.1", VISITOR),
        (VISITOR, "127.0.0.1", VISITOR),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", " , ,", "127.0.0.1"),
        ("127.0.0.1", VISITOR, VISITOR),
        ("127.0.0.1", f"198.51.100.1, {VISITOR}", VISITOR),
        ("127.0.0.1", f"{VISITOR}, 10.1.2.3", VISITOR),
        ("127.0.0.1", f"127.0.0.1, {VISITOR}, 10.1.2.3", VISITOR),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", f"{VISITOR}, nonsense", "127.0.0.1"),
        ("127.0.0.1", f"{VISITOR}, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", f"{VISITOR}:51000", VISITOR),
        ("127.0.0.1", f"198.51.100.1, {VISITOR}:51000, 10.1.2.3:80", VISITOR),
        ("127.0.0.1", "[2001:db8::7]:51000", "2001:db8::7"),
        ("127.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("127.0.0.1", "2001:DB8:0::7", "2001:db8::7"),
        ("127.0.0.1", "[2001:db8::7", "127.0.0.1"),
        ("127.0.0.1", f"{VISITOR}:", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.007", "127.0.0.1"),
        ("::ffff:127.0.0.1", VISITOR, VISITOR),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::1", VISITOR, "::1"),
        (None, VISITOR, "unknown"),
        ("@", VISITOR, "@"),
    ],
)
def test_the_address_is_the_first_that_no_proxy_of_ours_has(
    peer: str | None, forwarded: str | None, address: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


@given(st.text(max_size=60))
def test_nobody_without_a_proxy_chooses_an_address(forwarded: str) -> None:
    assert client_address(VISITOR, forwarded, PROXIES) == VISITOR
    assert client_address(VISITOR, forwarded, ()) == VISITOR


@given(st.text(max_size=60))
def test_behind_a_proxy_what_the_visitor_sends_is_passed_over(forwarded: str) -> None:
    assert client_address("127.0.0.1", f"{forwarded}, {VISITOR}", PROXIES) == VISITOR


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        (f"for={VISITOR}", Visitor(VISITOR, "http")),
        (f"for={VISITOR};proto=https;by=203.0.113.43", Visitor(VISITOR, "https")),
        (f'For="{VISITOR}:4711" ; Proto=HTTPS', Visitor(VISITOR, "https")),
        ('for="[2001:db8::7]:4711"', Visitor("2001:db8::7", "http")),
        (f"for=198.51.100.1, for={VISITOR};proto=https, for=10.1.2.3;proto=http", Visitor(VISITOR, "https")),
        (f'for={VISITOR};secret="a,b;for=198.51.100.1"', Visitor(VISITOR, "http")),
        ("for=unknown;proto=https", Visitor(PROXY, "https")),
        (f"for={VISITOR}, for=_hidden", Visitor(PROXY, "http")),
        (f'for="{VISITOR}', Visitor(PROXY, "http")),
        ("for", Visitor(PROXY, "http")),
        (f"for={VISITOR};proto=gopher", Visitor(VISITOR, "http")),
        ("proto=https", Visitor(PROXY, "https")),
        ("", Visitor(PROXY, "http")),
    ],
)
def test_forwarded_is_read_as_rfc_7239_has_it(forwarded: str, found: Visitor) -> None:
    assert visitor(PROXY, "http", Forwarding(forwarded=forwarded), PROXIES) == found
    assert visitor(VISITOR, "http", Forwarding(forwarded=forwarded), PROXIES) == Visitor(VISITOR, "http")


@pytest.mark.parametrize(
    ("peer", "addresses", "schemes", "found"),
    [
        (PROXY, VISITOR, "https", Visitor(VISITOR, "https")),
        (PROXY, None, "https", Visitor(PROXY, "https")),
        (PROXY, VISITOR, None, Visitor(VISITOR, "http")),
        (PROXY, VISITOR, "nonsense", Visitor(VISITOR, "http")),
        (PROXY, f"{VISITOR}, 10.1.2.3", "https, http", Visitor(VISITOR, "https")),
        (PROXY, f"{VISITOR}, 10.1.2.3", "https", Visitor(VISITOR, "https")),
        (PROXY, f"198.51.100.1, {VISITOR}", "https, http", Visitor(VISITOR, "http")),
        (VISITOR, None, "https", Visitor(VISITOR, "http")),
        (VISITOR, "127.0.0.1", "https", Visitor(VISITOR, "http")),
    ],
)
def test_the_scheme_is_what_a_trusted_proxy_says_of_the_visitor(
    peer: str, addresses: str | None, schemes: str | None, found: Visitor
) -> None:
    assert visitor(peer, "http", Forwarding(addresses, schemes), PROXIES) == found


def test_what_proxies_send_is_told_from_what_the_visitor_sent() -> None:
    both = Forwarding(VISITOR, None, "for=198.51.100.1;proto=https")
    assert visitor(PROXY, "http", both, PROXIES) == Visitor(VISITOR, "http")


headers = st.none() | st.text(max_size=60) | st.text('for=proto;,"\\\\[]:.1 https', max_size=60)


@given(st.builds(Forwarding, headers, headers, headers))
def test_whatever_a_visitor_sends_past_a_proxy_is_read_without_an_error(said: Forwarding) -> None:
    assert visitor(VISITOR, "http", said, PROXIES) == Visitor(VISITOR, "http")
    found = visitor(PROXY, "http", said, PROXIES)
    assert str(ipaddress.ip_address(found.address)) == found.address
    assert found.scheme in ("http", "https")


@given(headers, st.sampled_from([VISITOR, f"{VISITOR}:80", f"  {VISITOR}"]))
def test_behind_a_proxy_that_appends_nobody_chooses_an_address(sent: str | None, appended: str) -> None:
    assert visitor(PROXY, "http", Forwarding(f"{sent or ''},{appended}"), PROXIES).address == VISITOR


def test_a_header_of_many_addresses_costs_little() -> None:
    assert len(Forwarding(",".join([PROXY] * 10_000)).hops()) == HOPS


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        (VISITOR, VISITOR),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:ffff:1:2:3", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::1", "2001:db8:0:8::/64"),
        (f"::ffff:{VISITOR}", VISITOR),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("no:address", "no:address"),
    ],
)
def test_a_host_does_not_pass_a_limit_by_another_address_of_its_subnet(address: str, counted_as: str) -> None:
    assert limited_as(address) == counted_as
