"""Words composed with an input method (Chinese, Japanese, Korean): its Enter and Escape are not the page's."""

from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.conftest import NewPage
from tests.services import HubProcess

ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
ESCAPE = {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27}
# What Safari tells of the key that ended a composition: no longer composing, and known by its code alone.
SAFARI = """(field, key) => field.dispatchEvent(
    new KeyboardEvent("keydown", { key, keyCode: 229, bubbles: true, cancelable: true }))"""


class InputMethod:
    """Composes a word in the field that has the focus."""

    def __init__(self, devtools: CDPSession) -> None:
        self._devtools = devtools

    async def compose(self, text: str) -> None:
        await self._devtools.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )

    async def press(self, key: dict[str, Any]) -> None:
        await self._devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        await self._devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key, "text": ""})


async def input_method(page: Page) -> InputMethod:
    return InputMethod(await page.context.new_cdp_session(page))


async def test_enter_takes_the_word_and_neither_jumps_nor_sends(sign_in: SignIn, park: str) -> None:
    page = await sign_in("aki", f"/channels/{park}")
    method = await input_method(page)
    title, text = page.get_by_label("Title"), page.get_by_label("Text")
    await title.focus()
    await method.compose("やま")
    await method.press(ENTER)
    await title.evaluate(SAFARI, "Enter")
    await expect(title).to_be_focused()
    await title.fill("山")
    await text.focus()
    await method.compose("ゆき")
    await method.press(ENTER)
    await text.evaluate(SAFARI, "Enter")
    await expect(page.get_by_role("log").locator("article")).to_have_count(0)
    await text.fill("雪")
    await text.press("Enter")
    await expect(page.get_by_role("log").locator("article")).to_have_count(1)


async def test_escape_drops_the_word_and_not_the_edit(sign_in: SignIn, park: str) -> None:
    page = await sign_in("aki", f"/channels/{park}")
    method = await input_method(page)
    await page.get_by_label("Title").fill("山")
    await page.get_by_label("Text").fill("雪")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.get_by_label("Edit this post").click()
    field = page.locator(".editor").get_by_label("Text")
    await field.focus()
    await method.compose("ゆき")
    await method.press(ESCAPE)
    await field.evaluate(SAFARI, "Escape")
    await expect(page.locator(".editor")).to_be_visible()
    await field.fill("雪が深い")
    await field.press("Escape")
    await expect(page.locator(".editor")).to_have_count(0)


async def test_escape_of_an_input_method_closes_no_dialog(sign_in: SignIn, park: str, member: Api) -> None:
    await member.post(park, "Somebody's")
    page = await sign_in("aki", f"/channels/{park}")
    method = await input_method(page)
    await page.get_by_role("button", name="Report").click()
    reason = page.get_by_role("dialog").get_by_role("textbox")
    await reason.focus()
    await method.compose("わるい")
    await method.press(ESCAPE)
    await expect(page.get_by_role("dialog")).to_be_visible()
    await reason.fill("悪い")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("path", ["/search", "/login"])
async def test_enter_of_an_input_method_sends_no_form(new_page: NewPage, hub: HubProcess, path: str) -> None:
    page = await new_page(base_url=hub.base_url)
    await page.goto(path)
    await page.evaluate("document.addEventListener('submit', () => (window.sent = true), true)")
    await page.locator("main form").evaluate("form => (form.noValidate = true)")
    field = page.locator("main form input").first
    method = await input_method(page)
    await field.focus()
    await method.compose("くま")
    await method.press(ENTER)
    assert await page.evaluate("window.sent") is None
    await method.compose("")
    await field.fill("熊")
    await field.press("Enter")
    await page.wait_for_function("() => window.sent")


async def test_a_digit_of_an_input_method_answers_no_question(sign_in: SignIn) -> None:
    page = await sign_in("aki", "/quiz")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("Question 1 of")).to_be_visible()
    await page.locator("#quiz-question").evaluate(SAFARI, "1")
    await expect(page.get_by_text("Question 1 of")).to_be_visible()
    await page.keyboard.press("1")
    await expect(page.get_by_text("Question 2 of")).to_be_visible()
