"""What a member has written and not sent is theirs: nobody who logs in after them can read it, and nothing is lost."""

import json
import secrets

from playwright.async_api import Page, expect

from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewPage
from tests.services import HubProcess

SECRET = "Nobody else reads this."
# All that pages of this site have kept in this browser, as text.
EVERYTHING = """async () => {
    const rows = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
    for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((resolve) => (indexedDB.open(name).onsuccess = (e) => resolve(e.target.result)));
        for (const store of db.objectStoreNames) {
            const all = db.transaction(store).objectStore(store).getAll();
            await new Promise((resolve) => (all.onsuccess = resolve));
            rows.push(`${name} ${store}`, JSON.stringify(all.result));
            for (const { data } of all.result.filter((row) => row?.data instanceof ArrayBuffer))
                rows.push(new TextDecoder("latin1").decode(data));
        }
        db.close();
    }
    return rows.join("\\n");
}"""


async def log_in(page: Page, who: Api, path: str) -> None:
    assert who.user is not None
    await page.goto(f"/login?next={path}")
    await page.get_by_label("Username").fill(who.user["username"])
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()
    await expect(page.get_by_label("Title")).to_be_visible()


async def log_out(page: Page) -> None:
    await page.goto("/account")
    await page.get_by_role("button", name="Log out here").click()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()


async def locked(page: Page, what: str) -> None:
    """Wait until nothing of it is readable."""
    for _ in range(100):
        if what not in await page.evaluate(EVERYTHING):
            return
        await page.wait_for_timeout(100)
    raise AssertionError(f"{what!r} is still there for everybody to read")


async def has_a_key(page: Page) -> None:
    """Wait until the page could lock what is written."""
    await page.wait_for_function(
        """async () => {
            const opening = indexedDB.open("frostbyte-sealed");
            const db = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
            const keys = db.transaction("keys").objectStore("keys").count();
            await new Promise((resolve) => (keys.onsuccess = resolve));
            db.close();
            return keys.result === 1;
        }"""
    )


async def people(hub: HubProcess) -> tuple[Api, Api]:
    made = []
    for name in ("ada", "eve"):
        made.append(Api(hub.base_url))
        await made[-1].register(f"{name}-{secrets.token_hex(4)}")
    return made[0], made[1]


async def test_drafts_are_locked_at_log_out_and_there_again_for_their_member_alone(
    new_page: NewPage, hub: HubProcess, park: str
) -> None:
    ada, eve = await people(hub)
    page = await new_page(base_url=hub.base_url)
    await log_in(page, ada, f"/channels/{park}")
    await page.get_by_label("Title").fill("Half a thought")
    await page.get_by_label("Text").fill(SECRET)
    await has_a_key(page)
    assert SECRET in await page.evaluate(EVERYTHING)
    await log_out(page)
    await locked(page, SECRET)
    await log_in(page, eve, f"/channels/{park}")
    await expect(page.get_by_label("Title")).to_have_value("")
    assert SECRET not in await page.evaluate(EVERYTHING)
    await log_out(page)
    await log_in(page, ada, f"/channels/{park}")
    await expect(page.get_by_label("Text")).to_have_value(SECRET)
    await expect(page.get_by_label("Title")).to_have_value("Half a thought")
    for api in (ada, eve):
        await api.close()


async def test_a_post_on_its_way_waits_for_its_member_and_goes_out_under_no_other_name(
    new_page: NewPage, hub: HubProcess, park: str
) -> None:
    ada, eve = await people(hub)
    page = await new_page(base_url=hub.base_url)
    await log_in(page, ada, f"/channels/{park}")
    await has_a_key(page)
    await page.route("**/posts", lambda route: route.abort())
    await page.get_by_label("Title").fill("On its way")
    await page.get_by_label("Text").fill(SECRET)
    await page.get_by_role("button", name="Post", exact=True).click()
    await expect(page.get_by_role("log").locator("article")).to_have_count(1)
    await log_out(page)
    await locked(page, SECRET)
    await page.unroute("**/posts")
    await log_in(page, eve, f"/channels/{park}")
    await expect(page.get_by_text("Nobody has written here yet.")).to_be_visible()
    await log_out(page)
    await log_in(page, ada, f"/channels/{park}")
    row = page.get_by_role("log").locator("article").filter(has_text=SECRET)
    await expect(row).to_have_count(1)
    await expect(row.locator(".post-state")).to_have_count(0, timeout=20_000)
    assert ada.user is not None
    (post,) = (await eve.history(park))["posts"]["items"]
    assert post["author"]["username"] == ada.user["username"]
    for api in (ada, eve):
        await api.close()


async def test_a_browser_that_cannot_lock_asks_before_it_throws_away(
    new_page: NewPage, hub: HubProcess, park: str
) -> None:
    ada, eve = await people(hub)
    page = await new_page(base_url=hub.base_url)
    # As on plain http in a home network.
    await page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    await log_in(page, ada, f"/channels/{park}")
    await page.get_by_label("Title").fill("Half a thought")
    await page.get_by_label("Text").fill(SECRET)
    await page.goto("/account")
    await page.get_by_role("button", name="Log out here").click()
    await expect(page.get_by_role("dialog")).to_contain_text("a text of yours")
    await page.get_by_role("button", name="Cancel").click()
    await page.goto(f"/channels/{park}")
    await expect(page.get_by_label("Text")).to_have_value(SECRET)
    await page.goto("/account")
    await page.get_by_role("button", name="Log out here").click()
    await page.get_by_role("dialog").get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("link", name="Log in")).to_be_visible()
    await locked(page, SECRET)
    for api in (ada, eve):
        await api.close()


async def test_the_key_is_given_to_its_member_only(hub: HubProcess) -> None:
    ada, eve = await people(hub)
    first, again = [(await ada.call("GET", "/api/me/seal"))["keys"] for _ in range(2)]
    assert first == again and first != (await eve.call("GET", "/api/me/seal"))["keys"]
    async with Api(hub.base_url) as guest:
        assert (await guest.request("GET", "/api/me/seal")).status_code == 401
    assert json.dumps(first) not in hub.log
    for api in (ada, eve):
        await api.close()
