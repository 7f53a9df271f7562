"""The feed in real windows: what one writes the others have, once, whatever the connection does."""

import asyncio
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewApi, NewPage, StartHub, StartNginx
from tests.services import HubProcess, RedisServer

CHANNEL = "/channels/denali"


async def log_in(page: Page, base_url: str, username: str, path: str = CHANNEL) -> None:
    """Log in as a visitor does, and go on to `path`."""
    await page.goto(f"{base_url}/login?next={path}")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(base_url + path)
    await expect(page.get_by_label("Title")).to_be_visible()


async def write(page: Page, title: str, text: str = "As it is today.") -> None:
    """Write a post with the composer."""
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Text").fill(text)
    await page.get_by_role("button", name="Post", exact=True).click()


def row(page: Page, title: str) -> Locator:
    """The feed's row of a post."""
    return page.get_by_role("log").locator("article").filter(has_text=title)


async def sent(page: Page, title: str) -> None:
    """Wait until the hub has taken a post."""
    await expect(row(page, title)).to_have_count(1)
    await expect(row(page, title).locator(".post-state")).to_have_count(0)


async def open_channel(page: Page, url: str) -> str:
    """Open a channel's page; the worker that its websocket is on."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connected(event: dict[str, Any]) -> None:
        if not found.done():
            headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
            found.set_result(headers["hub-worker"])

    devtools = await page.context.new_cdp_session(page)
    devtools.on("Network.webSocketHandshakeResponseReceived", connected)
    await devtools.send("Network.enable")
    await page.goto(url)
    async with asyncio.timeout(10):
        return await found


async def test_two_windows_on_two_workers_see_writing_editing_and_deleting(
    start_hub: StartHub, redis: RedisServer, new_api: NewApi, new_page: NewPage
) -> None:
    # A hub each: which worker of one hub a page gets is up to the kernel.
    hub = start_hub(redis=redis)
    elsewhere = start_hub(redis=redis, database_url=hub.database_url)
    ada = new_api(hub.base_url)
    await ada.register("ada")
    writer = await new_page()
    await log_in(writer, hub.base_url, "ada")
    own_worker = await open_channel(writer, hub.base_url + CHANNEL)
    reader = await new_page()
    assert await open_channel(reader, elsewhere.base_url + CHANNEL) != own_worker
    await write(writer, "Bear at mile nine")
    await sent(writer, "Bear at mile nine")
    await expect(row(reader, "Bear at mile nine")).to_have_count(1)
    await reader.reload()
    await expect(row(reader, "Bear at mile nine")).to_have_count(1)

    await row(writer, "Bear at mile nine").get_by_label("Edit this post").click()
    await writer.locator(".editor").get_by_label("Text").fill("Two of them, with cubs.")
    await writer.get_by_role("button", name="Save").click()
    await expect(row(reader, "Bear at mile nine")).to_contain_text("Two of them, with cubs.")
    await expect(row(reader, "Bear at mile nine")).to_contain_text("edited")

    await row(writer, "Bear at mile nine").get_by_label("Delete this post").click()
    await writer.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for window in (writer, reader):
        await expect(row(window, "Bear at mile nine")).to_have_count(0)


async def test_a_restart_while_somebody_types_costs_neither_draft_nor_feed(
    start_hub: StartHub, new_api: NewApi, new_page: NewPage
) -> None:
    hub = start_hub()
    ada, ben = new_api(hub.base_url), new_api(hub.base_url)
    await ada.register("ada")
    await ben.register("ben")
    page = await new_page()
    await log_in(page, hub.base_url, "ada")
    await page.get_by_label("Title").fill("Half of a tho")
    await page.get_by_label("Text").fill("ught that")
    await asyncio.to_thread(hub.stop)
    await expect(page.locator(".line-warn")).to_be_visible()
    await page.get_by_label("Text").press_sequentially(" goes on")
    await asyncio.to_thread(hub.start)
    await ben.post("denali", "While you were away")
    await expect(row(page, "While you were away")).to_have_count(1, timeout=30_000)
    await expect(page.locator(".line-warn")).to_have_count(0)
    await expect(page.get_by_label("Title")).to_have_value("Half of a tho")
    await expect(page.get_by_label("Text")).to_have_value("ught that goes on")
    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value("Half of a tho")
    await expect(page.get_by_label("Text")).to_have_value("ught that goes on")


async def test_what_was_written_while_the_hub_was_away_is_sent_once_when_it_is_back(
    start_hub: StartHub, new_api: NewApi, new_page: NewPage
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    page = await new_page()
    await log_in(page, hub.base_url, "ada")
    await asyncio.to_thread(hub.stop)
    await write(page, "From the tunnel")
    await expect(row(page, "From the tunnel")).to_contain_text("Waiting for signal")
    await asyncio.to_thread(hub.start)
    await expect(row(page, "From the tunnel").locator(".post-state")).to_have_count(0, timeout=30_000)
    titles = [post["title"] for post in await ada.all_posts("denali")]
    assert titles.count("From the tunnel") == 1


async def test_offline_there_is_the_last_feed_and_what_is_written_is_sent_once_with_signal(
    sign_in: SignIn, member: Api, park: str
) -> None:
    await member.post(park, "Seen before the tunnel")
    page = await sign_in("walker", f"/channels/{park}")
    await expect(row(page, "Seen before the tunnel")).to_have_count(1)
    await page.evaluate("navigator.serviceWorker.ready")
    await page.reload()
    await expect(row(page, "Seen before the tunnel")).to_have_count(1)
    await page.context.set_offline(True)
    await page.reload()
    await expect(row(page, "Seen before the tunnel")).to_have_count(1)
    await expect(page.locator(".line-warn")).to_contain_text("offline")
    await write(page, "Written under the mountain")
    await expect(row(page, "Written under the mountain")).to_contain_text("Waiting for signal")
    await page.context.set_offline(False)
    await expect(row(page, "Written under the mountain").locator(".post-state")).to_have_count(0, timeout=30_000)
    titles = [post["title"] for post in await member.all_posts(park)]
    assert titles.count("Written under the mountain") == 1


async def test_behind_nginx_two_windows_see_each_others_posts(
    start_hub: StartHub, start_nginx: StartNginx, new_api: NewApi, new_page: NewPage
) -> None:
    nginx = start_nginx(start_hub(settings={"HUB_TRUSTED_PROXIES": "127.0.0.1"}))
    ada = new_api(nginx.base_url)
    await ada.register("ada")
    reader, writer = await new_page(), await new_page()
    await reader.goto(nginx.base_url + CHANNEL)
    await log_in(writer, nginx.base_url, "ada")
    await write(writer, "Through the proxy")
    await sent(writer, "Through the proxy")
    await expect(row(reader, "Through the proxy")).to_have_count(1)


async def test_a_refused_post_keeps_its_text_with_two_ways_on(sign_in: SignIn, park: str) -> None:
    page = await sign_in("refused", f"/channels/{park}")
    await page.route("**/posts", lambda route: route.fulfill(status=403, json={"detail": "You are muted here."}))
    await write(page, "Not welcome", "Word for word.")
    failed = row(page, "Not welcome")
    await expect(failed).to_contain_text("Not sent. You are muted here.")
    await page.reload()
    await expect(failed).to_contain_text("Word for word.")
    await expect(failed).to_contain_text("Not sent.")
    await page.unroute("**/posts")
    await failed.get_by_role("button", name="Send again").click()
    await sent(page, "Not welcome")


async def test_a_refused_post_can_be_thrown_away(sign_in: SignIn, park: str) -> None:
    page = await sign_in("refused", f"/channels/{park}")
    await page.route("**/posts", lambda route: route.fulfill(status=422, json={"detail": "No."}))
    await write(page, "Not welcome")
    await row(page, "Not welcome").get_by_role("button", name="Delete").click()
    await expect(row(page, "Not welcome")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_text("Nobody has written here yet.")).to_be_visible()


async def test_who_reads_older_posts_is_told_of_new_ones_and_not_moved(
    new_page: NewPage, hub: HubProcess, member: Api, park: str
) -> None:
    for number in range(60):
        await member.post(park, f"Number {number}", "A line of text.\n" * 3)
    page = await new_page(base_url=hub.base_url, viewport={"width": 900, "height": 600})
    await page.goto(f"/channels/{park}")
    await expect(row(page, "Number 59")).to_be_visible()
    feed = page.get_by_role("log")
    await feed.evaluate("list => (list.scrollTop = list.scrollHeight / 2)")
    await page.wait_for_timeout(300)
    before = await feed.evaluate("list => list.scrollTop")
    await member.post(park, "Something new")
    pill = page.get_by_role("button", name="1 new post")
    await expect(pill).to_be_visible()
    assert abs(await feed.evaluate("list => list.scrollTop") - before) < 2
    await pill.click()
    await expect(row(page, "Something new")).to_be_in_viewport()
    await expect(pill).to_have_count(0)
    await feed.evaluate("list => (list.scrollTop = 0)")
    await expect(row(page, "Number 0").first).to_have_count(1)


async def test_posting_by_keyboard_alone(sign_in: SignIn, park: str) -> None:
    page = await sign_in("keys", f"/channels/{park}")
    await page.get_by_label("Title").focus()
    await page.keyboard.type("By keyboard")
    await page.keyboard.press("Enter")
    await page.keyboard.type("First line")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second line")
    await page.keyboard.press("Enter")
    await sent(page, "By keyboard")
    await expect(row(page, "By keyboard")).to_contain_text("second line")
    await expect(page.get_by_label("Title")).to_be_focused()


async def test_who_is_here_and_who_is_writing_shows_and_goes(
    new_page: NewPage, sign_in: SignIn, hub: HubProcess, park: str
) -> None:
    reader = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800})
    await reader.goto(f"/channels/{park}")
    writer = await sign_in("scribe", f"/channels/{park}")
    await expect(reader.get_by_label("About this channel")).to_contain_text("scribe")
    await writer.get_by_label("Title").press_sequentially("Hm")
    await expect(reader.locator(".typing")).to_contain_text("scribe")
    await expect(reader.locator(".typing")).to_have_text("", timeout=9_000)
    await writer.close()
    await expect(reader.get_by_label("About this channel")).not_to_contain_text("scribe")


async def test_a_guest_reads_and_is_led_to_the_log_in_and_back(
    new_page: NewPage, hub: HubProcess, member: Api, park: str
) -> None:
    page = await new_page(base_url=hub.base_url)
    await page.goto(f"/channels/{park}")
    await expect(page.get_by_text("You are reading as a guest.")).to_be_visible()
    await page.get_by_role("link", name="Log in").last.click()
    assert member.user is not None
    await page.get_by_label("Username").fill(member.user["username"])
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert").filter(has_text="password")).to_be_visible()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"**/channels/{park}")
    await expect(page.get_by_label("Title")).to_be_visible()


async def test_making_an_account_and_logging_out(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url)
    await page.goto("/register")
    await page.get_by_label("Username").fill("fresh-face")
    await page.get_by_label("Password").first.fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await expect(page.get_by_title("Your account")).to_be_visible()
    await page.get_by_title("Your account").click()
    await page.get_by_role("button", name="Log out here").click()
    await expect(page.get_by_role("link", name="Log in").first).to_be_visible()
