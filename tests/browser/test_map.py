"""The maps in real windows: who shares is seen, moves, and is gone."""

from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.conftest import NewPage
from tests.services import HubProcess

PLACE = {"latitude": 63.2, "longitude": -150.8}
PATH = "/channels/denali?tab=map"
SHARED = {"geolocation": PLACE, "permissions": ["geolocation"]}


async def test_a_shared_location_moves_on_the_others_map_and_disappears(
    sign_in: SignIn, new_page: NewPage, hub: HubProcess
) -> None:
    watcher = await new_page(base_url=hub.base_url)
    await watcher.goto(PATH)
    await expect(watcher.get_by_label("Map of Denali")).to_be_visible()
    sharer = await sign_in("walker", PATH, **SHARED)
    await sharer.get_by_label("Exactly").check()
    await sharer.get_by_role("button", name="Share", exact=True).click()
    await expect(sharer.get_by_text("You share exactly where you are until")).to_be_visible()
    marker = watcher.locator(".map-person")
    await expect(marker).to_have_count(1)
    before = await marker.bounding_box()

    await sharer.context.set_geolocation({"latitude": 63.6, "longitude": -150.2})
    await expect(watcher.get_by_label("On the map now")).to_contain_text("walker")

    async def moved() -> bool:
        box = await marker.bounding_box()
        return bool(before and box and box["x"] > before["x"] + 5 and box["y"] < before["y"] - 5)

    for _ in range(100):
        if await moved():
            break
        await watcher.wait_for_timeout(100)
    assert await moved()

    await sharer.get_by_role("button", name="Stop sharing").click()
    await expect(marker).to_have_count(0)
    await expect(watcher.get_by_text("Nobody shares where they are")).to_be_visible()
    await expect(sharer.get_by_role("button", name="Share", exact=True)).to_be_visible()


async def test_about_is_what_is_chosen_first_and_never_shows_the_point(sign_in: SignIn, hub: HubProcess) -> None:
    sharer = await sign_in("hider", PATH, **SHARED)
    await sharer.get_by_role("button", name="Share", exact=True).click()
    await expect(sharer.get_by_text("You share about where you are until")).to_be_visible()
    await expect(sharer.get_by_label("On the map now")).to_contain_text("about here")
    shown = await sharer.evaluate(
        "fetch('/api/channels/denali/locations').then((answer) => answer.json()).then(({items}) => items[0])"
    )
    assert shown["precision"] == "area"
    assert (shown["latitude"], shown["longitude"]) != (PLACE["latitude"], PLACE["longitude"])
    await sharer.reload()
    await expect(sharer.get_by_text("You share about where you are until")).to_be_visible()
    await sharer.get_by_role("button", name="Stop sharing").click()
    await expect(sharer.get_by_role("button", name="Share", exact=True)).to_be_visible()


async def test_without_permission_it_says_what_to_do(sign_in: SignIn) -> None:
    window = await sign_in("shy", PATH)
    await window.get_by_role("button", name="Share", exact=True).click()
    await expect(window.get_by_text("Allow it in the page's settings")).to_be_visible()


async def test_a_guest_sees_the_map_and_a_way_to_log_in(new_page: NewPage, hub: HubProcess) -> None:
    window = await new_page(base_url=hub.base_url)
    await window.goto(PATH)
    await expect(window.get_by_label("Map of Denali")).to_be_visible()
    await expect(window.get_by_role("link", name="Log in").last).to_be_visible()


async def test_the_map_of_all_parks_leads_to_a_park_and_loads_nothing_from_elsewhere(
    new_page: NewPage, hub: HubProcess
) -> None:
    window = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    await window.goto("/map")
    pins = window.locator(".map-icon")
    await expect(pins.first).to_be_visible()
    await window.get_by_title("Acadia").click()
    popup = window.locator(".map-popup")
    await expect(popup).to_contain_text("Acadia")
    await popup.get_by_role("link", name="Acadia").click()
    await expect(window.get_by_role("heading", name="Acadia", level=1)).to_be_visible()
    assert [url for url in asked if not url.startswith((hub.base_url, "blob:", "data:"))] == []


async def test_the_map_counts_who_is_where_now(new_page: NewPage, hub: HubProcess) -> None:
    visitor = await new_page(base_url=hub.base_url)
    await visitor.goto("/channels/acadia")
    window = await new_page(base_url=hub.base_url, viewport={"width": 1280, "height": 800})
    await window.goto("/map")
    await expect(window.get_by_title("Acadia, 1 here")).to_be_visible()
