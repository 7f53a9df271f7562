"""Two people change the same words: neither text is lost, and the later one chooses."""

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.services import HubProcess

MINE = "We met it at mile nine, and it was with two cubs."
THEIRS = "It was at mile nineteen, says the ranger's log."
NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


async def elsewhere(page: Page, hub: HubProcess) -> Api:
    """The same member at another place."""
    api = Api(hub.base_url)
    await api.login(await page.evaluate("JSON.parse(localStorage.getItem('hub.member')).username"), PASSWORD)
    return api


async def fits(page: Page, part: Locator) -> None:
    """Nothing goes beyond the window's sides."""
    box = await part.bounding_box()
    viewport = page.viewport_size
    assert box is not None
    assert viewport is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= viewport["width"]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def edit_a_post(page: Page, api: Api, park: str) -> tuple[dict[str, Any], Locator]:
    post = await api.post(park, "Bear", "At mile nine.")
    row = page.locator(f"#post-{post['id']}")
    await row.hover()
    await row.get_by_role("button", name="Edit this post").click()
    await row.get_by_label("Text").fill(MINE)
    await api.edit_post(post["id"], "Bear, corrected", THEIRS)
    await row.get_by_role("button", name="Save").click()
    await expect(row.get_by_role("alert")).to_contain_text("Somebody has changed this")
    await expect(row.get_by_label("Text")).to_have_value(MINE)
    await expect(row.locator(".conflict")).to_contain_text(THEIRS)
    return post, row


async def test_a_post_that_was_changed_meanwhile_shows_both_texts_and_keeps_the_chosen_one(
    sign_in: SignIn, hub: HubProcess, park: str
) -> None:
    for viewport in (WIDE, NARROW):
        page = await sign_in("ada", f"/channels/{park}", viewport=viewport)
        async with await elsewhere(page, hub) as api:
            post, row = await edit_a_post(page, api, park)
            await fits(page, row.locator(".conflict"))
            await row.get_by_role("button", name="Keep mine").click()
            await expect(row.locator(".editor")).to_have_count(0)
            await expect(row).to_contain_text(MINE)
            assert (await api.call("GET", f"/api/posts/{post['id']}"))["comment"] == MINE

            post, row = await edit_a_post(page, api, park)
            await row.get_by_role("button", name="Take theirs").click()
            await expect(row.locator(".editor")).to_have_count(0)
            await expect(row).to_contain_text(THEIRS)
            assert (await api.call("GET", f"/api/posts/{post['id']}"))["comment"] == THEIRS


async def test_a_third_text_is_not_replaced_unseen_either(sign_in: SignIn, hub: HubProcess, park: str) -> None:
    page = await sign_in("ada", f"/channels/{park}")
    async with await elsewhere(page, hub) as api:
        post, row = await edit_a_post(page, api, park)
        await api.edit_post(post["id"], "Bear", "A third text.")
        await row.get_by_role("button", name="Keep mine").click()
        await expect(row.locator(".conflict")).to_contain_text("A third text.")
        assert (await api.call("GET", f"/api/posts/{post['id']}"))["comment"] == "A third text."


async def test_an_edit_whose_answer_was_lost_is_no_conflict_with_itself(
    sign_in: SignIn, hub: HubProcess, park: str
) -> None:
    page = await sign_in("ada", f"/channels/{park}")
    async with await elsewhere(page, hub) as api:
        post = await api.post(park, "Bear", "At mile nine.")
        row = page.locator(f"#post-{post['id']}")
        await row.hover()
        await row.get_by_role("button", name="Edit this post").click()
        await row.get_by_label("Text").fill(MINE)
        await api.edit_post(post["id"], "Bear", MINE)
        await row.get_by_role("button", name="Save").click()
        await expect(row.locator(".editor")).to_have_count(0)
        await expect(row).to_contain_text(MINE)


async def test_a_review_that_was_changed_meanwhile_shows_both_texts(
    sign_in: SignIn, hub: HubProcess, park: str
) -> None:
    page = await sign_in("ada", f"/channels/{park}", viewport=NARROW)
    async with await elsewhere(page, hub) as api:
        body = {"title": "Quiet", "comment": "Nobody there.", "stars": 4}
        made = await api.call("POST", f"/api/channels/{park}/reviews", json=body)
        await page.goto(f"/channels/{park}?tab=reviews")
        review = page.locator(f"#review-{made['id']}")
        await review.get_by_role("button", name="Edit").click()
        await review.get_by_label("Your review").fill(MINE)
        await api.call("PUT", f"/api/reviews/{made['id']}", json={**body, "comment": THEIRS, "stars": 2})
        await review.get_by_role("button", name="Save").click()
        await expect(review.locator(".conflict")).to_contain_text(THEIRS)
        await expect(review.get_by_label("Your review")).to_have_value(MINE)
        await fits(page, review.locator(".conflict"))
        await review.get_by_role("button", name="Keep mine").click()
        await expect(review.locator("form")).to_have_count(0)
        stored = await api.call("GET", f"/api/reviews/{made['id']}")
        assert (stored["comment"], stored["stars"]) == (MINE, 4)
