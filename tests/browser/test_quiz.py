"""The quiz in the browser: by keyboard alone, over a reload, by touch, as a guest who logs in to keep the result."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewPage
from tests.services import HubProcess

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def questions(hub: HubProcess) -> list[dict[str, Any]]:
    async with Api(hub.base_url) as api:
        found: list[dict[str, Any]] = (await api.call("GET", "/api/quiz/questions"))["questions"]
        return found


async def results(page: Page) -> list[dict[str, Any]]:
    """What is stored for the member of this window."""
    found: list[dict[str, Any]] = await page.evaluate(
        """async () => {
            const { call } = await import("/static/api/session.js");
            return (await call("GET", "/api/quiz/results")).data.items;
        }"""
    )
    return found


async def asks(page: Page, question: dict[str, Any]) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(question["text"])


async def answer_all(page: Page, asked: list[dict[str, Any]], index: int) -> None:
    for question in asked:
        await asks(page, question)
        await page.get_by_role("button", name=question["answers"][index]["text"]).click()


async def says(page: Page, park: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(park)
    await expect(page.locator(".quiz-match")).to_have_count(3)


async def tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("document.activeElement.textContent.trim()")
        if focused == name:
            return
    raise AssertionError(f"the Tab key never reached {name!r}")


async def test_the_quiz_goes_from_start_to_the_parks_channel_by_keyboard_alone(
    new_page: NewPage, hub: HubProcess
) -> None:
    asked = await questions(hub)
    page = await new_page(base_url=hub.base_url)
    await page.goto("/")
    await tab_to(page, "Quiz")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    await tab_to(page, "Start")
    await page.keyboard.press("Enter")
    for number, question in enumerate(asked):
        await asks(page, question)
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await expect(page.get_by_role("progressbar")).to_have_attribute("value", str(number))
        if number == 0:
            await page.keyboard.press("2")
        elif number == 1:
            for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
                await page.keyboard.press(key)
        else:
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Space")
    await says(page, "Grand Canyon")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await tab_to(page, "Open its channel")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{hub.base_url}/channels/grand-canyon")


async def test_answers_survive_a_reload_and_going_back(new_page: NewPage, hub: HubProcess) -> None:
    asked = await questions(hub)
    page = await new_page(base_url=hub.base_url)
    await page.goto("/quiz")
    await page.get_by_role("button", name="Start", exact=True).click()
    for question in asked[:3]:
        await asks(page, question)
        await page.get_by_role("button", name=question["answers"][0]["text"]).click()
    await asks(page, asked[3])
    await page.reload()
    await asks(page, asked[3])
    await page.get_by_role("button", name="Back", exact=True).click()
    await asks(page, asked[2])
    given = page.get_by_role("button", name=asked[2]["answers"][0]["text"])
    await expect(given).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Next", exact=True).click()
    await answer_all(page, asked[3:], 0)
    await says(page, "Denali")
    await page.reload()
    await says(page, "Denali")


async def test_a_guest_takes_it_by_touch_and_keeps_the_result_by_logging_in(
    new_page: NewPage, hub: HubProcess, member: Api
) -> None:
    asked = await questions(hub)
    page = await new_page(base_url=hub.base_url, **PHONE)
    await page.goto("/quiz")
    await page.get_by_role("button", name="Start", exact=True).tap()
    for question in asked:
        await asks(page, question)
        await page.get_by_role("button", name=question["answers"][3]["text"]).tap()
    await says(page, "Buck Island Reef")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.locator("#main").get_by_role("link", name="Log in").tap()
    assert member.user is not None
    await page.get_by_label("Username").fill(member.user["username"])
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").tap()
    await expect(page.get_by_text("kept in your account")).to_be_visible()
    await says(page, "Buck Island Reef")
    await page.reload()
    await expect(page.get_by_text("kept in your account")).to_be_visible()
    assert [result["park"]["slug"] for result in await results(page)] == ["buck-island-reef"]


async def test_a_member_changes_a_result_finds_it_again_and_deletes_it(sign_in: SignIn, hub: HubProcess) -> None:
    asked = await questions(hub)
    page = await sign_in("quizzer", "/quiz")
    await page.get_by_role("button", name="Start", exact=True).click()
    await answer_all(page, asked, 0)
    await says(page, "Denali")
    await page.get_by_role("button", name="Change my answers").click()
    await answer_all(page, asked, 2)
    await says(page, "Redwood")
    assert [result["park"]["slug"] for result in await results(page)] == ["redwood"]
    await page.get_by_role("button", name="Back to the start").click()
    earlier = page.get_by_role("region", name="Your earlier results")
    await earlier.get_by_role("button", name="Redwood").first.click()
    await says(page, "Redwood")
    await page.get_by_role("button", name="Back to the start").click()
    await earlier.get_by_role("button", name="Delete Redwood").click()
    await expect(earlier).to_have_count(0)
    assert await results(page) == []


async def test_sharing_copies_a_link_where_the_browser_cannot_share(new_page: NewPage, hub: HubProcess) -> None:
    asked = await questions(hub)
    page = await new_page(base_url=hub.base_url, permissions=["clipboard-read", "clipboard-write"])
    await page.add_init_script("delete Navigator.prototype.share")
    await page.goto("/quiz")
    await page.get_by_role("button", name="Start", exact=True).click()
    await answer_all(page, asked, 1)
    await page.get_by_role("button", name="Share").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == f"My park is Grand Canyon. Which one is yours? {hub.base_url}/quiz"


async def faults(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_step_has_a_serious_fault_for_assistive_technology(
    sign_in: SignIn, hub: HubProcess, scheme: str
) -> None:
    asked = await questions(hub)
    page = await sign_in("quizzer", "/quiz", color_scheme=scheme)
    await page.get_by_role("button", name="Start", exact=True).click()
    await answer_all(page, asked[:1], 0)
    await page.get_by_role("button", name="Back", exact=True).click()
    await asks(page, asked[0])
    assert await faults(page) == []
    await answer_all(page, asked, 0)
    await says(page, "Denali")
    await expect(page.get_by_text("kept in your account")).to_be_visible()
    assert await faults(page) == []
    await page.get_by_role("button", name="Back to the start").click()
    await expect(page.get_by_role("region", name="Your earlier results")).to_be_visible()
    assert await faults(page) == []


async def test_without_the_hub_it_says_so_and_goes_on_when_it_is_back(new_page: NewPage, hub: HubProcess) -> None:
    asked = await questions(hub)
    page = await new_page(base_url=hub.base_url)
    await page.goto("/quiz")
    await page.get_by_role("button", name="Start", exact=True).click()
    await answer_all(page, asked[:-1], 0)
    await page.route("**/api/quiz", lambda route: route.abort())
    await answer_all(page, asked[-1:], 0)
    await expect(page.get_by_role("alert")).to_contain_text("no connection")
    await page.unroute("**/api/quiz")
    await page.get_by_role("button", name="Try again").click()
    await says(page, "Denali")
