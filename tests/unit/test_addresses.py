"""Whose address it is: `X-Forwarded-For` is believed as far as proxies we trust wrote it; and what is limited."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.addresses import client_address, limited_as

PROXIES = tuple(ipaddress.ip_network(one) for one in ("127.0.0.1", "10.0.0.0/8", "fd00::/8"))
VISITOR = "203.0.113.7"


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
        ("127.0.0.1", f"{VISITOR}, nonsense", "nonsense"),
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
