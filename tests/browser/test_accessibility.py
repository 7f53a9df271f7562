"""No page has a serious barrier, in either theme, and on a phone nothing lies outside of the screen."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess

FOR_GUESTS = (
    "/",
    "/map",
    "/analytics",
    "/quiz",
    "/chat",
    "/handbook",
    "/search?q=snow",
    "/login",
    "/register",
    "/channels/no-such",
)
FOR_MEMBERS = ("/account", "/chat")
TABS = ("", "?tab=reviews", "?tab=map", "?tab=ranger")
PAGES = ("Channels", "Map", "Analytics", "Quiz", "Ranger")


async def drawn(page: Page) -> None:
    """Wait until a page shows what it is about."""
    await expect(page.locator("main").get_by_role("heading").first).to_be_visible()
    await expect(page.locator(".skeleton, .card-skeleton")).to_have_count(0)


async def has_no_barrier(page: Page) -> None:
    """Look at a page in both themes. Raises AssertionError, which names the rule and the elements."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = (await Axe().run(page)).response["violations"]
        serious = [
            (one["id"], node["html"][:160], node["failureSummary"])
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], f"{page.url}, {scheme}: {serious}"


async def fits_a_phone(page: Page) -> None:
    """Look at a page on small screens: nothing sticks out, and every page is in the header's sight."""
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    for width in (390, 320):
        await page.set_viewport_size({"width": width, "height": 844})
        for name in PAGES:
            await expect(links.get_by_text(name, exact=True)).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width} px"


@pytest.mark.parametrize("path", FOR_GUESTS)
async def test_a_guest_meets_no_barrier(new_page: NewPage, hub: HubProcess, path: str) -> None:
    page = await new_page(base_url=hub.base_url, reduced_motion="reduce")
    await page.goto(path)
    await drawn(page)
    await has_no_barrier(page)
    await fits_a_phone(page)


@pytest.mark.parametrize("path", FOR_MEMBERS)
async def test_a_member_meets_no_barrier(sign_in: SignIn, path: str) -> None:
    page = await sign_in("ada", path, reduced_motion="reduce")
    await drawn(page)
    await has_no_barrier(page)
    await fits_a_phone(page)


@pytest.mark.parametrize("tab", TABS)
async def test_a_channel_has_no_barrier(sign_in: SignIn, member: Api, park: str, tab: str) -> None:
    await member.post(park, "Snow at the pass", content={"tags": ["snow"]})
    await member.call("PUT", f"/api/channels/{park}/location", json={"latitude": 63.2, "longitude": -150.8})
    page = await sign_in("ada", f"/channels/{park}{tab}", reduced_motion="reduce")
    await drawn(page)
    await has_no_barrier(page)
    await fits_a_phone(page)
