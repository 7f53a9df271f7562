"""Whether a page is one of the hub's own: by scheme, host and port, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.origins import is_same_origin, parse_origin

hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,5})?", fullmatch=True) | st.sampled_from(
    ["127.0.0.1", "[::1]", "[2001:db8::7]"]
)
schemes = st.sampled_from(["http", "https"])
ports = st.integers(1, 65535)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("https://parks.example", "parks.example", "https"),
        ("https://parks.example", "parks.example:443", "https"),
        ("https://parks.example:443", "parks.example", "https"),
        ("https://parks.example", "parks.example:443", "http"),
        ("https://parks.example", "parks.example", "http"),
        ("http://parks.example", "parks.example:80", "http"),
        ("http://parks.example:80", "parks.example", "http"),
        ("http://parks.example", "parks.example:", "http"),
        ("http://PARKS.example:8000", "parks.EXAMPLE:8000", "http"),
        ("http://[::1]:8000", "[::1]:8000", "http"),
        ("https://[2001:db8::7]", "[2001:db8::7]:443", "https"),
    ],
)
def test_the_hubs_own_pages_are_known(origin: str, host: str, scheme: str) -> None:
    assert is_same_origin(origin, host, scheme)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("https://evil.example", "parks.example", "https"),
        ("https://parks.example.evil.example", "parks.example", "https"),
        ("https://evilparks.example", "parks.example", "https"),
        ("https://parks.example@evil.example", "parks.example", "https"),
        ("https://evil.example/parks.example", "parks.example", "https"),
        ("https://parks.example:8443", "parks.example", "https"),
        ("https://parks.example", "parks.example:80", "https"),
        ("http://parks.example", "parks.example:443", "http"),
        ("http://parks.example", "parks.example", "https"),
        ("null", "parks.example", "https"),
        ("", "parks.example", "https"),
        ("https://", "", "https"),
        ("file://", "", "http"),
        ("https://parks.example", "parks.example,parks.example", "https"),
        ("https://parks.example:0", "parks.example:0", "https"),
        ("https://parks.example:65536", "parks.example:65536", "https"),
        ("https://parks.example\n", "parks.example", "https"),
    ],
)
def test_other_sites_pages_are_foreign(origin: str, host: str, scheme: str) -> None:
    assert not is_same_origin(origin, host, scheme)


@given(schemes, hosts, ports)
def test_a_default_port_may_be_written_or_left_out_on_both_sides(scheme: str, host: str, port: int) -> None:
    default = {"http": 80, "https": 443}[scheme]
    ways = [f"{host}:{port}"] if port != default else [f"{host}:{port}", host]
    for origin in ways:
        assert all(is_same_origin(f"{scheme}://{origin}", way, scheme) for way in ways)
    assert is_same_origin(f"{scheme}://{host}", f"{host}:{port}", scheme) == (port == default)


@given(schemes, hosts, hosts, ports, ports)
def test_another_host_or_port_is_another_origin(scheme: str, host: str, other: str, port: int, other_port: int) -> None:
    same = (host, port) == (other, other_port)
    assert is_same_origin(f"{scheme}://{host}:{port}", f"{other}:{other_port}", scheme) == same


@given(st.text(max_size=40) | st.text("htps:/@[]#?.,\\ ", max_size=20), st.text(max_size=40))
def test_rubbish_is_no_origin_and_no_error(origin: str, host: str) -> None:
    parsed = parse_origin(origin)
    assert parsed is None or parse_origin(str(parsed)) == parsed
    assert not (parsed is None and is_same_origin(origin, host, "http"))
