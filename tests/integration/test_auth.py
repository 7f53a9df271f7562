"""Accounts: log in, stay in, get out everywhere, and leave for good."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest

from hub import tokens
from tests.clients import PASSWORD, Api, ChannelClient, on_worker, one_on_each_worker
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess, RedisServer

KEY = "the integration tests' own key of 32 bytes or more"
FORMER = {"username": None, "name": "former member"}
Unique = Callable[[str], str]


async def status(api: Api, method: str, path: str, **options: Any) -> int:
    return (await api.request(method, path, **options)).status_code


async def ways_in(api: Api, username: str, password: str) -> httpx.Response:
    return await api.request("POST", "/api/auth/login", json={"username": username, "password": password})


def name(api: Api) -> str:
    assert api.user is not None
    return str(api.user["username"])


def forged(key: str = KEY, **changes: Any) -> str:
    now = int(time.time())
    claims = {"sub": "1", "sid": "s", "role": "admin", "username": "x", "name": "X", "iat": now, "exp": now + 60}
    return jwt.encode({**claims, "iss": tokens.ISSUER, "aud": tokens.AUDIENCE, **changes}, key, algorithm="HS256")


async def test_who_registers_is_logged_in(guest: Api, unique: Unique) -> None:
    answer = await guest.register(unique("ada"), name="Ada")
    assert set(answer) == {"user", "access_token", "expires_in"}
    assert answer["user"] == {"username": name(guest), "name": "Ada", "role": "visitor"}
    assert answer["expires_in"] == 900
    assert await guest.call("GET", "/api/auth/me") == answer["user"]


async def test_a_username_is_taken_whatever_its_case(guest: Api, ada: Api) -> None:
    body = {"username": name(ada).upper(), "password": PASSWORD}
    assert await status(guest, "POST", "/api/auth/register", json=body) == 409


async def test_of_many_who_want_a_username_at_once_one_gets_it(guest: Api, unique: Unique) -> None:
    body = {"username": unique("wanted"), "password": PASSWORD}
    answers = await asyncio.gather(*(status(guest, "POST", "/api/auth/register", json=body) for _ in range(5)))
    assert sorted(answers) == [201, 409, 409, 409, 409]


async def test_login_takes_any_case_of_the_name_and_one_of_the_password(guest: Api, ada: Api) -> None:
    assert (await guest.login(name(ada).upper()))["user"]["username"] == name(ada)
    assert (await ways_in(guest, name(ada), PASSWORD.upper())).status_code == 401


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(guest: Api, ada: Api, unique: Unique) -> None:
    wrong_password = await ways_in(guest, name(ada), "not the password")
    wrong_name = await ways_in(guest, unique("nobody"), "not the password")
    assert wrong_password.status_code == wrong_name.status_code == 401
    assert wrong_password.json() == wrong_name.json()
    assert set(wrong_password.headers) == set(wrong_name.headers)
    assert not wrong_password.cookies and not wrong_name.cookies


async def test_a_wrong_name_takes_as_long_as_a_wrong_password(guest: Api, ada: Api, unique: Unique) -> None:
    async def seconds(username: str) -> float:
        began = time.perf_counter()
        await ways_in(guest, username, "not the password")
        return time.perf_counter() - began

    # By turns and the quickest of many: what else the machine does is the same for both.
    nobody = unique("nobody")
    pairs = [(await seconds(name(ada)), await seconds(nobody)) for _ in range(10)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


async def test_the_refresh_token_is_in_a_cookie_that_scripts_do_not_see(guest: Api, unique: Unique) -> None:
    body = {"username": unique("ada"), "password": PASSWORD}
    answer = await guest.request("POST", "/api/auth/register", json=body)
    cookie = answer.headers["set-cookie"]
    assert "refresh_token" not in answer.json()
    for part in ("HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age="):
        assert part in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_a_refresh_gives_fresh_tokens(ada: Api) -> None:
    cookie = dict(ada.http.cookies)
    answer = await ada.refresh()
    assert set(answer) == {"user", "access_token", "expires_in"}
    assert dict(ada.http.cookies) != cookie
    assert (await ada.call("GET", "/api/auth/me"))["username"] == name(ada)


async def test_a_session_in_the_body_needs_no_cookie(guest: Api, ada: Api) -> None:
    first = await guest.login(name(ada), session="body")
    assert not guest.http.cookies
    url = "/api/auth/refresh"
    second = await guest.call("POST", url, json={"refresh_token": first["refresh_token"]})
    assert second["refresh_token"] != first["refresh_token"]
    assert not guest.http.cookies
    third = await guest.call("POST", url, json={"refresh_token": second["refresh_token"]})
    assert third["user"] == first["user"]


async def test_a_refresh_token_used_twice_ends_its_session_and_closes_its_socket(
    hub: HubProcess, guest: Api, ada: Api, park: str
) -> None:
    first = await guest.login(name(ada), session="body")
    url = "/api/auth/refresh"
    second = await guest.call("POST", url, json={"refresh_token": first["refresh_token"]})
    second = await guest.call("POST", url, json={"refresh_token": second["refresh_token"]})
    async with (
        ChannelClient(hub.ws_url, park, token=second["access_token"]) as stolen,
        ChannelClient(hub.ws_url, park, token=ada.token) as other,
    ):
        assert await status(guest, "POST", url, json={"refresh_token": first["refresh_token"]}) == 401
        assert await stolen.wait_closed() == 4401
        assert await status(guest, "POST", url, json={"refresh_token": second["refresh_token"]}) == 401
        guest.token = second["access_token"]
        assert await status(guest, "GET", "/api/auth/me") == 401
        assert other.connected
        assert await status(ada, "GET", "/api/auth/me") == 200


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 200])
async def test_a_refresh_token_that_never_was_is_refused(guest: Api, token: str) -> None:
    assert await status(guest, "POST", "/api/auth/refresh", json={"refresh_token": token}) == 401


async def test_no_refresh_token_at_all_is_refused(guest: Api) -> None:
    assert await status(guest, "POST", "/api/auth/refresh") == 401
    assert await status(guest, "POST", "/api/auth/refresh", json={}) == 401


async def test_an_access_token_is_no_refresh_token(ada: Api, guest: Api) -> None:
    assert ada.token is not None
    body = {"refresh_token": ada.token[:200]}
    assert await status(guest, "POST", "/api/auth/refresh", json=body) == 401


async def test_logout_ends_this_session_only(hub: HubProcess, ada: Api, guest: Api, park: str) -> None:
    await guest.login(name(ada))
    async with (
        ChannelClient(hub.ws_url, park, token=ada.token) as here,
        ChannelClient(hub.ws_url, park, token=guest.token) as elsewhere,
    ):
        await ada.call("POST", "/api/auth/logout", expect=[204])
        assert await here.wait_closed(2) == 4401
        assert await status(ada, "GET", "/api/auth/me") == 401
        assert await status(ada, "POST", "/api/auth/refresh") == 401
        with pytest.raises(ConnectionError, match="4401"):
            await here.connect()
        assert elsewhere.connected
    assert await status(guest, "GET", "/api/auth/me") == 200


async def test_logout_by_access_token_and_by_a_token_in_the_body(guest: Api, ada: Api) -> None:
    ada.http.cookies.clear()
    await ada.call("POST", "/api/auth/logout", expect=[204])
    assert await status(ada, "GET", "/api/auth/me") == 401
    session = await guest.login(name(ada), session="body")
    token = guest.token
    guest.token = None
    await guest.call("POST", "/api/auth/logout", json={"refresh_token": session["refresh_token"]}, expect=[204])
    guest.token = token
    assert await status(guest, "GET", "/api/auth/me") == 401


async def test_logout_without_a_session_does_nothing(guest: Api) -> None:
    assert await status(guest, "POST", "/api/auth/logout") == 204
    assert await status(guest, "POST", "/api/auth/logout-all") == 401


async def test_logout_everywhere_reaches_every_worker_within_two_seconds(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    clients = await one_on_each_worker(hub, "denali", token=ada.token)
    began = time.monotonic()
    await ada.call("POST", "/api/auth/logout-all", expect=[204])
    assert {await client.wait_closed(2) for client in clients} == {4401}
    assert time.monotonic() - began < 2
    for index in range(hub.workers):
        async with Api(hub.base_url) as again:
            again.token = ada.token
            assert await on_worker(hub, index, lambda a=again: status(a, "GET", "/api/auth/me")) == 401


async def test_without_redis_a_logout_still_reaches_every_worker_within_two_seconds(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi
) -> None:
    hub = start_hub(workers=2, redis=redis)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    clients = await one_on_each_worker(hub, "denali", token=ada.token)
    await asyncio.to_thread(redis.stop)
    began = time.monotonic()
    await ada.call("POST", "/api/auth/logout", expect=[204])
    assert {await client.wait_closed(3) for client in clients} == {4401}
    assert time.monotonic() - began < 2.2


async def test_a_new_name_is_told_and_a_wrong_one_is_not_taken(ada: Api) -> None:
    assert (await ada.call("PUT", "/api/auth/me", json={"name": "Ada Lovelace"}))["name"] == "Ada Lovelace"
    assert await status(ada, "PUT", "/api/auth/me", json={"name": " "}) == 422
    assert await status(ada, "PUT", "/api/auth/me", json={"name": "A", "role": "admin"}) == 422
    assert (await ada.call("GET", "/api/auth/me"))["name"] == "Ada Lovelace"


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(
    hub: HubProcess, ada: Api, guest: Api, park: str
) -> None:
    await guest.login(name(ada))
    change = {"name": "Ada", "password": "another good password"}
    for wrong in ({}, {"current_password": "not it"}):
        assert await status(ada, "PUT", "/api/auth/me", json={**change, **wrong}) == 422
    async with (
        ChannelClient(hub.ws_url, park, token=ada.token) as here,
        ChannelClient(hub.ws_url, park, token=guest.token) as elsewhere,
    ):
        await ada.call("PUT", "/api/auth/me", json={**change, "current_password": PASSWORD})
        assert await elsewhere.wait_closed(2) == 4401
        assert here.connected
    assert await status(guest, "GET", "/api/auth/me") == 401
    assert await status(ada, "GET", "/api/auth/me") == 200
    assert (await ways_in(guest, name(ada), PASSWORD)).status_code == 401
    assert (await ways_in(guest, name(ada), "another good password")).status_code == 200


async def test_who_leaves_is_gone_and_what_was_written_stays(
    hub: HubProcess, ada: Api, ben: Api, guest: Api, park: str
) -> None:
    post = await ada.post(park, "What I saw")
    async with (
        ChannelClient(hub.ws_url, park, token=ada.token) as hers,
        ChannelClient(hub.ws_url, park, history=await ben.history(park)) as other,
    ):
        await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD}, expect=[204])
        assert await hers.wait_closed(2) == 4401
        event = await other.wait_for_type("member.updated")
    assert event["data"] == {**FORMER, "posts": [post["id"]]}
    left = await ben.call("GET", f"/api/posts/{post['id']}")
    assert left == {**post, "author": FORMER, "client_id": None} == other.state.posts[post["id"]]
    assert name(ada) not in (await guest.request("GET", f"/api/channels/{park}/history")).text
    assert await status(ada, "GET", "/api/auth/me") == 401
    assert await status(ada, "POST", "/api/auth/refresh") == 401
    assert (await ways_in(guest, name(ada), PASSWORD)).status_code == 401
    await guest.register(name(ada))
    assert await status(guest, "PUT", f"/api/posts/{post['id']}", json={"title": "Mine", "comment": "now"}) == 403


async def test_a_role_is_given_by_the_operator_and_ends_the_sessions_with_the_old_one(
    hub: HubProcess, ada: Api, park: str
) -> None:
    async with ChannelClient(hub.ws_url, park, token=ada.token) as socket:
        await asyncio.to_thread(hub.run, "user", "role", name(ada), "moderator")
        assert await socket.wait_closed(3) == 4401
    assert await status(ada, "GET", "/api/auth/me") == 401
    assert (await ada.login(name(ada)))["user"]["role"] == "moderator"


async def test_an_operator_resets_a_password(hub: HubProcess, ada: Api, guest: Api) -> None:
    fresh = "a password the operator gave"
    await asyncio.to_thread(hub.run, "user", "reset-password", name(ada), "--password", fresh)
    assert (await ways_in(guest, name(ada), PASSWORD)).status_code == 401
    assert (await ways_in(guest, name(ada), fresh)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/channels"),
        ("PUT", "/api/channels/denali"),
        ("DELETE", "/api/channels/denali"),
    ],
)
async def test_visitors_and_moderators_do_not_do_what_admins_do(
    ada: Api, moderator: Api, guest: Api, method: str, path: str
) -> None:
    body = {"slug": "denali", "name": "D", "group": "G"}
    answers = [await status(api, method, path, json=body) for api in (guest, ada, moderator)]
    assert answers == [401, 403, 403]


async def test_a_fresh_token_on_a_living_socket_keeps_it(hub: HubProcess, ada: Api, ben: Api, park: str) -> None:
    async with ChannelClient(hub.ws_url, park, token=ada.token) as socket:
        await ada.refresh()
        assert (await socket.ask({"type": "auth", "token": ada.token}))["type"] == "ack"
        await socket.send({"type": "auth", "token": ben.token})
        assert await socket.wait_closed() == 4401


async def test_a_token_that_ends_closes_its_socket(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_SECRET_KEYS": KEY})
    ada = new_api(hub.base_url)
    await ada.register("ada")
    assert ada.token is not None
    mine = jwt.decode(ada.token, options={"verify_signature": False})
    async with ChannelClient(hub.ws_url, "denali", token=forged(**{**mine, "exp": int(time.time()) + 3})) as client:
        assert client.welcome["user"]["username"] == "ada"
        assert await client.wait_closed(6) == 4401


async def test_a_key_that_was_rotated_out_is_believed_until_it_is_gone(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_SECRET_KEYS": KEY})
    ada = new_api(hub.base_url)
    await ada.register("ada")
    for keys, expected in ((f"{KEY[::-1]},{KEY}", 200), (KEY[::-1], 401)):
        hub.stop()
        hub.settings["HUB_SECRET_KEYS"] = keys
        hub.start()
        assert await status(ada, "GET", "/api/auth/me") == expected
    assert (await ada.refresh())["user"]["username"] == "ada"


@pytest.mark.parametrize(
    "header",
    [b"Bearer", b"bearer", b"Basic YWRhOmFkYQ==", b"Bearer a.b.c", b"x", b"Bearer " + b"x" * 5000, b"Bearer \xe9"],
)
async def test_a_header_that_is_no_token_is_refused_everywhere(guest: Api, park: str, header: bytes) -> None:
    for path in ("/api/auth/me", f"/api/channels/{park}/history"):
        answer = await guest.http.get(path, headers=[(b"Authorization", header)])
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_forged_tokens_are_refused_in_rest_and_on_the_socket(hub: HubProcess, guest: Api, park: str) -> None:
    for token in (forged("another key of thirty-two bytes or more"), forged(role="owner"), forged(aud="other")):
        guest.token = token
        assert await status(guest, "GET", "/api/auth/me") == 401
        with pytest.raises(ConnectionError, match="4401"):
            await ChannelClient(hub.ws_url, park, token=token).connect()


async def test_guessing_passwords_is_slowed_down(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    ada, guesser = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    answers = [await ways_in(guesser, "ada", f"guess number {number}") for number in range(12)]
    assert [answer.status_code for answer in answers[:10]] == [401] * 10
    assert {answer.status_code for answer in answers[10:]} == {429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].headers["content-type"] == "application/problem+json"
    # Her own browser is known; a new one in the guesser's network has to wait.
    assert (await ways_in(ada, "ADA", PASSWORD)).status_code == 200
    ada.http.cookies.clear()
    assert (await ways_in(ada, "ADA", PASSWORD)).status_code == 429
    assert await status(ada, "GET", "/api/auth/me") == 200


async def test_making_accounts_and_posts_in_bulk_is_slowed_down(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    api = new_api(hub.base_url)
    made = [
        await status(api, "POST", "/api/auth/register", json={"username": f"member{n}", "password": PASSWORD})
        for n in range(12)
    ]
    assert made == [201] * 10 + [429] * 2
    api.token = None
    await api.login("member0")
    before = (await api.history("denali"))["seq"]
    written = [
        await status(api, "POST", "/api/channels/denali/posts", json={"title": "x", "comment": "y"}) for _ in range(40)
    ]
    assert written[:30] == [201] * 30
    assert written[-1] == 429
    assert (await api.history("denali"))["seq"] == before + written.count(201)


async def test_no_password_or_token_is_in_the_log(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    session = await ada.register("ada")
    await ways_in(ada, "ada", "a wrong password of mine")
    async with ChannelClient(hub.ws_url, "denali", token=ada.token):
        await ada.refresh()
    body = await ada.login("ada", session="body")
    await ada.request("GET", f"/api/channels?token={body['refresh_token']}")
    for secret in (PASSWORD, "a wrong password of mine", session["access_token"], body["refresh_token"]):
        assert secret not in hub.log
