"""Search in the browser: what everybody wrote is found, in one channel or in all, and a hit leads to it."""

from collections.abc import Callable

from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess


async def look_for(page: Page, words: str) -> None:
    await page.get_by_role("searchbox", name="What to look for").fill(words)
    await page.get_by_role("searchbox", name="What to look for").press("Enter")


async def test_a_hit_leads_to_the_post_however_old_it_is(
    new_page: NewPage, hub: HubProcess, member: Api, park: str, unique: Callable[[str], str]
) -> None:
    word = unique("marmot")
    old = await member.post(park, f"A {word}", "It whistled at us.")
    for n in range(55):
        await member.post(park, f"Number {n}", "Snow")
    page = await new_page(base_url=hub.base_url)
    await page.goto(f"/channels/{park}")
    await page.get_by_role("link", name="Search", exact=True).click()
    await look_for(page, f"{word} whistling")
    hit = page.get_by_role("listitem").filter(has_text=word)
    await expect(hit.locator("mark")).to_have_text([word, "whistled"])
    await expect(page.get_by_label("Where")).to_have_value(park)
    await hit.get_by_role("link").click()
    linked = page.get_by_role("region", name="The post of this link")
    await expect(linked).to_contain_text("It whistled at us.")
    await expect(page.get_by_text("Number 54")).to_be_in_viewport()
    await member.edit_post(old["id"], f"A {word}", "It whistled twice.")
    await expect(linked).to_contain_text("It whistled twice.")
    await linked.get_by_role("button", name="Close").click()
    await expect(linked).to_have_count(0)


async def test_where_nothing_is_found_the_reader_can_look_in_all_channels(
    new_page: NewPage, hub: HubProcess, member: Api, park: str, unique: Callable[[str], str]
) -> None:
    word = unique("pika")
    await member.post(park, f"A {word}", "Under the scree.")
    page = await new_page(base_url=hub.base_url)
    await page.goto(f"/search?channel=zion&q={word}")
    await expect(page.get_by_role("heading", name="Nothing has all of these words.")).to_be_visible()
    await page.get_by_role("link", name="look in all channels").click()
    await expect(page.get_by_role("listitem").filter(has_text=word)).to_be_visible()
    await expect(page.get_by_text("1 found.")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Nothing has all of these words.")).to_be_visible()


async def test_what_is_found_comes_page_by_page_and_as_text_only(
    sign_in: SignIn, member: Api, park: str, unique: Callable[[str], str]
) -> None:
    word = unique("ptarmigan")
    for n in range(25):
        await member.post(park, f"{word} {n}", "<img src=x onerror=alert(1)> on the slope")
    page = await sign_in("ada", "/")
    await page.get_by_role("link", name="Search", exact=True).click()
    await look_for(page, word)
    await expect(page.locator(".found > li")).to_have_count(20)
    await expect(page.locator(".found img")).to_have_count(0)
    await page.get_by_role("button", name="Show more").click()
    await expect(page.locator(".found > li")).to_have_count(25)
    await expect(page.get_by_text("25 found.")).to_be_visible()


async def test_a_search_that_fails_can_be_tried_again(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url, service_workers="block")
    await page.route("**/api/search?**", lambda route: route.abort())
    await page.goto("/search?q=snow")
    await expect(page.get_by_role("alert")).to_contain_text("no connection")
    await page.unroute("**/api/search?**")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("alert")).to_have_count(0)
