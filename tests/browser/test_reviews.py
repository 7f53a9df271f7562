"""A park's reviews and stars in the browser: what one window does, the others show."""

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess


def tab(park: str) -> str:
    return f"/channels/{park}?tab=reviews"


def rows(page: Page) -> Locator:
    return page.locator(".review")


def review(page: Page, title: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=title, exact=True))


def my_stars(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="Your stars")


async def titles(page: Page) -> list[str]:
    return await page.locator(".review h3").all_text_contents()


async def give(page: Page, stars: int) -> None:
    name = "1 star" if stars == 1 else f"{stars} stars"
    await my_stars(page).get_by_role("radio", name=name, exact=True).click()


async def shows(page: Page, average: str, count: str, histogram: dict[int, int]) -> None:
    panel = page.get_by_role("region", name="Ratings")
    await expect(panel.locator(".average")).to_contain_text(average)
    await expect(panel.locator(".average")).to_contain_text(count)
    for stars, ratings in histogram.items():
        await expect(panel.locator(f"li[data-stars='{stars}'] .histogram-count")).to_contain_text(str(ratings))


async def fill_review(page: Page, title: str, comment: str, stars: int | None = None) -> None:
    form = page.get_by_role("form", name="Write a review")
    if not await form.is_visible():
        await page.get_by_role("button", name="Write a review").click()
    if stars is not None:
        await form.get_by_role("radio", name=re.compile(rf"^{stars} star")).click()
    await form.get_by_label("Title").fill(title)
    await form.get_by_label("Your review").fill(comment)


async def write(api: Api, park: str, title: str, **fields: Any) -> dict[str, Any]:
    body = {"title": title, "comment": "As the title says.", **fields}
    made: dict[str, Any] = await api.call("POST", f"/api/channels/{park}/reviews", json=body)
    return made


async def test_stars_given_in_one_window_move_average_and_histogram_in_another(
    sign_in: SignIn, new_page: NewPage, member: Api, hub: HubProcess, park: str
) -> None:
    await member.call("PUT", f"/api/channels/{park}/rating", json={"stars": 2})
    ada = await sign_in("ada", tab(park))
    guest = await new_page(base_url=hub.base_url)
    await guest.goto(tab(park))
    await shows(guest, "2.0", "1 rating", {2: 1, 5: 0})
    await give(ada, 5)
    for window in (guest, ada):
        await shows(window, "3.5", "2 ratings", {2: 1, 5: 1})
        await expect(window.locator(".channel-title .rating")).to_contain_text("3.5")
    await give(ada, 4)
    await shows(guest, "3.0", "2 ratings", {2: 1, 4: 1, 5: 0})
    await ada.get_by_role("region", name="Ratings").get_by_role("button", name="Remove").click()
    await shows(guest, "2.0", "1 rating", {2: 1, 4: 0})
    await ada.reload()
    await expect(my_stars(ada).get_by_role("radio", checked=True)).to_have_count(0)


async def test_ones_other_tabs_show_ones_stars(sign_in: SignIn, park: str) -> None:
    ada = await sign_in("ada", tab(park))
    other, table = await ada.context.new_page(), await ada.context.new_page()
    await other.goto(tab(park))
    await table.goto("/analytics")
    in_the_table = table.get_by_role("radiogroup", name=f"Your stars for {park.title()}", exact=True)
    await expect(in_the_table).to_be_visible()
    await expect(my_stars(other)).to_be_visible()
    await give(ada, 3)
    for stars in (my_stars(other), in_the_table):
        await expect(stars.get_by_role("radio", name="3 stars")).to_be_checked()


async def test_stars_are_given_by_the_keyboard_alone(sign_in: SignIn, park: str) -> None:
    ada = await sign_in("ada", tab(park))
    await expect(my_stars(ada)).to_be_visible()
    for _ in range(40):
        await ada.keyboard.press("Tab")
        if await my_stars(ada).locator(":focus").count():
            break
    await ada.keyboard.press("Space")
    await expect(my_stars(ada).get_by_role("radio", name="1 star", exact=True)).to_be_checked()
    for _ in range(3):
        await ada.keyboard.press("ArrowRight")
    await expect(my_stars(ada).get_by_role("radio", name="4 stars")).to_be_checked()
    await expect(my_stars(ada).get_by_role("radio", name="4 stars")).to_be_focused()
    await shows(ada, "4.0", "1 rating", {4: 1})
    await ada.keyboard.press("Tab")
    await ada.keyboard.press("Enter")
    await shows(ada, "–", "No ratings yet", {4: 0})


async def test_a_review_written_in_one_window_appears_changes_and_goes_in_another(
    sign_in: SignIn, new_page: NewPage, hub: HubProcess, park: str
) -> None:
    ada = await sign_in("ada", tab(park))
    guest = await new_page(base_url=hub.base_url)
    await guest.goto(tab(park))
    await expect(guest.get_by_text("No reviews yet.")).to_be_visible()
    await fill_review(ada, "Go in May", "The falls are loud then.", stars=4)
    await ada.get_by_label("Day of your visit").fill("2025-05-03")
    await ada.get_by_role("button", name="Publish").click()
    for window in (guest, ada):
        row = review(window, "Go in May")
        await expect(row).to_contain_text("The falls are loud then.")
        await expect(row.get_by_role("img", name="4 of 5 stars")).to_be_visible()
        await expect(row).to_contain_text("May 3, 2025")
        await shows(window, "4.0", "1 rating", {4: 1})
    await expect(my_stars(ada).get_by_role("radio", name="4 stars")).to_be_checked()
    await review(ada, "Go in May").get_by_role("button", name="Edit this review").click()
    await ada.get_by_role("form", name="Change the review").get_by_label("Title").fill("Go in June")
    await ada.get_by_role("button", name="Save").click()
    await expect(ada.get_by_role("button", name="Edit this review")).to_be_focused()
    await expect(review(guest, "Go in June")).to_contain_text("edited")
    await expect(rows(guest)).to_have_count(1)
    await review(ada, "Go in June").get_by_role("button", name="Delete this review").click()
    await ada.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for window in (guest, ada):
        await expect(rows(window)).to_have_count(0)


async def test_deleting_a_review_keeps_or_removes_its_authors_rating(sign_in: SignIn, park: str) -> None:
    ada = await sign_in("ada", tab(park))
    for title, choice, rating in (("First", "Keep my rating", "5.0"), ("Second", "Remove my rating, too", "–")):
        await fill_review(ada, title, "Words.", stars=5)
        await ada.get_by_role("button", name="Publish").click()
        await review(ada, title).get_by_role("button", name="Delete this review").click()
        await ada.get_by_label(choice).check()
        await ada.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(rows(ada)).to_have_count(0)
        await expect(ada.get_by_role("heading", name="Reviews", exact=True)).to_be_focused()
        await expect(ada.locator(".average-number")).to_have_text(rating)
    await expect(my_stars(ada).get_by_role("radio", checked=True)).to_have_count(0)


async def test_helpful_votes_are_counted_live_and_once(sign_in: SignIn, member: Api, park: str) -> None:
    await write(member, park, "Bring water")
    ada, ben = await sign_in("ada", tab(park)), await sign_in("ben", tab(park))
    votes = {window: review(window, "Bring water").get_by_role("button", name="Helpful") for window in (ada, ben)}
    await votes[ada].click()
    for window in (ada, ben):
        await expect(votes[window]).to_contain_text("1")
    await expect(votes[ada]).to_have_attribute("aria-pressed", "true")
    await expect(votes[ben]).to_have_attribute("aria-pressed", "false")
    await votes[ben].click()
    await expect(votes[ada]).to_contain_text("2")
    await ada.reload()
    await expect(votes[ada]).to_have_attribute("aria-pressed", "true")
    await votes[ada].click()
    for window in (ada, ben):
        await expect(votes[window]).to_contain_text("1")


async def test_reviews_are_read_in_four_orders(
    sign_in: SignIn, member: Api, browser_admin: Api, hub: HubProcess, park: str
) -> None:
    await write(member, park, "Middling", stars=3)
    best = await write(browser_admin, park, "Best", stars=5)
    async with Api(hub.base_url) as third:
        await third.register(f"third-{park}")
        await write(third, park, "Worst", stars=1)
        await third.call("PUT", f"/api/reviews/{best['id']}/helpful")
    ada = await sign_in("ada", tab(park))
    order = ada.get_by_label("Order of the reviews")
    for label, expected in (
        ("Newest first", ["Worst", "Best", "Middling"]),
        ("Most stars first", ["Best", "Middling", "Worst"]),
        ("Fewest stars first", ["Worst", "Middling", "Best"]),
        ("Most helpful first", ["Best", "Worst", "Middling"]),
    ):
        await order.select_option(label=label)
        await expect(ada.locator(".review h3")).to_have_text(expected)
    await order.select_option(label="Most stars first")
    await write(member, park, "Also middling", stars=3)
    await expect(ada.locator(".review h3")).to_have_text(["Best", "Also middling", "Middling", "Worst"])


async def test_older_reviews_come_page_by_page_and_a_link_finds_one(sign_in: SignIn, member: Api, park: str) -> None:
    oldest = await write(member, park, "Number 1")
    for n in range(2, 56):
        await write(member, park, f"Number {n}")
    ada = await sign_in("ada", tab(park))
    await expect(rows(ada)).to_have_count(50)
    await write(member, park, "Number 56")
    await expect(rows(ada)).to_have_count(51)
    await ada.get_by_role("button", name="Show more reviews").click()
    await expect(rows(ada)).to_have_count(56)
    assert await titles(ada) == [f"Number {n}" for n in range(56, 0, -1)]
    await expect(ada.get_by_role("button", name="Show more reviews")).to_have_count(0)
    await ada.goto("/")
    await ada.goto(f"{tab(park)}#review-{oldest['id']}")
    await expect(ada.get_by_role("region", name="The review of this link")).to_contain_text("Number 1")
    await expect(review(ada, "Number 1")).to_be_in_viewport()
    await expect(rows(ada)).to_have_count(51)


async def test_a_draft_outlives_the_page(sign_in: SignIn, park: str) -> None:
    ada = await sign_in("ada", tab(park))
    await fill_review(ada, "Half a thought", "To be continued")
    await expect(ada.get_by_label("Your review")).to_have_value("To be continued")
    await ada.reload()
    await ada.get_by_role("button", name="Go on with your draft").click()
    await expect(ada.get_by_label("Title")).to_have_value("Half a thought")
    await ada.get_by_role("button", name="Discard").click()
    await expect(ada.get_by_role("button", name="Write a review")).to_be_visible()


async def test_a_review_whose_answer_is_lost_is_published_once_with_its_newest_text(
    sign_in: SignIn, member: Api, park: str
) -> None:
    ada = await sign_in("ada", tab(park))
    lost = 0

    async def lose_the_first_answer(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and not lost:
            lost += 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await ada.route(f"**/api/channels/{park}/reviews", lose_the_first_answer)
    await fill_review(ada, "On weak signal", "First words.")
    await ada.get_by_role("button", name="Publish").click()
    await expect(ada.get_by_role("status").filter(has_text="kept here")).to_be_visible()
    await ada.get_by_label("Your review").fill("Better words.")
    await ada.get_by_role("button", name="Publish").click()
    await expect(review(ada, "On weak signal")).to_contain_text("Better words.")
    page = await member.call("GET", f"/api/channels/{park}/reviews")
    assert [(one["title"], one["comment"]) for one in page["items"]] == [("On weak signal", "Better words.")]


async def test_a_review_goes_out_by_itself_when_there_is_signal_again(sign_in: SignIn, park: str) -> None:
    ada = await sign_in("ada", tab(park))
    await fill_review(ada, "From the valley", "No bars here.")
    await ada.context.set_offline(True)
    await ada.get_by_role("button", name="Publish").click()
    await expect(ada.get_by_role("button", name="Try now")).to_be_visible()
    await ada.context.set_offline(False)
    await expect(review(ada, "From the valley")).to_be_visible()
    await expect(rows(ada)).to_have_count(1)


async def test_a_member_without_signal_reads_what_was_there_at_the_last_visit(
    sign_in: SignIn, member: Api, park: str
) -> None:
    await write(member, park, "Worth it", stars=5)
    ada = await sign_in("ada", tab(park))
    await ada.evaluate("navigator.serviceWorker.ready")
    await ada.reload()
    await expect(review(ada, "Worth it")).to_be_visible()
    await expect(ada.get_by_text("1 here")).to_be_visible()
    await ada.context.set_offline(True)
    await ada.reload()
    await expect(review(ada, "Worth it")).to_be_visible()
    await expect(ada.get_by_role("status").filter(has_text="You are offline")).to_be_visible()
    await ada.get_by_label("Order of the reviews").select_option("lowest")
    await expect(review(ada, "Worth it")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_tab_has_no_serious_fault_for_assistive_technology(
    sign_in: SignIn, member: Api, park: str, scheme: str
) -> None:
    await write(member, park, "Worth it", stars=5, visited_on="2025-05-03")
    ada = await sign_in("ada", tab(park), color_scheme=scheme)
    await ada.get_by_role("button", name="Write a review").click()
    await ada.get_by_role("button", name="Publish").click()
    await expect(review(ada, "Worth it")).to_be_visible()
    found = (await Axe().run(ada)).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


async def test_a_guest_reads_and_is_asked_to_log_in(new_page: NewPage, member: Api, hub: HubProcess, park: str) -> None:
    await write(member, park, "Worth it", stars=5)
    guest = await new_page(base_url=hub.base_url)
    await guest.goto(tab(park))
    await expect(review(guest, "Worth it")).to_be_visible()
    await expect(guest.get_by_role("region", name="Ratings").get_by_role("link", name="Log in")).to_be_visible()
    for name in ("Write a review", "Helpful", "Edit this review", "Delete this review"):
        await expect(guest.get_by_role("button", name=name)).to_have_count(0)
