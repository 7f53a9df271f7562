"""Moderation in the browser: a report reaches the queue, what is hidden goes in every window, and comes back."""

from collections.abc import Callable

import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.clients import PASSWORD, Api
from tests.conftest import NewApi, NewPage
from tests.services import HubProcess


@pytest_asyncio.fixture
async def staff(hub: HubProcess, new_api: NewApi, unique: Callable[[str], str]) -> Api:
    """A moderator of the shared hub."""
    return await person(hub, new_api, unique("staff"), "moderator")


async def person(hub: HubProcess, new_api: NewApi, username: str, role: str = "visitor") -> Api:
    api = new_api(hub.base_url)
    await api.register(username)
    if role != "visitor":
        hub.run("user", "role", username, role)
        await api.login(username)
    return api


def name(api: Api) -> str:
    assert api.user is not None
    return str(api.user["username"])


async def window(new_page: NewPage, hub: HubProcess, api: Api, path: str, **options: object) -> Page:
    """A window in which this person is logged in."""
    page = await new_page(base_url=hub.base_url, **options)
    await page.goto("/login")
    await page.get_by_label("Username").fill(name(api))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()
    await page.goto(path)
    return page


async def test_from_a_report_to_hidden_and_back(
    hub: HubProcess, new_api: NewApi, new_page: NewPage, staff: Api, unique: Callable[[str], str]
) -> None:
    author, reader = [await person(hub, new_api, unique(who)) for who in ("ada", "ben")]
    title = f"Cheap sunglasses {unique('no')}"
    await author.post("zion", title=title, comment="Buy now!")
    reading = await window(new_page, hub, reader, "/channels/zion")
    row = reading.get_by_role("article").filter(has_text=title)
    await row.hover()
    await row.get_by_role("button", name="Report this post").click()
    await reading.get_by_label("What is wrong with it?").fill("It is an advertisement.")
    await reading.get_by_role("button", name="Send the report").click()
    await expect(reading.get_by_text("a moderator will look at it")).to_be_visible()

    desk = await window(new_page, hub, staff, "/moderation")
    entry = desk.get_by_role("listitem").filter(has_text=title)
    await expect(entry).to_contain_text("It is an advertisement.")
    await expect(entry).to_contain_text(name(reader))
    await entry.get_by_role("button", name="Hide").click()
    await desk.get_by_label("Why?").fill("No advertisements here.")
    await desk.get_by_role("dialog").get_by_role("button", name="Hide").click()
    await expect(entry).to_have_count(0)
    await expect(row).to_have_count(0)

    account = await window(new_page, hub, author, "/account")
    await expect(account.get_by_text("No advertisements here.")).to_be_visible()

    await desk.get_by_role("link", name="Hidden", exact=True).click()
    hidden = desk.get_by_role("listitem").filter(has_text=title)
    await hidden.get_by_role("button", name="Restore").click()
    await expect(hidden).to_have_count(0)
    await expect(row).to_be_visible()
    await desk.get_by_role("link", name="Log", exact=True).click()
    log = desk.get_by_role("listitem").filter(has_text=name(author))
    await expect(log).to_have_count(2)
    await expect(log.first).to_contain_text("restored a post of")


async def test_a_moderator_mutes_beside_the_post_and_the_author_reads_why(
    hub: HubProcess, new_api: NewApi, new_page: NewPage, staff: Api, unique: Callable[[str], str]
) -> None:
    author = await person(hub, new_api, unique("ada"))
    title = f"Shouting {unique('no')}"
    await author.post("zion", title=title)
    page = await window(new_page, hub, staff, "/channels/zion")
    row = page.get_by_role("article").filter(has_text=title)
    await row.hover()
    await row.get_by_role("button", name="Moderate this post").click()
    await page.get_by_label(f"Mute @{name(author)}").check()
    await page.get_by_label("Where").select_option("Everywhere")
    await page.get_by_label("Why?").fill("Too loud.")
    await page.get_by_role("dialog").get_by_role("button", name="Mute", exact=True).click()
    await expect(page.get_by_text(f"@{name(author)} is muted.")).to_be_visible()
    answer = await author.request("POST", "/api/channels/zion/posts", json={"title": "A", "comment": "B"})
    assert answer.status_code == 403 and "Too loud." in answer.json()["detail"]
    await page.goto("/moderation?view=mutes")
    await page.get_by_role("button", name=f"Unmute @{name(author)}").click()
    await expect(page.get_by_role("listitem").filter(has_text=name(author))).to_have_count(0)
    await author.post("zion", title="Quiet")


async def test_members_do_not_find_the_moderators_page(
    hub: HubProcess, new_api: NewApi, new_page: NewPage, unique: Callable[[str], str]
) -> None:
    page = await window(new_page, hub, await person(hub, new_api, unique("ada")), "/moderation")
    await expect(page.get_by_text("This page is for moderators.")).to_be_visible()
    await expect(page.get_by_role("link", name="Moderation")).to_have_count(0)


async def test_the_pages_have_no_serious_accessibility_fault(
    hub: HubProcess, new_api: NewApi, new_page: NewPage, staff: Api, unique: Callable[[str], str]
) -> None:
    author = await person(hub, new_api, unique("ada"))
    post = await author.post("zion", title="To be looked at")
    await staff.call("POST", f"/api/posts/{post['id']}/report", json={"reason": "Look."})
    page = await window(new_page, hub, staff, "/moderation", viewport={"width": 390, "height": 844})
    entry = page.get_by_role("listitem").filter(has_text="To be looked at").last
    await entry.get_by_role("button", name="Hide").click()
    for view in ("dialog", "hidden", "mutes", "audit"):
        if view != "dialog":
            await page.goto(f"/moderation?view={view}")
            await expect(page.locator(".skeleton")).to_have_count(0)
        found = await Axe().run(page)
        serious = [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
        assert serious == [], f"{view}: {serious}"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_the_header_counts_open_reports_for_moderators_alone(
    hub: HubProcess, new_api: NewApi, new_page: NewPage, staff: Api, unique: Callable[[str], str]
) -> None:
    author, reader = [await person(hub, new_api, unique(who)) for who in ("ada", "ben")]
    post = await author.post("zion", title=unique("Counted"), comment="Once.")

    async def waiting() -> int:
        return int((await staff.call("GET", "/api/moderation/reports/count"))["open"])

    before = await waiting()
    await reader.call("POST", f"/api/posts/{post['id']}/report", json={"reason": "Look at it."}, expect=[201])
    assert await waiting() == before + 1
    reading = await window(new_page, hub, reader, "/")
    desk = await window(new_page, hub, staff, "/")
    count = desk.locator(".site-header .nav-count")
    await expect(count).to_contain_text(str(before + 1))
    await expect(reading.locator(".site-header .nav-count")).to_have_count(0)
    await desk.goto("/moderation")
    item = desk.get_by_role("listitem").filter(has_text=post["title"]).first
    await item.get_by_role("button", name="It is fine").click()
    if before:
        await expect(count).to_contain_text(f"{before} open")
    else:
        await expect(count).to_have_count(0)
