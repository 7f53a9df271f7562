"""Other sites' pages: they can neither log a visitor in nor out, and no form of theirs is read."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.clients import PASSWORD, Api, ChannelClient
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess

Unique = Callable[[str], str]
KEY = "a key of more than thirty-two bytes for these tests"
PRODUCTION = {"HUB_ENV": "production", "HUB_SECRET_KEYS": KEY, "HUB_LIMITS": "on"}
FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "*/*"]


def credentials(username: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD}


async def bodies(guest: Api) -> list[tuple[str, str]]:
    """Every route of the API that takes a body."""
    document = await guest.call("GET", "/openapi.json")
    return [
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "get" and path.startswith("/api/") and ("requestBody" in operation or method != "delete")
    ]


async def test_a_form_of_another_site_is_refused_by_every_route(ada: Api, guest: Api) -> None:
    routes = await bodies(guest)
    assert len(routes) > 20
    for method, path in routes:
        filled = re.sub(r"\{(\w+)\}", lambda name: "denali" if name[1] == "slug" else "1", path)
        answer = await ada.request(method, filled, content=b'{"x": "', headers={"Content-Type": "text/plain"})
        assert answer.status_code == 415, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", [*FORMS, None, "application/json; charset=latin-1"])
async def test_only_json_logs_in(guest: Api, ada: Api, content_type: str | None) -> None:
    assert ada.user is not None
    body = f'{{"username": "{ada.user["username"]}", "password": "{PASSWORD}"}}'.encode()
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await guest.http.post("/api/auth/login", content=body, headers=headers)
    assert answer.status_code == 415
    assert not answer.cookies
    for right in ("application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        answer = await guest.http.post("/api/auth/login", content=body, headers={"Content-Type": right})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Origin": "{scheme_swapped}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_sites_page_does_not_get_at_the_account(
    hub: HubProcess, guest: Api, ada: Api, headers: dict[str, str]
) -> None:
    assert ada.user is not None
    own = hub.base_url
    sent = {k: v.format(own=own, scheme_swapped=own.replace("127.0.0.1", "localhost")) for k, v in headers.items()}
    body = credentials(ada.user["username"])
    for api, method, path, options in (
        (guest, "POST", "login", {"json": body}),
        (guest, "POST", "register", {"json": {**body, "username": "new-" + body["username"]}}),
        (ada, "POST", "refresh", {}),
        (ada, "POST", "logout", {}),
        (ada, "POST", "logout-all", {}),
        (ada, "GET", "me", {}),
        (ada, "DELETE", "me", {"json": {"password": PASSWORD}}),
    ):
        answer = await api.request(method, f"/api/auth/{path}", headers=sent, **options)
        assert answer.status_code == 403, (path, answer.text)
        assert "set-cookie" not in answer.headers
    assert (await ada.request("GET", "/api/auth/me")).status_code == 200


async def test_the_hubs_own_page_and_a_program_log_in(hub: HubProcess, guest: Api, ada: Api) -> None:
    assert ada.user is not None
    for headers in ({}, {"Origin": hub.base_url, "Sec-Fetch-Site": "same-origin"}, {"Origin": hub.base_url.upper()}):
        answer = await guest.request("POST", "/api/auth/login", json=credentials(ada.user["username"]), headers=headers)
        assert answer.status_code == 200


async def test_a_listed_origin_logs_in_with_its_session_in_the_body(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_ALLOWED_ORIGINS": "https://Front.example:443"})
    api = new_api(hub.base_url)
    headers = {"Origin": "https://front.example", "Sec-Fetch-Site": "cross-site"}
    body = {**credentials("ada"), "session": "body"}
    made = await api.request("POST", "/api/auth/register", json=body, headers=headers)
    assert made.status_code == 201 and made.json()["refresh_token"]
    assert made.headers["access-control-allow-origin"] == "https://front.example"
    refreshed = {"refresh_token": made.json()["refresh_token"]}
    assert (await api.request("POST", "/api/auth/refresh", json=refreshed, headers=headers)).status_code == 200
    async with ChannelClient(hub.ws_url, "denali", origin="https://front.example") as socket:
        assert socket.connected


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """What `Set-Cookie` says, by the cookie's name."""
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


async def test_over_https_cookies_have_the_name_that_only_https_may_set(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={**PRODUCTION, "HUB_TRUSTED_PROXIES": "127.0.0.1"})
    api = new_api(hub.base_url)
    for number, headers in enumerate(
        (
            {"X-Forwarded-Proto": "https"},
            {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"},
            {"Forwarded": "for=203.0.113.7;proto=https"},
        )
    ):
        answer = await api.request("POST", "/api/auth/register", json=credentials(f"ada{number}x"), headers=headers)
        found = set_cookies(answer)
        assert set(found) == {"__Secure-hub_refresh", "__Secure-hub_device"}
        for line in found.values():
            assert all(part in line for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/api/auth"))


async def test_a_page_that_is_on_https_gets_secure_cookies_though_its_proxy_is_not_trusted(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings=PRODUCTION)
    api = new_api(hub.base_url)
    own = hub.base_url.replace("http:", "https:")
    answer = await api.request("POST", "/api/auth/register", json=credentials("ada"), headers={"Origin": own})
    assert set(set_cookies(answer)) == {"__Secure-hub_refresh", "__Secure-hub_device"}
    forged = {"X-Forwarded-Proto": "https"}
    answer = await api.request("POST", "/api/auth/register", json=credentials("ben"), headers=forged)
    assert set(set_cookies(answer)) == {"hub_refresh", "hub_device"}


async def test_a_cookie_of_the_earlier_name_goes_on_and_is_renamed(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_TRUSTED_PROXIES": "127.0.0.1"})
    api = new_api(hub.base_url)
    await api.register("ada")
    answer = await api.request("POST", "/api/auth/refresh", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    found = set_cookies(answer)
    assert "Max-Age=0" in found["hub_refresh"]
    assert "Secure" in found["__Secure-hub_refresh"]


async def test_production_over_plain_http_keeps_members_in_and_tells_the_operator(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings={**PRODUCTION, "HUB_TRUSTED_PROXIES": "127.0.0.1"})
    assert "HUB_TRUSTED_PROXIES" not in hub.log
    ada = new_api(hub.base_url)
    await ada.register("ada")
    for _ in range(3):
        await ada.refresh()
    assert (await ada.call("GET", "/api/config"))["wants_https"] is True
    assert hub.log.count("over plain http") == 1
    doctor = hub.try_run("doctor")
    assert doctor.returncode != 0
    assert "MEND https        1 of the last 1 log-ins came over plain http" in doctor.stdout
    hub.stop()
    hub.start()
    assert "1 of the last 1 log-ins came over plain http" in hub.log


def test_the_doctor_and_the_start_say_that_no_proxy_is_trusted(start_hub: StartHub) -> None:
    hub = start_hub(settings=PRODUCTION)
    assert "HUB_TRUSTED_PROXIES" in hub.log
    assert "MEND https        no proxy is trusted" in hub.try_run("doctor").stdout
    assert " https " not in start_hub(start=False).try_run("doctor").stdout


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("parks.example:443", "https://parks.example", True),
        ("parks.example", "https://parks.example:443", True),
        ("parks.example:80", "http://parks.example", True),
        ("parks.example", "https://parks.example", True),
        ("parks.example:443", "http://parks.example", False),
        ("parks.example", "https://evil.example", False),
    ],
)
async def test_a_port_that_the_scheme_implies_makes_no_other_origin(
    hub: HubProcess, guest: Api, ada: Api, host: str, origin: str, allowed: bool
) -> None:
    assert ada.user is not None
    headers = {"Host": host, "Origin": origin}
    answer = await guest.request("POST", "/api/auth/login", json=credentials(ada.user["username"]), headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    handshake: dict[str, Any] = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with (
        httpx.AsyncClient(base_url=hub.base_url, trust_env=False) as http,
        http.stream("GET", "/ws/channels/denali", headers={**headers, **handshake}) as opened,
    ):
        assert opened.status_code == (101 if allowed else 403)
