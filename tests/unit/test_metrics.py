"""Nobody outside can make a figure of their own: labels come from short lists, whatever is asked for."""

import itertools

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.samples import Sample

from hub import metrics
from hub.app import create_app
from hub.config import load_settings
from hub.handlers.requests import METHODS


def samples(counter: Counter) -> list[Sample]:
    return [sample for family in counter.collect() for sample in family.samples if sample.name.endswith("_total")]


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """The figure of ended sockets, empty."""
    counter = Counter("hub_sockets_ended", "For this test.", ["code"], registry=CollectorRegistry())
    monkeypatch.setattr(metrics, "sockets_ended", counter)
    return counter


def test_a_close_code_that_a_visitor_made_up_is_counted_as_other(codes: Counter) -> None:
    for code in itertools.chain(range(1000, 5000), [0, -1, 65535]):
        metrics.socket_ended(code)
    counted = {sample.labels["code"]: sample.value for sample in samples(codes)}
    assert len(counted) < 25
    assert counted["4508"] == counted["1000"] == 1
    assert sum(counted.values()) == 4003


async def test_made_up_paths_and_methods_share_one_figure(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    counter = Counter("hub_requests", "For this test.", ["method", "route", "status"], registry=CollectorRegistry())
    monkeypatch.setattr(metrics, "requests", counter)
    settings = load_settings({"HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db", "HUB_LIMITS": "off"})
    client = create_app(settings).test_client()
    for number in range(30):
        await client.get(f"/nothing/{number}")
        await client.open(f"/also-nothing-{number}", method=f"METHOD{number}")
        await client.open("/openapi.json", method=f"METHOD{number}")
    counted = samples(counter)
    routes = {sample.labels["route"] for sample in counted}
    assert {sample.labels["method"] for sample in counted} <= METHODS | {"other"}
    assert len(routes) <= 3
    assert not any("nothing" in route and "<" not in route for route in routes)
    assert len(counted) <= 8
