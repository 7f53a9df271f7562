"""Guessing is limited, and nobody is locked out by somebody else's guesses; a crowd that logs in slows nobody down."""

import asyncio
import time

import httpx

from tests.clients import PASSWORD, Api
from tests.conftest import NewApi, StartHub

SETTINGS = {"HUB_LIMITS": "on", "HUB_TRUSTED_PROXIES": "127.0.0.1"}


async def log_in(api: Api, username: str, password: str, address: str) -> httpx.Response:
    body = {"username": username, "password": password}
    return await api.request("POST", "/api/auth/login", json=body, headers={"X-Forwarded-For": address})


async def test_the_right_password_is_taken_whatever_others_guess_elsewhere(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings=SETTINGS)
    ada, guesser = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    guesses = [await log_in(guesser, "ada", f"guess number {n}", "203.0.113.7") for n in range(26)]
    assert {answer.status_code for answer in guesses[:10]} == {401}
    assert {answer.status_code for answer in guesses[11:]} == {429}
    ada.http.cookies.clear()
    assert [(await log_in(ada, "ada", PASSWORD, "198.51.100.1")).status_code for _ in range(26)] == [200] * 26


async def test_a_browser_that_logged_in_before_is_not_shut_out_from_the_guessers_own_network(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings=SETTINGS)
    ada, guesser = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    answer = await log_in(guesser, "ada", "a wrong guess", "203.0.113.7")
    number = 0
    while "network" not in answer.text:
        number += 1
        answer = await log_in(guesser, f"member{number // 5}" if number % 5 else "ada", "a wrong guess", "203.0.113.7")
    assert answer.status_code == 429
    # A browser's note is for its member alone.
    assert (await log_in(ada, "ben", PASSWORD, "203.0.113.7")).status_code == 429
    assert [(await log_in(ada, "ada", PASSWORD, "203.0.113.7")).status_code for _ in range(26)] == [200] * 26
    # Guessing with it is limited as well.
    answers = [(await log_in(ada, "ada", "a wrong guess", "203.0.113.7")).status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


async def test_a_name_that_is_guessed_from_everywhere_is_slower_and_open(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings=SETTINGS)
    ada, guesser = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    ada.http.cookies.clear()
    answers = await asyncio.gather(*(log_in(guesser, "ada", "a wrong guess", f"203.0.{n}.7") for n in range(60)))
    assert {answer.status_code for answer in answers} == {401}
    began = time.monotonic()
    assert (await log_in(ada, "ada", PASSWORD, "198.51.100.1")).status_code == 200
    assert time.monotonic() - began > 1


async def test_wrong_current_passwords_are_limited_for_their_session_only(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    thief, ada = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await thief.login("ada")
    change = {"name": "Ada", "password": "another good password"}
    answers = []
    for number in range(6):
        wrong = f"guess number {number}"
        put = await thief.request("PUT", "/api/auth/me", json={**change, "current_password": wrong})
        delete = await thief.request("DELETE", "/api/auth/me", json={"password": wrong})
        answers += [put.status_code, delete.status_code]
    assert answers == [422] * 10 + [429] * 2
    assert (await thief.request("DELETE", "/api/auth/me", json={"password": PASSWORD})).status_code == 429
    await ada.call("PUT", "/api/auth/me", json={**change, "current_password": PASSWORD})


async def test_refreshes_of_a_session_are_limited_and_other_sessions_are_not(
    start_hub: StartHub, new_api: NewApi
) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    ada, ben = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await ben.register("ben")
    answers = [(await ada.request("POST", "/api/auth/refresh")).status_code for _ in range(66)]
    assert answers[:60] == [200] * 60
    assert 429 in answers[60:]
    assert (await ben.request("POST", "/api/auth/refresh")).status_code == 200


async def test_a_taken_name_costs_no_new_account(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings={"HUB_LIMITS": "on"})
    api = new_api(hub.base_url)
    await api.register("ada")
    taken = {"username": "Ada", "password": PASSWORD}
    answers = [(await api.request("POST", "/api/auth/register", json=taken)).status_code for _ in range(20)]
    assert answers == [409] * 20
    await api.register("ben")


async def test_a_crowd_that_logs_in_does_not_hold_up_what_others_read(start_hub: StartHub, new_api: NewApi) -> None:
    hub = start_hub(settings=SETTINGS)
    guest, crowd = new_api(hub.base_url), Api(hub.base_url)
    await crowd.close()
    crowd.http = httpx.AsyncClient(
        base_url=hub.base_url, timeout=150, limits=httpx.Limits(max_connections=None), trust_env=False
    )
    attempts = [
        asyncio.create_task(log_in(crowd, f"member{n}", "a wrong guess", f"203.0.{n % 100}.7")) for n in range(150)
    ]
    reads = 0
    while not all(attempt.done() for attempt in attempts):
        answer = await guest.request("GET", "/api/channels/denali/history")
        assert answer.status_code == 200
        reads += 1
        if reads > 300:
            # Within the limit of reads from one address, however long the crowd takes.
            await asyncio.wait(attempts, timeout=0.04)
    statuses = {attempt.result().status_code for attempt in attempts}
    assert statuses <= {401, 429, 503}
    # Each log-in costs more than a read, and a read waits for none of them.
    assert reads > 30
    await crowd.close()
