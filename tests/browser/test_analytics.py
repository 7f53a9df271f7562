"""The page of all numbers: it moves as stars come in, can be ordered and searched, and takes stars itself."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess

ANALYTICS = "/analytics"


def row(page: Page, park: str) -> Locator:
    return page.locator(f"tr[data-channel='{park}']")


def stars_for(page: Page, park: str) -> Locator:
    return page.get_by_role("radiogroup", name=f"Your stars for {park.title()}", exact=True)


def heading(page: Page, name: str) -> Locator:
    return page.locator("table.summary thead th").filter(has_text=name)


async def numbers(page: Page, column: int) -> list[float]:
    texts = await page.locator(f"table.summary tbody td:nth-of-type({column})").all_text_contents()
    return [float(text) for text in texts if text.strip() != "–"]


async def guest_window(new_page: NewPage, hub: HubProcess) -> Page:
    page = await new_page(base_url=hub.base_url)
    await page.goto(ANALYTICS)
    await expect(page.get_by_role("heading", name="The parks in numbers")).to_be_visible()
    return page


async def test_stars_given_in_a_park_move_the_table_and_the_charts_in_another_window(
    sign_in: SignIn, new_page: NewPage, member: Api, hub: HubProcess, park: str
) -> None:
    await member.call("PUT", f"/api/channels/{park}/rating", json={"stars": 1})
    ada = await sign_in("ada", f"/channels/{park}?tab=reviews")
    watching = await guest_window(new_page, hub)
    await expect(row(watching, park)).to_contain_text("1.00")
    await watching.get_by_label("Charts of", exact=True).select_option(park)
    bars = watching.get_by_role("list", name=f"Ratings by stars, {park.title()}")
    await expect(bars.locator("li[data-stars='1'] .histogram-count")).to_contain_text("1")
    await ada.get_by_role("radiogroup", name="Your stars").get_by_role("radio", name="4 stars").click()
    await expect(row(watching, park)).to_contain_text("2.50")
    await expect(row(watching, park)).to_have_class("moved")
    await expect(bars.locator("li[data-stars='4'] .histogram-count")).to_contain_text("1")
    await watching.get_by_text("Show as a table").click()
    await expect(watching.locator("table.months tbody tr").last).to_contain_text("2.50")


async def test_stars_are_given_and_taken_back_in_the_table(sign_in: SignIn, member: Api, park: str) -> None:
    ada = await sign_in("ada", ANALYTICS)
    await ada.get_by_placeholder("Search channels").fill(park)
    await stars_for(ada, park).get_by_role("radio", name="5 stars").click()
    await expect(row(ada, park)).to_contain_text("5.00")
    assert (await member.call("GET", f"/api/channels/{park}/rating"))["count"] == 1
    await ada.keyboard.press("ArrowLeft")
    await expect(row(ada, park)).to_contain_text("4.00")
    await ada.reload()
    await expect(stars_for(ada, park).get_by_role("radio", name="4 stars")).to_be_checked()
    await row(ada, park).get_by_role("button", name="Remove your stars").click()
    await expect(row(ada, park)).to_contain_text("–")
    assert (await member.call("GET", f"/api/channels/{park}/rating"))["count"] == 0


async def test_the_table_is_ordered_by_its_headings(new_page: NewPage, hub: HubProcess) -> None:
    page = await guest_window(new_page, hub)
    await expect(heading(page, "Average")).to_have_attribute("aria-sort", "descending")
    averages = await numbers(page, 1)
    assert averages == sorted(averages, reverse=True) and len(averages) > 10
    await heading(page, "Average").get_by_role("button").press("Enter")
    await expect(heading(page, "Average")).to_have_attribute("aria-sort", "ascending")
    assert await numbers(page, 1) == sorted(averages)
    await heading(page, "Posts").get_by_role("button").click()
    await expect(heading(page, "Posts")).to_have_attribute("aria-sort", "descending")
    await expect(heading(page, "Average")).not_to_have_attribute("aria-sort", re.compile(".+"))
    posts = await numbers(page, 4)
    assert posts == sorted(posts, reverse=True) and posts[0] > 0


async def test_rows_stay_in_place_while_one_gives_stars(
    sign_in: SignIn, browser_admin: Api, unique: Callable[[str], str]
) -> None:
    group = unique("steady")
    slugs = [unique("steady-park") for _ in range(3)]
    for slug in slugs:
        new = {"slug": slug, "name": slug.title(), "group": group, "kind": "park"}
        await browser_admin.call("POST", "/api/channels", json=new)
        await browser_admin.call("PUT", f"/api/channels/{slug}/rating", json={"stars": 4})
    ada = await sign_in("ada", ANALYTICS)
    await ada.get_by_placeholder("Search channels").fill(group)
    shown = ada.locator("tr[data-channel] th a")
    before = await shown.all_text_contents()
    await stars_for(ada, slugs[2]).get_by_role("radio", name="5 stars").click()
    await expect(row(ada, slugs[2])).to_contain_text("4.50")
    assert await shown.all_text_contents() == before
    await expect(stars_for(ada, slugs[2]).get_by_role("radio", name="5 stars")).to_be_focused()
    await ada.get_by_placeholder("Search channels").click()
    await expect(shown.first).to_have_text(slugs[2].title())


async def test_the_trend_is_drawn_with_a_library_that_comes_only_then(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto("/")
    await page.get_by_role("link", name="Denali").wait_for()
    assert not [url for url in asked if "uplot" in url]
    await page.get_by_role("link", name="Analytics").click()
    canvas = page.locator(".chart-plot canvas")
    await expect(canvas).to_be_visible()
    drawn = await canvas.evaluate(
        "c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, n) => n % 4 === 3)).size"
    )
    assert drawn > 1


async def test_the_numbers_are_downloaded_as_a_table(new_page: NewPage, hub: HubProcess) -> None:
    page = await guest_window(new_page, hub)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download CSV").click()
    file = await download.value
    rows = list(csv.DictReader(io.StringIO(Path(await file.path()).read_text("utf-8-sig"))))
    assert file.suggested_filename == "frostbyte-analytics.csv"
    assert float(next(one["average"] for one in rows if one["channel"] == "denali")) > 4


async def test_the_page_says_when_its_numbers_are_old(new_page: NewPage, hub: HubProcess) -> None:
    page = await guest_window(new_page, hub)
    await page.context.set_offline(True)
    await expect(page.get_by_text("the numbers may be old")).to_be_visible()
    await expect(row(page, "denali")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_text("the numbers may be old")).to_have_count(0)


async def test_a_phone_gets_the_whole_table_without_a_wider_page(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url, viewport={"width": 390, "height": 844})
    await page.goto(ANALYTICS)
    await expect(row(page, "denali")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert await page.locator(".table-scroll").evaluate("box => box.scrollWidth > box.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_has_no_serious_fault_for_assistive_technology(sign_in: SignIn, scheme: str) -> None:
    ada = await sign_in("ada", ANALYTICS, color_scheme=scheme)
    await expect(stars_for(ada, "denali")).to_be_visible()
    found = (await Axe().run(ada)).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


async def test_a_channels_charts_come_into_view_from_its_row(new_page: NewPage, hub: HubProcess) -> None:
    page = await guest_window(new_page, hub)
    await page.get_by_placeholder("Search channels").fill("zion")
    await row(page, "zion").get_by_role("button", name="Charts of Zion").click()
    await expect(page.get_by_role("list", name="Ratings by stars, Zion")).to_be_in_viewport()
    await expect(row(page, "zion").get_by_role("button", name="Charts of Zion")).to_have_attribute(
        "aria-pressed", "true"
    )
