"""Staying logged in on weak signal, and being logged out without any."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, Route, async_playwright, expect

from tests.browser.conftest import SignIn
from tests.clients import PASSWORD, Api
from tests.conftest import CHROMIUM_FLAGS, StartHub
from tests.services import HubProcess, find_program

LATENCY_MS = 400
REFRESH = "**/api/auth/refresh"
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"
PRODUCTION = {
    "HUB_ENV": "production",
    "HUB_SECRET_KEYS": "a key of more than thirty-two bytes for these tests",
    "HUB_LIMITS": "on",
}
Unique = Callable[[str], str]


async def slow_down(page: Page) -> None:
    """As on a weak mobile connection."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1},
    )


async def is_member(page: Page) -> None:
    """The page is somebody's whom the hub knows: an account is fetched and changed only with a good token."""
    await page.goto("/account")
    await page.get_by_label("What others see").fill("Still here")
    await page.get_by_role("button", name="Save the name").click()
    await expect(page.get_by_text("Your name is changed.")).to_be_visible()


async def test_a_reload_during_a_refresh_never_logs_out(sign_in: SignIn) -> None:
    page = await sign_in("tunnel", "/")
    await slow_down(page)
    for _ in range(12):
        async with page.expect_request(REFRESH):
            await page.reload(wait_until="commit")
    async with page.expect_response(REFRESH) as answered:
        await page.reload()
    assert (await answered.value).status == 200
    await is_member(page)


async def test_two_tabs_without_locks_refresh_at_once_and_both_stay(sign_in: SignIn) -> None:
    first = await sign_in("tabs", "/")
    await first.context.add_init_script(WITHOUT_LOCKS)
    second = await first.context.new_page()
    await second.goto("/")
    for page in (first, second):
        await slow_down(page)
    for _ in range(6):
        async with first.expect_response(REFRESH) as one, second.expect_response(REFRESH) as other:
            await asyncio.gather(first.reload(), second.reload())
        assert [(await answer.value).status for answer in (one, other)] == [200, 200]
    await first.reload()
    await is_member(first)
    await is_member(second)


async def test_a_closed_tab_takes_its_answer_along_and_the_next_one_is_in(sign_in: SignIn) -> None:
    page = await sign_in("closed", "/")
    for _ in range(4):
        tab = await page.context.new_page()
        await slow_down(tab)
        async with tab.expect_request(REFRESH):
            await tab.goto("/", wait_until="commit")
        await tab.close()
    await is_member(page)


async def test_logging_out_without_signal_ends_the_session_later(sign_in: SignIn, hub: HubProcess) -> None:
    page = await sign_in("leaver", "/account")
    tokens: list[str] = []
    page.on("request", lambda request: tokens.append(request.headers.get("authorization", "")))
    await page.get_by_label("What others see").fill("Leaver")
    await page.get_by_role("button", name="Save the name").click()
    await expect(page.get_by_text("Your name is changed.")).to_be_visible()
    refreshed: list[Request] = []
    page.on("request", lambda request: refreshed.append(request) if "refresh" in request.url else None)

    async def no_signal(route: Route) -> None:
        await route.abort("internetdisconnected")

    await page.context.route("**/api/auth/**", no_signal)
    await page.get_by_role("button", name="Log out here").click()
    await expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    await expect(page.get_by_text("You are logged out here.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    assert refreshed == []
    async with Api(hub.base_url) as thief:
        thief.token = next(token for token in reversed(tokens) if token).removeprefix("Bearer ")
        assert (await thief.request("GET", "/api/auth/me")).status_code == 200
        await page.context.unroute("**/api/auth/**")
        async with page.expect_response("**/api/auth/logout") as told:
            await page.reload()
        assert (await told.value).status == 204
        assert (await thief.request("GET", "/api/auth/me")).status_code == 401
    assert await page.evaluate("localStorage.getItem('hub.leaving')") is None


async def test_a_log_in_waits_for_the_log_out_before_it(sign_in: SignIn, member: Api) -> None:
    page = await sign_in("before", "/account")

    async def no_signal(route: Route) -> None:
        await route.abort("internetdisconnected")

    await page.context.route("**/api/auth/logout", no_signal)
    await page.get_by_role("button", name="Log out here").click()
    await page.get_by_role("link", name="Log in").first.click()
    assert member.user is not None
    await page.get_by_label("Username").fill(member.user["username"])
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert").filter(has_text="no connection")).to_be_visible()
    await page.context.unroute("**/api/auth/logout")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()
    async with page.expect_response(REFRESH) as answered:
        await page.reload()
    assert (await answered.value).status == 200
    await expect(page.get_by_title("Your account")).to_be_visible()


async def test_an_account_is_deleted_with_its_password(sign_in: SignIn) -> None:
    page = await sign_in("goner", "/account")
    form = page.locator("form").filter(has_text="Delete the account")
    await form.get_by_label("Your password").fill("not this one")
    for wrong in (True, False):
        await form.get_by_role("button", name="Delete my account").click()
        await page.get_by_role("button", name="Delete it").click()
        if wrong:
            await expect(form.get_by_text("is not your password").first).to_be_visible()
            await form.get_by_label("Your password").fill(PASSWORD)
    await expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    await expect(page.get_by_role("link", name="Log in").first).to_be_visible()


@pytest_asyncio.fixture
async def home_browser() -> AsyncIterator[Browser]:
    """Chromium in a home network, where the hub has a name and no certificate."""
    rules = "--host-resolver-rules=MAP hub.home 127.0.0.1, MAP * ~NOTFOUND"
    flags = [flag for flag in CHROMIUM_FLAGS if not flag.startswith("--host-resolver")]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find_program("chromium"), headless=True, args=[*flags, rules, "--no-sandbox"]
        )
        yield chromium
        await chromium.close()


@pytest.mark.parametrize("proxied", [True, False])
async def test_production_over_plain_http_says_so_and_keeps_its_members(
    start_hub: StartHub, home_browser: Browser, proxied: bool
) -> None:
    hub = start_hub(settings={**PRODUCTION, "HUB_TRUSTED_PROXIES": "127.0.0.1" if proxied else ""})
    async with Api(hub.base_url) as api:
        await api.register("ada")
    page = await home_browser.new_page(base_url=f"http://hub.home:{hub.port}")
    await page.goto("/login")
    assert not await page.evaluate("isSecureContext")
    await expect(page.get_by_role("note")).to_contain_text("not encrypted")
    await page.get_by_label("Username").fill("ada")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()
    for _ in range(3):
        async with page.expect_response(REFRESH) as answered:
            await page.reload()
        assert (await answered.value).status == 200
    await is_member(page)
    await page.goto("/channels/denali")
    await expect(page.get_by_label("Title")).to_be_visible()
    assert "over plain http" in hub.log


async def test_in_development_nobody_is_warned(start_hub: StartHub, home_browser: Browser) -> None:
    hub = start_hub()
    page = await home_browser.new_page(base_url=f"http://hub.home:{hub.port}")
    async with page.expect_response("**/api/config"):
        await page.goto("/login")
    await expect(page.get_by_label("Username")).to_be_visible()
    await expect(page.get_by_role("note")).to_have_count(0)
