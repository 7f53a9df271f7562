"""An open window never goes on from what is no longer there, and shows what somebody is called now."""

import asyncio

from playwright.async_api import Page, expect

from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewApi, StartHub
from tests.drills.older_database import copy_of, put_back, stop_hard
from tests.services import HubProcess


async def test_an_open_window_shows_a_new_name_and_forgets_who_left(
    hub: HubProcess, member: Api, park: str, page: Page
) -> None:
    await member.post(park, "Seen today")
    await page.goto(f"{hub.base_url}/channels/{park}")
    row = page.get_by_role("log").locator("article").filter(has_text="Seen today")
    await expect(row).to_have_count(1)
    await member.call("PUT", "/api/auth/me", json={"name": "Ada Lovelace"})
    await expect(row).to_contain_text("Ada Lovelace")
    await member.call("DELETE", "/api/auth/me", json={"password": PASSWORD}, expect=[204])
    await expect(row).to_contain_text("former member")
    await expect(row).not_to_contain_text("Ada Lovelace")


async def test_an_open_window_shows_what_there_is_after_an_older_file_was_put_back(
    start_hub: StartHub, new_api: NewApi, page: Page
) -> None:
    hub = start_hub()
    ada = new_api(hub.base_url)
    await ada.register("ada")
    copy = copy_of(hub.database_path)
    await page.goto(f"{hub.base_url}/channels/denali")
    rows = page.get_by_role("log").locator("article")
    for number in range(2):
        await ada.post("denali", f"Lost {number}")
    await expect(rows.filter(has_text="Lost")).to_have_count(2)
    await asyncio.to_thread(stop_hard, hub)
    put_back(copy, hub.database_path)
    # Without these only the window's own mark can tell.
    for told in hub.database_path.parent.glob("*-told-*"):
        told.unlink()
    await asyncio.to_thread(hub.start)
    await ada.login("ada")
    for number in range(3):
        await ada.post("denali", f"Another {number}")
    await expect(rows.filter(has_text="Another")).to_have_count(3, timeout=60_000)
    await expect(rows.filter(has_text="Lost")).to_have_count(0)
