"""A page from before a deploy becomes the new one by itself: without losing a word, and never again and again."""

import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, Route, expect

from tests.browser.conftest import SignIn
from tests.conftest import NewPage
from tests.services import HubProcess

NEW = "0123456789ab"
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Deploy:
    """The hub as this page sees it after a deploy: every answer tells another version, and so do new pages."""

    def __init__(self, page: Page, *, heals: bool = True) -> None:
        self.page = page
        self.heals = heals
        self.loads = 0

    async def happen(self) -> None:
        await self.page.route("**/api/**", self._answer)
        await self.page.route(lambda url: "/api/" not in url and "/static/" not in url, self._load)

    async def _answer(self, route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, headers={**answer.headers, "hub-client": NEW})

    async def _load(self, route: Route) -> None:
        self.loads += 1
        answer = await route.fetch()
        text = await answer.text()
        if self.heals:
            text = re.sub(r'(name="hub-client" content=")[0-9a-f]{12}', rf"\g<1>{NEW}", text)
        await route.fulfill(response=answer, body=text)


async def own_version(page: Page) -> Any:
    return await page.evaluate("document.querySelector('meta[name=hub-client]').content")


async def window(new_page: NewPage, hub: HubProcess) -> Page:
    return await new_page(base_url=hub.base_url, service_workers="block")


def count_loads(page: Page) -> Callable[[], int]:
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    return lambda: len(loads)


async def test_every_answer_tells_the_version_of_the_page(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    await page.goto("/")
    answer = await page.request.get("/api/config")
    assert re.fullmatch(r"[0-9a-f]{12}", await own_version(page))
    assert answer.headers["hub-client"] == await own_version(page)


async def test_the_next_page_that_is_opened_is_the_new_one(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    await page.goto("/quiz")
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    deploy = Deploy(page)
    await deploy.happen()
    await page.get_by_role("link", name="Analytics").click()
    await expect(page.get_by_text("The hub has a new version.")).to_be_visible()
    await page.get_by_role("link", name="Map", exact=True).click()
    await page.wait_for_url("**/map")
    await expect(page.get_by_text("The hub has a new version.")).to_have_count(0)
    assert (await own_version(page), deploy.loads) == (NEW, 1)


async def test_a_hidden_page_loads_itself_and_keeps_the_draft(sign_in: SignIn, park: str) -> None:
    page = await sign_in("dora", f"/channels/{park}", service_workers="block")
    await page.get_by_label("Title").fill("Half a thought")
    await page.get_by_label("Text").fill("and the other half")
    deploy = Deploy(page)
    await deploy.happen()
    await page.evaluate("import('/static/api/version.js').then(({ checkVersion }) => checkVersion())")
    await expect(page.get_by_text("The hub has a new version.")).to_be_visible()
    async with page.expect_event("load"):
        await page.evaluate(HIDE, True)
    await expect(page.get_by_label("Title")).to_have_value("Half a thought")
    await expect(page.get_by_label("Text")).to_have_value("and the other half")
    assert (await own_version(page), deploy.loads) == (NEW, 1)


async def test_what_is_half_changed_is_not_thrown_away(sign_in: SignIn, park: str) -> None:
    page = await sign_in("dora", f"/channels/{park}", service_workers="block")
    await page.get_by_label("Title").fill("A post")
    await page.get_by_label("Text").fill("to change")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.get_by_label("Edit this post").click()
    await page.locator(".editor").get_by_label("Text").fill("half changed")
    deploy = Deploy(page)
    await deploy.happen()
    await page.evaluate("import('/static/api/version.js').then(({ checkVersion }) => checkVersion())")
    await expect(page.get_by_text("The hub has a new version.")).to_be_visible()
    await page.evaluate(HIDE, True)
    await page.evaluate(HIDE, False)
    await expect(page.locator(".editor").get_by_label("Text")).to_have_value("half changed")
    assert deploy.loads == 0


async def test_a_page_that_loading_does_not_mend_is_loaded_once(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    await page.goto("/")
    deploy = Deploy(page, heals=False)
    await deploy.happen()
    for _ in range(3):
        await page.evaluate("import('/static/api/version.js').then(({ checkVersion }) => checkVersion())")
        await expect(page.get_by_text("The hub has a new version.")).to_be_visible()
        if deploy.loads:
            await page.evaluate(HIDE, True)
            await page.evaluate(HIDE, False)
        else:
            async with page.expect_event("load"):
                await page.evaluate(HIDE, True)
    assert deploy.loads == 1


async def test_a_file_that_is_gone_is_mended_by_loading_the_page(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    await page.goto("/")
    await expect(page.get_by_role("link", name="Quiz")).to_be_visible()
    deploy = Deploy(page)
    await deploy.happen()
    await page.route("**/static/pages/quiz.js", lambda route: route.fulfill(status=404), times=1)
    async with page.expect_event("load"):
        await page.get_by_role("link", name="Quiz").click()
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    assert await own_version(page) == NEW


async def test_a_start_that_fails_is_tried_once_more_and_then_explained(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    loads = count_loads(page)
    await page.route("**/static/app.js", lambda route: route.fulfill(status=404))
    await page.goto("/")
    await expect(page.get_by_text("Frostbyte Hub could not be loaded.")).to_be_visible()
    assert loads() == 2
    await page.unroute("**/static/app.js")
    await page.get_by_role("link", name="Try again").click()
    await expect(page.get_by_role("link", name="Quiz")).to_be_visible()


async def test_a_start_that_fails_once_heals_without_a_word(new_page: NewPage, hub: HubProcess) -> None:
    page = await window(new_page, hub)
    bad = "import { nothing } from '/static/html.js';"
    await page.route(
        "**/static/components/shell.js",
        lambda route: route.fulfill(body=bad, content_type="text/javascript"),
        times=1,
    )
    await page.goto("/")
    await expect(page.get_by_role("link", name="Quiz")).to_be_visible()
