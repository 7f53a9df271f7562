"""The service worker where the hub cannot be reached, or where nothing more can be stored."""

import asyncio

from playwright.async_api import Page, expect

from tests.conftest import NewPage, StartHub


async def with_worker(new_page: NewPage, base_url: str) -> Page:
    """A window whose requests go through the service worker."""
    page = await new_page(base_url=base_url)
    await page.goto("/")
    await page.evaluate(
        """() => navigator.serviceWorker.controller ? null : new Promise((done) =>
            navigator.serviceWorker.addEventListener("controllerchange", () => done(null), { once: true }))"""
    )
    return page


async def test_with_nothing_kept_a_page_says_so_under_a_policy(new_page: NewPage, start_hub: StartHub) -> None:
    hub = start_hub()
    page = await with_worker(new_page, hub.base_url)
    await page.evaluate("caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))")
    await asyncio.to_thread(hub.stop)
    answer = await page.goto("/quiz")
    assert answer is not None and answer.status == 503 and answer.headers["retry-after"] == "5"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    await expect(page.get_by_role("heading", name="There is no connection to the hub")).to_be_visible()
    await asyncio.to_thread(hub.start)
    await page.get_by_role("link", name="Try again").click()
    await expect(page.get_by_role("button", name="Start")).to_be_visible()


async def test_a_kept_page_brings_its_policy_along(new_page: NewPage, start_hub: StartHub) -> None:
    hub = start_hub()
    page = await with_worker(new_page, hub.base_url)
    await page.goto("/quiz")
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    await asyncio.to_thread(hub.stop)
    answer = await page.goto("/quiz")
    assert answer is not None and "connect-src 'self' ws://127.0.0.1" in answer.headers["content-security-policy"]
    await expect(page.locator(".site-header")).to_be_visible()


async def test_with_storage_full_pages_and_answers_come_all_the_same(new_page: NewPage, start_hub: StartHub) -> None:
    hub = start_hub()
    page = await with_worker(new_page, hub.base_url)
    await page.evaluate("caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))")
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Storage.overrideQuotaForOrigin", {"origin": hub.base_url, "quotaSize": 1})
    full = "caches.open('probe').then((c) => c.put('/x', new Response('x'.repeat(9999)))).then(() => 0, (e) => e.name)"
    assert await page.evaluate(full) == "QuotaExceededError"
    for path, words in (
        ("/channels/denali", "reading as a guest"),
        ("/analytics", "Download CSV"),
        ("/handbook", "Bear"),
    ):
        await page.goto(path)
        await expect(page.locator("#app").get_by_text(words).first).to_be_attached()
        await expect(page.locator(".skeleton, .boot, .line-warn")).to_have_count(0)
