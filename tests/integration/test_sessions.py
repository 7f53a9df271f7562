"""A session on weak signal: answers are lost and tabs refresh at once, and a stolen token still ends it."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.clients import PASSWORD, Api
from tests.services import HubProcess

URL = "/api/auth/refresh"
Unique = Callable[[str], str]


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


def cookie(api: Api) -> str:
    return next(str(one.value) for one in api.http.cookies.jar if one.name == "hub_refresh")


async def refresh_elsewhere(hub: HubProcess, token: str) -> httpx.Response:
    """As another tab of the same browser, on a connection of its own, so that any worker may get it."""
    async with httpx.AsyncClient(base_url=hub.base_url, trust_env=False) as tab:
        return await tab.post(URL, headers={"Cookie": f"hub_refresh={token}", "Origin": hub.base_url})


def cookie_of(answer: httpx.Response) -> str:
    return next(str(one.value) for one in answer.cookies.jar if one.name == "hub_refresh")


async def test_a_refresh_whose_answer_was_lost_is_done_again(hub: HubProcess, ada: Api) -> None:
    before = cookie(ada)
    for _ in range(8):
        lost = await refresh_elsewhere(hub, before)
        assert lost.status_code == 200
        assert cookie_of(lost) != before
    await ada.refresh()
    await ada.refresh()
    assert await status(ada, "GET", "/api/auth/me") == 200


async def test_the_access_token_of_an_answer_that_came_does_not_end_the_session(hub: HubProcess, ada: Api) -> None:
    before = cookie(ada)
    first = (await refresh_elsewhere(hub, before)).json()["access_token"]
    async with Api(hub.base_url) as tab:
        tab.token = first
        assert await status(tab, "GET", "/api/auth/me") == 200
        assert (await refresh_elsewhere(hub, before)).status_code == 200
        assert await status(tab, "GET", "/api/auth/me") == 200


@pytest.mark.parametrize("newest_last", [True, False])
async def test_tabs_that_refresh_at_once_all_stay_in_whichever_answer_comes_last(
    hub: HubProcess, ada: Api, newest_last: bool
) -> None:
    for _ in range(5):
        token = cookie(ada)
        answers = await asyncio.gather(*(refresh_elsewhere(hub, token) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        kept = answers[-1 if newest_last else 0]
        ada.http.cookies.update(kept.cookies)
        ada.http.cookies.delete("hub_refresh")
        ada.http.cookies.set("hub_refresh", cookie_of(kept), domain="127.0.0.1", path="/api/auth")
        await ada.refresh()
    assert await status(ada, "GET", "/api/auth/me") == 200


async def test_of_two_successors_in_the_body_the_unused_one_is_void(guest: Api, ada: Api) -> None:
    assert ada.user is not None
    first = await guest.login(ada.user["username"], session="body")
    guest.token = None
    second = await guest.call("POST", URL, json={"refresh_token": first["refresh_token"]})
    third = await guest.call("POST", URL, json={"refresh_token": first["refresh_token"]})
    assert second["refresh_token"] != third["refresh_token"]
    assert await status(guest, "POST", URL, json={"refresh_token": second["refresh_token"]}) == 401
    fourth = await guest.call("POST", URL, json={"refresh_token": third["refresh_token"]})
    guest.token = fourth["access_token"]
    assert await status(guest, "GET", "/api/auth/me") == 200


async def test_a_stolen_cookie_that_was_gone_on_from_ends_the_session(hub: HubProcess, ada: Api) -> None:
    stolen = cookie(ada)
    await ada.refresh()
    await ada.refresh()
    assert (await refresh_elsewhere(hub, stolen)).status_code == 401
    assert await status(ada, "POST", URL) == 401
    assert await status(ada, "GET", "/api/auth/me") == 401


async def test_a_log_out_works_with_a_token_whose_answer_was_lost(hub: HubProcess, ada: Api) -> None:
    await refresh_elsewhere(hub, cookie(ada))
    ada.token, token = None, ada.token
    await ada.call("POST", "/api/auth/logout", expect=[204])
    ada.token = token
    assert await status(ada, "GET", "/api/auth/me") == 401


async def test_logging_out_everywhere_needs_no_access_token(ada: Api, guest: Api) -> None:
    assert ada.user is not None
    await guest.login(ada.user["username"])
    ada.token = None
    await ada.call("POST", "/api/auth/logout-all", expect=[204])
    assert await status(guest, "GET", "/api/auth/me") == 401
    assert await status(guest, "POST", URL) == 401
    assert await status(ada, "POST", "/api/auth/logout-all") == 401


async def test_an_account_goes_with_its_password_only(guest: Api, unique: Unique) -> None:
    name = unique("leaver")
    await guest.register(name)
    for wrong in (None, {}, {"password": ""}, {"password": "not the password"}):
        options = {} if wrong is None else {"json": wrong}
        answer = await guest.request("DELETE", "/api/auth/me", **options)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert await status(guest, "GET", "/api/auth/me") == 200
    assert await status(guest, "DELETE", "/api/auth/me", json={"password": PASSWORD}) == 204
    guest.token = None
    assert await status(guest, "POST", "/api/auth/login", json={"username": name, "password": PASSWORD}) == 401


@pytest.mark.parametrize("password", ["qwertyuiop", "password1234", "aaaaaaaaaaaa", "ｑｗｅｒｔｙｕｉｏｐ"])
async def test_a_weak_password_is_refused_wherever_it_is_set(
    hub: HubProcess, ada: Api, guest: Api, unique: Unique, password: str
) -> None:
    assert ada.user is not None
    name = str(ada.user["username"])
    register = {"username": unique("weak"), "password": password}
    change = {"name": "Ada", "password": password, "current_password": PASSWORD}
    for answer in (
        await guest.request("POST", "/api/auth/register", json=register),
        await ada.request("PUT", "/api/auth/me", json=change),
    ):
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    if password == "qwertyuiop":
        for command in (("create", unique("weak")), ("reset-password", name)):
            done = await asyncio.to_thread(hub.try_run, "user", *command, "--password", password)
            assert done.returncode != 0
            assert "commonest" in done.stderr
    await ada.login(name)


async def test_a_password_with_the_username_is_refused_at_a_change_too(hub: HubProcess, ada: Api) -> None:
    assert ada.user is not None
    name = str(ada.user["username"])
    weak = f"I am {name.upper()} myself"
    body = {"name": "Ada", "password": weak, "current_password": PASSWORD}
    assert await status(ada, "PUT", "/api/auth/me", json=body) == 422
    done = await asyncio.to_thread(hub.try_run, "user", "reset-password", name, "--password", weak)
    assert done.returncode != 0 and "username" in done.stderr


async def test_a_password_is_one_and_the_same_on_every_keyboard(guest: Api, unique: Unique) -> None:
    name = unique("accent")
    await guest.register(name, password="cafe\u0301 au lait ﬁne")
    await guest.login(name, "caf\u00e9 au lait fine")
