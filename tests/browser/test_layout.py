"""On narrow screens nothing in a page's header lies over anything else, or leaves the screen."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess

WIDTHS = (320, 340, 360, 375, 400)
PAGES = (
    "/",
    "/channels/denali",
    "/channels/gates-of-the-arctic",
    "/channels/hawaii-volcanoes?tab=reviews",
    "/channels/denali?tab=map",
    "/channels/denali?tab=ranger",
    "/map",
    "/analytics",
    "/quiz",
    "/chat",
    "/search",
    "/handbook",
    "/account",
)
# Pairs of things that are drawn over each other: words and signs, each as large as it shows. What is scrolled out of a
# row of tabs is not in sight.
OVERLAPS = """() => {
    const things = [];
    const add = (element, rect) => {
        for (let around = element; around; around = around.parentElement) {
            const style = getComputedStyle(around);
            if (style.visibility === "hidden" || around.classList.contains("visually-hidden")) return;
            if (style.overflowX !== "visible" && around !== document.documentElement && around !== document.body) {
                const clip = around.getBoundingClientRect();
                const [left, right] = [Math.max(rect.left, clip.left), Math.min(rect.right, clip.right)];
                rect = { left, right, top: Math.max(rect.top, clip.top), bottom: Math.min(rect.bottom, clip.bottom) };
            }
        }
        if (rect.right - rect.left > 1 && rect.bottom - rect.top > 1) things.push({ element, rect });
    };
    for (const head of document.querySelectorAll("header, nav, .channel-title, h1")) {
        const walker = document.createTreeWalker(head, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (node.nodeType === Node.TEXT_NODE && node.data.trim()) {
                const range = document.createRange();
                range.selectNodeContents(node);
                for (const rect of range.getClientRects()) add(node.parentElement, rect);
            } else if (node.matches?.("button, a.button, svg.icon, .icon-button, select")) {
                add(node, node.getBoundingClientRect());
            }
        }
    }
    const name = ({ element }) =>
        (element.textContent.trim() || element.getAttribute("aria-label") || element.className).slice(0, 40);
    const leaves = ({ rect }) => rect.right > innerWidth + 1 || rect.left < -1;
    const found = things.filter(leaves).map((one) => `${name(one)} leaves`);
    for (const [index, one] of things.entries()) {
        for (const other of things.slice(index + 1)) {
            if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
            const width = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
            const height = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
            if (width > 1 && height > 2) found.push(`${name(one)} / ${name(other)}`);
        }
    }
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push("the page is wider than the screen");
    return found;
}"""


async def check(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(page.locator(".skeleton, .boot")).to_have_count(0)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 720})
        assert await page.evaluate(OVERLAPS) == [], f"{path} on {width} pixels"


@pytest.mark.parametrize("path", PAGES)
async def test_no_header_lies_over_itself_for_a_guest(new_page: NewPage, hub: HubProcess, path: str) -> None:
    await check(await new_page(base_url=hub.base_url), path)


async def test_no_header_lies_over_itself_for_members_and_moderators(
    sign_in: SignIn, browser_admin: Api, hub: HubProcess, member: Api, park: str
) -> None:
    post = await member.post(park, "Look at this")
    await browser_admin.call("POST", f"/api/posts/{post['id']}/report", json={"reason": "Counted."}, expect=[201])
    page = await sign_in("mona-with-a-long-name", f"/channels/{park}")
    for path in (f"/channels/{park}", "/", "/chat", "/account"):
        await check(page, path)
    who = await page.evaluate("JSON.parse(localStorage.getItem('hub.member')).username")
    hub.run("user", "role", who, "moderator")
    await page.goto("/account")
    await page.get_by_role("link", name="Log in").first.click()
    await page.get_by_label("Username").fill(who)
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.locator(".nav-count")).to_be_visible()
    for path in (f"/channels/{park}", "/moderation", "/map"):
        await check(page, path)


async def test_who_is_here_covers_no_count(sign_in: SignIn, new_page: NewPage, hub: HubProcess) -> None:
    """The channel with the longest name, a full line of facts, and the button beside them."""
    page = await sign_in("tess", "/channels/denali")
    await page.set_viewport_size({"width": 360, "height": 720})
    count, button = page.locator(".channel-head .here"), page.get_by_role("button", name="Who is here")
    await expect(count).to_be_visible()
    left, right = await count.bounding_box(), await button.bounding_box()
    assert left is not None and right is not None
    apart = left["x"] + left["width"] <= right["x"] or left["y"] + left["height"] <= right["y"]
    assert apart or right["y"] + right["height"] <= left["y"]
