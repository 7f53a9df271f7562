"""Who is who in a window: username and role beside every name, and no name or text that moves its surroundings."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewPage
from tests.services import HubProcess

TURNED = "Sky \u202egninroM"
TOWER = "Z" + "\u0301\u0300\u0302\u0303\u0308\u030a" * 12


def by(page: Page, username: str) -> Locator:
    """The posts of a member."""
    return page.locator("article.post").filter(has=page.get_by_text(f"@{username}", exact=True))


def call_in_the_old_way(hub: HubProcess, username: str, name: str) -> None:
    """Give a name that was taken before there were rules."""
    with closing(sqlite3.connect(hub.database_path)) as database:
        database.execute("UPDATE users SET name = ? WHERE username = ?", (name, username))
        database.commit()


async def test_two_members_of_one_name_are_told_apart_by_username_colour_and_role(
    new_page: NewPage, hub: HubProcess, browser_admin: Api, park: str, unique: Callable[[str], str]
) -> None:
    pretender = unique("eve")
    async with Api(hub.base_url) as eve:
        await eve.register(pretender)
        call_in_the_old_way(hub, pretender, "browser-admin")
        for api in (browser_admin, eve):
            await api.call("POST", f"/api/channels/{park}/posts", json={"title": "Rules", "comment": "Mine."})
            await api.call("POST", f"/api/channels/{park}/reviews", json={"title": "Rules", "comment": "Mine."})
    page = await new_page(base_url=hub.base_url)
    await page.goto(f"/channels/{park}")
    admins, eves = by(page, "browser-admin"), by(page, pretender)
    await expect(admins.locator(".role")).to_have_text("Admin")
    await expect(eves.locator(".handle")).to_have_text(f"@{pretender}")
    await expect(eves.locator(".role")).to_have_count(0)
    colours = [await one.locator(".avatar").get_attribute("class") for one in (admins, eves)]
    expected = [tone(name) for name in ("browser-admin", pretender)]
    assert colours == [f"avatar avatar-{number}" for number in expected]
    await page.goto(f"/channels/{park}?tab=reviews")
    await expect(page.locator(".review .handle")).to_have_count(2)
    await expect(page.locator(".review .role")).to_have_text(["Admin"])
    await page.goto(f"/search?q=rules&channel={park}")
    await expect(page.locator(".found .handle").filter(has_text=pretender).first).to_be_visible()


def tone(username: str) -> int:
    """The number of a username's colour."""
    total = 7
    for letter in username:
        total = (total * 31 + ord(letter)) % 8191
    return total % 8


async def test_a_role_that_is_given_shows_in_open_windows(
    new_page: NewPage, hub: HubProcess, member: Api, park: str
) -> None:
    await member.call("POST", f"/api/channels/{park}/posts", json={"title": "Before", "comment": "x"})
    assert member.user is not None
    page = await new_page(base_url=hub.base_url)
    await page.goto(f"/channels/{park}")
    mine = by(page, member.user["username"])
    await expect(mine).to_have_count(1)
    await expect(mine.locator(".role")).to_have_count(0)
    hub.run("user", "role", member.user["username"], "moderator")
    await expect(mine.locator(".role")).to_have_text("Moderator")


async def test_what_turns_or_towers_stays_in_its_place(
    new_page: NewPage, hub: HubProcess, member: Api, park: str
) -> None:
    assert member.user is not None
    username = member.user["username"]
    text = f"Turned \u202etxet siht\nafter it\n{TOWER}"
    await member.call("POST", f"/api/channels/{park}/posts", json={"title": "Plain", "comment": text})
    call_in_the_old_way(hub, username, TURNED)
    page = await new_page(base_url=hub.base_url, viewport={"width": 900, "height": 800})
    await page.goto(f"/channels/{park}")
    post = by(page, username)
    name, handle = post.locator(".person-name"), post.locator(".handle")
    await expect(name).to_have_text(TURNED)
    await expect(post.locator(".plain-text")).to_have_attribute("dir", "auto")
    # The override ends with the name: what follows stands to the right of it and reads as it is.
    at, beside = await name.bounding_box(), await handle.bounding_box()
    assert at is not None
    assert beside is not None
    assert beside["x"] >= at["x"] + at["width"]
    for selector in (".plain-text", ".post-title", ".person-name"):
        styles = "node => [getComputedStyle(node).overflowX, getComputedStyle(node).unicodeBidi]"
        overflow, bidi = await post.locator(selector).evaluate(styles)
        assert overflow == "clip"
        assert bidi in ("isolate", "plaintext")


async def test_who_is_here_writes_and_shares_is_named_by_username(
    sign_in: SignIn, new_page: NewPage, hub: HubProcess, park: str
) -> None:
    reader = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800})
    await reader.goto(f"/channels/{park}")
    writer = await sign_in("quill", f"/channels/{park}")
    await expect(reader.get_by_label("About this channel").locator(".handle")).to_have_text(
        re.compile("^@quill[0-9]+$")
    )
    await writer.get_by_label("Title").press_sequentially("Hm")
    await expect(reader.locator(".typing")).to_have_text(re.compile(" @quill[0-9]+ is writing"))


async def test_the_log_names_who_did_what(
    new_page: NewPage, hub: HubProcess, browser_admin: Api, member: Api, park: str
) -> None:
    assert member.user is not None
    username = member.user["username"]
    hub.run("user", "role", username, "moderator")
    channel = {"slug": park, "name": "Changed", "group": "Tests", "kind": "park"}
    await browser_admin.call("PUT", f"/api/channels/{park}", json=channel)
    page = await new_page(base_url=hub.base_url)
    await page.goto("/login?next=/moderation")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"{hub.base_url}/moderation")
    await page.get_by_role("link", name="Log", exact=True).click()
    log = page.get_by_role("list", name="Log")
    await expect(log).to_contain_text(f"@browser-admin changed the channel {park}")
    await expect(log).to_contain_text(f"The operator changed the role of @{username}")
    await expect(log).to_contain_text("visitor → moderator")
