"""Site data blocked, swept or full: guests read, members are known by their cookie, and nothing stays blank."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewPage
from tests.services import HubProcess

# All that a browser refuses in a page whose site data is blocked or that is in a sandbox.
BLOCKED = """
    const refuse = () => { throw new DOMException("Access is denied for this document.", "SecurityError"); };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
      Object.defineProperty(window, name, { get: refuse, configurable: true });
    for (const name of ["serviceWorker", "locks"])
      Object.defineProperty(Navigator.prototype, name, { get: refuse, configurable: true });
    window.BroadcastChannel = class { constructor() { refuse(); } };
"""
FULL = """
    const refuse = () => { throw new DOMException("The quota has been exceeded.", "QuotaExceededError"); };
    Storage.prototype.setItem = refuse;
    IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = refuse;
"""
HANGING = "IDBFactory.prototype.open = () => Object.assign(new EventTarget(), { readyState: 'pending' });"
PAGES = {
    "/": "Denali",
    "/channels/denali": "reading as a guest",
    "/channels/denali?tab=reviews": "Newest first",
    "/channels/denali?tab=map": "shares where they are",
    "/channels/denali?tab=ranger": "Log in to ask",
    "/channels/none": "There is no such channel.",
    "/posts/99999999": "This post is not there.",
    "/map": "Denali",
    "/analytics": "Download CSV",
    "/quiz": "Start",
    "/chat": "Log in to ask",
    "/search?q=snow": "Search",
    "/handbook": "Handbook",
    "/moderation": "This page is for moderators.",
    "/login": "Log in",
    "/register": "Username",
    "/account": "Log in",
}


async def open_with(new_page: NewPage, hub: HubProcess, script: str) -> tuple[Page, list[str]]:
    """A guest's window in which `script` runs before everything else; and what pages throw in it."""
    page = await new_page(base_url=hub.base_url)
    await page.add_init_script(script)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    return page, thrown


async def log_in(page: Page, username: str) -> None:
    await page.goto("/login")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()


@pytest.mark.parametrize("script", [BLOCKED, FULL, HANGING], ids=["blocked", "full", "hanging"])
async def test_guests_read_every_page_without_storage(new_page: NewPage, hub: HubProcess, script: str) -> None:
    page, thrown = await open_with(new_page, hub, script)
    for path, words in PAGES.items():
        await page.goto(path)
        await expect(page.locator("#app").get_by_text(words).first, path).to_be_attached()
        await expect(page.locator(".skeleton, .boot"), path).to_have_count(0)
        await expect(page.locator(".site-header"), path).to_be_visible()
    await page.get_by_role("button", name="theme").click()
    assert thrown == []


@pytest.mark.parametrize("script", [BLOCKED, FULL, HANGING], ids=["blocked", "full", "hanging"])
async def test_a_member_is_known_by_the_cookie_and_writes_without_storage(
    new_page: NewPage, hub: HubProcess, member: Api, park: str, script: str
) -> None:
    page, thrown = await open_with(new_page, hub, script)
    assert member.user is not None
    await log_in(page, member.user["username"])
    await page.goto(f"/channels/{park}")
    await expect(page.get_by_title("Your account")).to_be_visible()
    await page.get_by_label("Title").fill("Without storage")
    await page.get_by_label("Text").fill("It goes all the same.")
    await page.get_by_role("button", name="Post", exact=True).click()
    row = page.get_by_role("log").locator("article").filter(has_text="Without storage")
    await expect(row).to_have_count(1)
    await expect(row.locator(".post-state")).to_have_count(0)
    await page.goto(f"/channels/{park}?tab=reviews")
    await page.get_by_role("button", name="Write a review").click()
    await expect(page.get_by_label("Your review")).to_be_visible()
    for path in ("/account", "/chat", "/quiz"):
        await page.goto(path)
        await expect(page.get_by_title("Your account")).to_be_visible()
        await expect(page.locator(".skeleton, .boot")).to_have_count(0)
    assert thrown == []


async def test_what_cannot_be_stored_is_kept_in_the_page_until_it_is_sent(
    new_page: NewPage, hub: HubProcess, member: Api, park: str
) -> None:
    page, _ = await open_with(new_page, hub, FULL)
    assert member.user is not None
    await log_in(page, member.user["username"])
    await page.goto(f"/channels/{park}")
    await expect(page.get_by_label("Title")).to_be_visible()
    await page.context.set_offline(True)
    await page.get_by_label("Title").fill("From the full phone")
    await page.get_by_label("Text").fill("No room left.")
    await page.get_by_role("button", name="Post", exact=True).click()
    row = page.get_by_role("log").locator("article").filter(has_text="From the full phone")
    await expect(row.locator(".post-state")).to_have_count(1)
    await expect(page.get_by_text("only while this page is open")).to_be_visible()
    await page.context.set_offline(False)
    await expect(row.locator(".post-state")).to_have_count(0, timeout=30_000)
    posts = (await member.history(park))["posts"]["items"]
    assert [post["title"] for post in posts] == ["From the full phone"]


async def test_a_member_whose_storage_was_swept_is_still_known(sign_in: SignIn, park: str) -> None:
    page = await sign_in("swept", f"/channels/{park}")
    await expect(page.get_by_title("Your account")).to_be_visible()
    await page.evaluate(
        """async () => {
            localStorage.clear();
            sessionStorage.clear();
            for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
            for (const name of await caches.keys()) await caches.delete(name);
            for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
        }"""
    )
    await page.reload()
    await expect(page.get_by_title("Your account")).to_be_visible()
    await expect(page.get_by_label("Title")).to_be_visible()


async def test_a_guest_is_asked_for_a_session_once(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/auth/" in request.url else None)
    for _ in range(3):
        await page.goto("/")
        await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert len(asked) == 1


async def test_a_hub_that_does_not_answer_leaves_a_guest_a_page(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url)
    await page.route("**/api/auth/refresh", lambda route: None)
    await page.goto("/channels/denali")
    await expect(page.get_by_text("reading as a guest")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("kept", ["{", "null", "7", '"text"', "[]"])
async def test_what_cannot_be_read_of_an_earlier_visit_does_no_harm(
    new_page: NewPage, hub: HubProcess, kept: str
) -> None:
    page, thrown = await open_with(
        new_page, hub, f"localStorage.setItem('hub.member', {kept!r}); sessionStorage.setItem('hub.quiz', {kept!r})"
    )
    await page.goto("/quiz")
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert thrown == []
