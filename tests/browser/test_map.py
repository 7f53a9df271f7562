"""The maps in real windows: who shares is seen, moves, and is gone; all parks with who is there."""

import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewApi, NewPage, StartHub
from tests.services import HubProcess

PLACE = {"latitude": 63.2, "longitude": -150.8}
SHARED: dict[str, Any] = {"geolocation": PLACE, "permissions": ["geolocation"], "reduced_motion": "reduce"}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff"
    "56c72f0d0000000049454e44ae426082"
)


def tab(park: str) -> str:
    return f"/channels/{park}?tab=map"


def signs(page: Page) -> Locator:
    return page.locator(".map-person")


def people(page: Page) -> Locator:
    return page.get_by_role("region", name="On the map now")


async def share(page: Page, precision: str = "Exact spot", time: str = "1 hour") -> None:
    await page.get_by_role("radio", name=re.compile(f"^{precision}")).check()
    await page.get_by_label("For how long").select_option(time)
    await page.get_by_role("button", name="Share my location").click()
    await expect(page.get_by_text("Sharing until")).to_be_visible()


async def locations(api: Api, park: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.call("GET", f"/api/channels/{park}/locations"))["items"]
    return items


async def middle(sign: Locator) -> tuple[float, float]:
    box = await sign.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_a_shared_location_moves_on_the_others_map_and_disappears(
    sign_in: SignIn, new_page: NewPage, hub: HubProcess, park: str
) -> None:
    watcher = await new_page(base_url=hub.base_url, reduced_motion="reduce")
    await watcher.goto(tab(park))
    await expect(watcher.get_by_text("Nobody shares where they are")).to_be_visible()
    walker = await sign_in("walker", tab(park), **SHARED)
    await share(walker)
    await expect(signs(watcher)).to_have_count(1)
    await expect(people(watcher)).to_contain_text("63.2000° N, 150.8000° W")
    before = await middle(signs(watcher))
    await walker.context.set_geolocation({"latitude": 66, "longitude": -140})
    await expect(people(watcher)).to_contain_text("66.0000° N, 140.0000° W")
    after = await middle(signs(watcher))
    assert after[0] > before[0] + 5
    assert after[1] < before[1] - 5
    await walker.get_by_role("button", name="Stop sharing").click()
    await expect(signs(watcher)).to_have_count(0)
    await expect(watcher.get_by_text("Nobody shares where they are")).to_be_visible()
    await expect(walker.get_by_role("button", name="Share my location")).to_be_visible()


async def test_an_area_is_what_is_chosen_first_and_the_point_is_nowhere(
    sign_in: SignIn, member: Api, park: str
) -> None:
    hider = await sign_in("hider", tab(park), **SHARED)
    await hider.get_by_role("button", name="Share my location").click()
    await expect(hider.get_by_text("Sharing until")).to_contain_text("Sharing until")
    await expect(people(hider)).to_contain_text("About 5 km around")
    await expect(hider.locator("path.map-area")).to_have_count(1)
    [shown] = await locations(member, park)
    assert shown["precision"] == "area"
    assert (shown["latitude"], shown["longitude"]) != (PLACE["latitude"], PLACE["longitude"])


async def test_after_a_reload_nothing_is_asked_of_the_device_until_a_click(
    sign_in: SignIn, member: Api, park: str
) -> None:
    walker = await sign_in("walker", tab(park), **SHARED)
    await share(walker, time="4 hours")
    [first] = await locations(member, park)
    await walker.context.set_geolocation({"latitude": 63.4, "longitude": -150.4})
    await walker.reload()
    await expect(walker.get_by_text("this page does not follow you")).to_be_visible()
    await walker.get_by_role("button", name="Move along with me").click()
    await expect(people(walker)).to_contain_text("63.4000° N, 150.4000° W")
    [moved] = await locations(member, park)
    assert moved["expires_at"] == first["expires_at"]
    await walker.get_by_role("button", name="Stop sharing").click()
    await expect(walker.get_by_role("button", name="Share my location")).to_be_visible()


async def test_sharing_goes_on_on_other_pages_and_the_header_says_so(sign_in: SignIn, member: Api, park: str) -> None:
    walker = await sign_in("walker", tab(park), **SHARED)
    await share(walker)
    await walker.get_by_role("link", name="Analytics").click()
    await walker.get_by_role("link", name="You share where you are until").click()
    await walker.get_by_role("button", name="Stop sharing").click()
    await expect(walker.get_by_role("link", name="You share where you are until")).to_have_count(0)
    assert await locations(member, park) == []


async def test_what_a_moderator_removed_does_not_come_back_with_the_next_step(
    sign_in: SignIn, browser_admin: Api, park: str
) -> None:
    walker = await sign_in("walker", tab(park), **SHARED)
    await share(walker)
    [shown] = await locations(browser_admin, park)
    await browser_admin.call("DELETE", f"/api/locations/{shown['id']}")
    await expect(walker.get_by_text("Your location is no longer shared.")).to_be_visible()
    await walker.context.set_geolocation({"latitude": 63.5, "longitude": -150.1})
    await expect(walker.get_by_role("button", name="Share my location")).to_be_visible()
    await expect(walker.get_by_role("link", name="You share where you are until")).to_have_count(0)
    assert await locations(browser_admin, park) == []


async def test_stopping_without_a_connection_is_done_as_soon_as_there_is_one(
    sign_in: SignIn, member: Api, park: str
) -> None:
    walker = await sign_in("walker", tab(park), **SHARED)
    await share(walker)
    await walker.context.set_offline(True)
    await walker.get_by_role("button", name="Stop sharing").click()
    await expect(walker.get_by_text("Not stopped yet")).to_be_visible()
    await walker.context.set_offline(False)
    await expect(walker.get_by_role("button", name="Share my location")).to_be_visible()
    assert await locations(member, park) == []


async def test_without_permission_it_says_what_to_do(sign_in: SignIn, park: str) -> None:
    shy = await sign_in("shy", tab(park))
    await shy.get_by_role("button", name="Share my location").click()
    await expect(shy.get_by_text("Allow it for this site in the browser's settings")).to_be_visible()
    await expect(shy.get_by_role("button", name="Share my location")).to_be_visible()


async def test_a_guest_sees_the_map_and_a_way_to_log_in(new_page: NewPage, hub: HubProcess, park: str) -> None:
    window = await new_page(base_url=hub.base_url)
    await window.goto(tab(park))
    await expect(window.get_by_role("region", name="Map of")).to_be_visible()
    await expect(
        window.get_by_role("region", name="Share where you are").get_by_role("link", name="Log in")
    ).to_be_visible()
    await expect(window.get_by_role("button", name="Share my location")).to_have_count(0)


async def test_many_in_one_place_are_one_sign_until_one_looks_closer(
    new_page: NewPage, new_api: NewApi, hub: HubProcess, park: str
) -> None:
    names = []
    for n in range(6):
        api = new_api(hub.base_url)
        await api.register(f"crowd{n}-{park}")
        here = {"latitude": 40 + n / 10_000, "longitude": -110, "precision": "exact"}
        shared = await api.call("PUT", f"/api/channels/{park}/location", json=here)
        names.append(shared["username"])
    window = await new_page(base_url=hub.base_url, reduced_motion="reduce")
    await window.goto(tab(park))
    await expect(window.get_by_role("button", name="6 people: look closer")).to_be_visible()
    await expect(signs(window)).to_have_count(0)
    await window.get_by_role("button", name=names[3], exact=True).click()
    await expect(window.locator(".map-popup")).to_contain_text(names[3])
    await expect(window.locator(f".map-person[data-username='{names[3]}']")).to_be_visible()


async def test_a_sign_is_reached_and_read_by_the_keyboard(
    new_page: NewPage, member: Api, hub: HubProcess, park: str
) -> None:
    await member.call("PUT", f"/api/channels/{park}/location", json={"latitude": 40, "longitude": -100})
    window = await new_page(base_url=hub.base_url, reduced_motion="reduce")
    await window.goto(tab(park))
    await expect(signs(window)).to_be_visible()
    await window.get_by_role("region", name="Map of").focus()
    await window.keyboard.press("Tab")
    await window.keyboard.press("Enter")
    await expect(window.locator(".map-popup")).to_contain_text("Within about 5 km")


async def test_what_the_browser_keeps_for_later_has_no_locations_in_it(
    new_page: NewPage, member: Api, hub: HubProcess, park: str
) -> None:
    await member.call("PUT", f"/api/channels/{park}/location", json={"latitude": 40, "longitude": -100})
    window = await new_page(base_url=hub.base_url)
    await window.goto(tab(park))
    await window.evaluate(
        """async () => {
          const { serviceWorker } = navigator;
          const claimed = new Promise((done) => serviceWorker.addEventListener("controllerchange", done));
          if (!serviceWorker.controller) await claimed;
        }"""
    )
    await window.reload()
    await expect(signs(window)).to_be_visible()
    kept = await window.evaluate(
        """async () => {
          const kept = await (await caches.open("hub-answers-1")).keys();
          const histories = kept.filter(({ url }) => url.endsWith("/history"));
          const answers = await Promise.all(histories.map((history) => caches.match(history)));
          return Promise.all(answers.map((answer) => answer.json()));
        }"""
    )
    assert [(history["channel"], history["locations"]) for history in kept] == [(park, [])]


async def test_the_map_of_all_parks_leads_to_a_park_and_loads_nothing_from_elsewhere(
    new_page: NewPage, hub: HubProcess
) -> None:
    window = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    await window.goto("/map")
    await expect(window.locator("path.map-state")).to_have_count(56)
    await window.get_by_label("Search parks").fill("american samoa")
    await window.get_by_role("button", name="Show National Park of American Samoa on the map").click()
    await expect(window.locator(".map-popup")).to_contain_text("American Samoa")
    await window.locator(".map-popup").get_by_role("link", name="Open its channel").click()
    await expect(window.get_by_role("heading", name="National Park of American Samoa", level=1)).to_be_visible()
    assert [url for url in asked if not url.startswith((hub.base_url, "blob:", "data:"))] == []


async def test_the_map_counts_who_is_where_now_and_shows_stars(new_page: NewPage, member: Api, hub: HubProcess) -> None:
    await member.call("PUT", "/api/channels/big-bend/rating", json={"stars": 4})
    visitor = await new_page(base_url=hub.base_url)
    await visitor.goto("/channels/big-bend")
    window = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800})
    await window.goto("/map")
    first = window.get_by_role("region", name="Parks").get_by_role("listitem").first
    await expect(first).to_contain_text("Big Bend")
    await expect(first).to_contain_text("1 here")
    await expect(window.get_by_role("button", name="Big Bend: ")).to_contain_text("1 there now")
    await visitor.close()
    await expect(window.get_by_role("button", name="Big Bend: ")).not_to_contain_text("there now", timeout=8_000)


async def test_a_tile_server_is_used_only_when_one_is_set(new_page: NewPage, start_hub: StartHub) -> None:
    tiled = start_hub(settings={"HUB_MAP_TILES": "https://tiles.example.org/{z}/{x}/{y}.png"})
    window = await new_page(base_url=tiled.base_url)
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body=PIXEL, content_type="image/png")

    await window.context.route("https://tiles.example.org/**", answer)
    await window.goto("/map")
    await expect(window.locator("img.leaflet-tile-loaded").first).to_be_attached()
    await expect(window.get_by_text("Map: tiles.example.org")).to_be_visible()
    assert asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_maps_have_no_serious_fault_for_assistive_technology(
    sign_in: SignIn, member: Api, park: str, scheme: str
) -> None:
    await member.call("PUT", f"/api/channels/{park}/location", json={"latitude": 40, "longitude": -100})
    ada = await sign_in("ada", tab(park), color_scheme=scheme, **SHARED)
    await share(ada)
    await expect(signs(ada).first).to_be_visible()
    for path, ready in ((tab(park), ".map-person"), ("/map", ".map-park")):
        if path == "/map":
            await ada.goto(path)
        await expect(ada.locator(ready).first).to_be_visible()
        found = (await Axe().run(ada)).response["violations"]
        serious = [
            (fault["id"], fault["nodes"][0]["html"][:200])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == []
