"""Pages: what is not there is 404 and says what to do; each has its policy; nobody's conversation can be guessed."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.clients import Api
from tests.conftest import StartNginx
from tests.services import HubProcess

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def browser(hub: HubProcess) -> Iterator[httpx.Client]:
    """Asks as a browser does that goes to an address."""
    with httpx.Client(base_url=hub.base_url, headers=BROWSER, trust_env=False) as client:
        yield client


def is_our_page(answer: httpx.Response) -> bool:
    return "text/html" in answer.headers["content-type"] and '<div id="app">' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/channels/no-such-channel",
        "/channels/no-such-channel/",
        "/channels/" + "x" * 3000,
        "/channels/%00",
        "/channels/DENALI%20",
        "/channels/denali/posts/1",
        "/posts/999999999",
        "/posts/none",
        "/posts/" + "9" * 40,
        "/reviews/999999999",
        "/reviews/-1",
        "/chat/none",
        "/chat/1e3",
        "/nowhere",
        "/moderation/nothing",
    ],
)
def test_what_is_not_there_is_404_in_our_own_page(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404 and is_our_page(answer)
    assert browser.head(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/channels/denali", "/channels/denali/", "/channels/denali?tab=reviews", "/search/"]
)
def test_what_is_there_is_200(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200 and is_our_page(answer)


async def test_a_post_has_a_page_until_it_is_hidden_or_deleted(
    browser: httpx.Client, ada: Api, moderator: Api, park: str
) -> None:
    kept, hidden, deleted = [(await ada.post(park, title))["id"] for title in ("Kept", "Hidden", "Deleted")]
    await moderator.call("POST", f"/api/posts/{hidden}/hide", json={"reason": "Not here."})
    await ada.delete_post(deleted)
    assert [browser.get(f"/posts/{number}").status_code for number in (kept, hidden, deleted)] == [200, 404, 404]
    review = await ada.call("POST", f"/api/channels/{park}/reviews", json={"title": "Fine", "comment": "Very."})
    assert browser.get(f"/reviews/{review['id']}").status_code == 200
    await ada.call("DELETE", f"/api/reviews/{review['id']}")
    assert browser.get(f"/reviews/{review['id']}").status_code == 404


async def test_pages_tell_nobody_which_conversations_there_are(browser: httpx.Client, ada: Api) -> None:
    made = await ada.call("POST", "/api/chat/conversations", json={}, expect=[201])
    there, not_there = browser.get(f"/chat/{made['id']}"), browser.get("/chat/123456789012")
    without_nonces = [re.sub(r"nonce[=-]\S+", "", answer.text) for answer in (there, not_there)]
    assert (there.status_code, not_there.status_code) == (200, 200)
    assert without_nonces[0] == without_nonces[1]


def test_a_program_still_gets_a_problem(browser: httpx.Client) -> None:
    for headers in ({"Accept": "application/json"}, {"Accept": "*/*"}):
        answer = browser.get("/nowhere", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert browser.get("/api/nowhere").headers["content-type"] == "application/problem+json"
    assert browser.get("/static/nowhere.js").headers["content-type"] == "application/problem+json"


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    given = answer.headers["content-security-policy"]
    return {name: sources for name, *sources in (part.split() for part in given.split(";"))}


@pytest.mark.parametrize("path", ["/", "/channels/denali", "/channels/none", "/chat/7", "/nowhere", "/quiz/"])
def test_a_page_connects_to_its_own_host_only(hub: HubProcess, browser: httpx.Client, path: str) -> None:
    host = hub.base_url.removeprefix("http://")
    assert policy_of(browser.get(path))["connect-src"] == ["'self'", f"ws://{host}", f"wss://{host}"]
    named = browser.get(path, headers={"Host": "hub.example.org:8443"})
    assert policy_of(named)["connect-src"] == ["'self'", "ws://hub.example.org:8443", "wss://hub.example.org:8443"]


@pytest.mark.parametrize("host", ["[::1]:8000", "a b", "x; script-src *", "x,y", "*", "*.example.org", "ex'ample"])
def test_a_host_that_is_none_adds_nothing_to_the_policy(browser: httpx.Client, host: str) -> None:
    answer = browser.get("/", headers={"Host": host})
    if answer.status_code == 200:
        assert policy_of(answer)["connect-src"] == ["'self'"]
        assert set(policy_of(answer)["script-src"]) - {"'self'"} == {policy_of(answer)["script-src"][1]}
    else:
        assert answer.status_code == 400


DOCUMENTS = (
    "/",
    "/docs",
    "/nowhere",
    "/channels/none",
    "/static/index.html",
    "/static/docs.html",
    "/static/icon.svg",
    "/favicon.ico",
)


def check_policy(answer: httpx.Response) -> None:
    assert len(answer.headers.get_list("content-security-policy")) == 1
    policy = policy_of(answer)
    assert not {"*", "ws:", "wss:", "http:", "https:"} & set(policy.get("connect-src", []))
    assert policy["frame-ancestors"] == ["'none'"] and policy["base-uri"] == ["'none'"]
    assert "'unsafe-inline'" not in policy.get("script-src", []) and "default-src" in policy


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_document_has_a_policy(browser: httpx.Client, path: str) -> None:
    check_policy(browser.get(path))


def test_every_document_has_a_policy_behind_nginx(hub: HubProcess, start_nginx: StartNginx) -> None:
    server = start_nginx(hub)
    with httpx.Client(base_url=server.base_url, headers=BROWSER, trust_env=False) as browser:
        for path in DOCUMENTS:
            check_policy(browser.get(path))
        # What nginx says without asking the hub is no document: a problem, as the hub's own.
        own = browser.request("TRACE", "/")
        assert (own.status_code, own.headers["content-type"]) == (405, "application/problem+json")
