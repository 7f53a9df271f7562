"""The ranger in real windows: words as they come, through reloads, other windows, weak signal and failures."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewApi, NewPage, StartHub, _copy_database
from tests.gemini_server import Call, GeminiServer, Script, hangs, refuses, says
from tests.services import HubProcess

KEPT_DRAFT = """() => new Promise(done => {
    const opening = indexedDB.open("frostbyte");
    opening.onsuccess = () => {
        const reading = opening.result.transaction("drafts").objectStore("drafts").getAll();
        reading.onsuccess = () => done(reading.result.some(draft => draft.text === "Half a quest"));
    };
})"""
OpenChat = Callable[..., Awaitable[tuple[Page, Api]]]


@pytest_asyncio.fixture(scope="module")
async def gemini() -> AsyncIterator[GeminiServer]:
    async with GeminiServer() as server:
        yield server


@pytest.fixture(scope="module")
def scripted_hub(
    tmp_path_factory: pytest.TempPathFactory, seeded_database: Path, gemini: GeminiServer
) -> Iterator[HubProcess]:
    """A hub whose ranger says what a test tells it to."""
    folder = tmp_path_factory.mktemp("chat")
    process = HubProcess(folder, database_url=_copy_database(seeded_database, folder), settings=gemini.settings)
    process.start()
    yield process
    process.stop()


@pytest_asyncio.fixture
async def open_chat(
    scripted_hub: HubProcess, new_page: NewPage, new_api: NewApi, unique: Callable[[str], str]
) -> OpenChat:
    """Opens the ranger's page for a new member of the scripted hub; gives the member's REST client as well."""

    async def open_window(path: str = "/chat", hub: HubProcess = scripted_hub, **options: Any) -> tuple[Page, Api]:
        api = new_api(hub.base_url)
        username = unique("chatter")
        await api.register(username)
        page = await new_page(base_url=hub.base_url, **options)
        await page.goto(f"/login?next={path}")
        await page.get_by_label("Username").fill(username)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url(hub.base_url + path)
        return page, api

    return open_window


class Gate:
    """A script that waits in the middle until the test opens it."""

    def __init__(self, before: str, after: str) -> None:
        self.before = before
        self.after = after
        self.opened = asyncio.Event()

    @property
    def script(self) -> Script:
        async def run(call: Call) -> AsyncIterator[str]:
            for word in self.before.split(" "):
                yield f"{word} "
            await self.opened.wait()
            for word in self.after.split(" "):
                yield f"{word} "

        return run


def stored_text(hub: HubProcess) -> str:
    """All answers in the hub's database."""
    with closing(sqlite3.connect(hub.database_path)) as database:
        return " ".join(text for (text,) in database.execute("SELECT text FROM messages WHERE role = 'ranger'"))


def composer(page: Page) -> Locator:
    return page.get_by_label("Your question to the ranger")


def answers(page: Page) -> Locator:
    return page.get_by_role("article", name="The ranger answered")


def questions(page: Page) -> Locator:
    return page.get_by_role("article", name="You asked")


async def ask(page: Page, text: str) -> None:
    await composer(page).fill(text)
    await composer(page).press("Enter")


async def answered(page: Page, count: int) -> None:
    """Wait until there are so many answers, and all of them are whole."""
    await expect(answers(page)).to_have_count(count)
    await expect(answers(page).last).to_have_attribute("aria-busy", "false")


async def stored(api: Api, page: Page) -> list[dict[str, Any]]:
    conversation = page.url.rpartition("/")[2]
    found: dict[str, Any] = await api.call("GET", f"/api/chat/conversations/{conversation}")
    messages: list[dict[str, Any]] = found["messages"]
    return messages


async def test_a_new_hub_has_an_offline_ranger_that_answers_and_names_its_sources(sign_in: SignIn) -> None:
    page = await sign_in("ada", "/chat")
    await expect(page.get_by_text("Offline ranger:")).to_be_visible()
    await page.get_by_label("Which park is it about?").select_option("denali")
    await ask(page, "How do I pitch my tent in the wind?")
    await expect(answers(page)).to_contain_text("use every guy line")
    sources = answers(page).get_by_role("list", name="Sources")
    await expect(sources).to_contain_text("Handbook Camping in strong wind")
    await expect(sources.get_by_role("link", name="Post Wind at Wonder Lake")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("How do I pitch my tent in the wind?")


async def test_after_the_first_question_one_can_write_on(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = says("Yes.")
    page, _ = await open_chat()
    await ask(page, "First?")
    await answered(page, 1)
    await expect(composer(page)).to_be_focused()


async def test_without_signal_the_first_question_stays_where_it_was_written(open_chat: OpenChat) -> None:
    page, _ = await open_chat()
    await expect(page.get_by_label("Which park is it about?")).to_be_visible()
    await page.context.set_offline(True)
    await ask(page, "First?")
    await expect(page.get_by_text("your question stays here")).to_be_visible()
    await expect(composer(page)).to_have_value("First?")


async def test_a_reload_in_the_middle_goes_on_where_the_answer_was(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gate = Gate("Pack layers,", "not weight.")
    gemini.script = gate.script
    page, api = await open_chat()
    await ask(page, "What do I pack?")
    await expect(answers(page)).to_contain_text("Pack layers,")
    await page.reload()
    await expect(answers(page)).to_contain_text("Pack layers,")
    await expect(page.get_by_role("button", name="Stop the answer")).to_be_visible()
    gate.opened.set()
    await expect(answers(page).locator(".markdown")).to_have_text("Pack layers, not weight.")
    await expect(answers(page)).to_have_attribute("aria-busy", "false")
    assert (await stored(api, page))[-1]["text"].strip() == "Pack layers, not weight."


async def test_a_second_window_watches_and_stops_the_answer(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = hangs(after=3)
    page, _ = await open_chat()
    await ask(page, "Talk to me.")
    await expect(answers(page)).to_contain_text("piece-2")
    second = await page.context.new_page()
    await second.goto(page.url)
    await expect(answers(second)).to_contain_text("piece-0 piece-1 piece-2")
    await second.get_by_role("button", name="Stop the answer").click()
    for window in (second, page):
        await expect(window.get_by_text("You stopped this answer.")).to_be_visible()
        await expect(answers(window)).to_contain_text("piece-2")
    await asyncio.wait_for(gemini.last.ended.wait(), 3)
    assert gemini.last.cancelled_at is not None


async def test_an_answer_given_again_keeps_the_earlier_one_as_a_version(
    gemini: GeminiServer, open_chat: OpenChat
) -> None:
    gemini.script = says("The first answer.")
    page, _ = await open_chat()
    await ask(page, "Bears?")
    await expect(answers(page)).to_contain_text("The first answer.")
    gemini.script = says("The second answer.")
    await page.get_by_role("button", name="Answer again").click()
    await expect(answers(page)).to_contain_text("The second answer.")
    await expect(answers(page)).to_contain_text("2 of 2")
    await page.get_by_role("button", name="Earlier version").click()
    await expect(answers(page)).to_contain_text("The first answer.")
    await page.reload()
    await expect(answers(page)).to_contain_text("The second answer.")


async def test_an_edited_question_drops_what_came_after_it(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = says("About bears.")
    page, _ = await open_chat()
    await ask(page, "Bears?")
    await answered(page, 1)
    await ask(page, "And at night?")
    await answered(page, 2)
    await questions(page).first.hover()
    await questions(page).first.get_by_role("button", name="Ask in other words").click()
    gemini.script = says("About moose.")
    await page.get_by_label("Your question", exact=True).fill("Moose?")
    await page.get_by_role("button", name="Ask again").click()
    await answered(page, 1)
    await expect(answers(page)).to_contain_text("About moose.")
    await expect(questions(page)).to_have_count(1)
    await expect(questions(page)).to_contain_text("Moose?")


async def test_markdown_is_drawn_and_nothing_in_it_can_act(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = says(
        "**Bold** and a list:\n\n- one\n- [the park](https://www.nps.gov/)\n\n",
        "![spy](https://example.com/spy.png) <img src=x onerror=\"document.title='owned'\"> ",
        "[bad](javascript:alert(1)) <script>document.title='owned'</script>",
    )
    page, _ = await open_chat()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await ask(page, "Go on.")
    words = answers(page).locator(".markdown")
    await expect(words.locator("strong")).to_have_text("Bold")
    await expect(words.get_by_role("listitem")).to_have_count(2)
    link = words.get_by_role("link", name="the park")
    assert "noopener" in (await link.get_attribute("rel") or "")
    await expect(words).to_contain_text("onerror")
    assert await words.locator("img, script, [href^=javascript]").count() == 0
    assert "owned" not in await page.title()
    assert not [url for url in asked if "example.com" in url]


async def test_a_block_that_is_whole_is_not_drawn_again(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gate = Gate("First *block* here.\n\nSecond", "block goes on.\n\nThird.")
    gemini.script = gate.script
    page, _ = await open_chat()
    await ask(page, "Blocks.")
    blocks = answers(page).locator(".markdown-block")
    await expect(blocks).to_have_count(2)
    await blocks.first.locator("em").evaluate("node => { node.marked = true }")
    gate.opened.set()
    await expect(blocks).to_have_count(3)
    assert await blocks.first.locator("em").evaluate("node => node.marked")


async def test_a_screen_reader_hears_sentences(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gate = Gate("Stay **calm**. Back", "away slowly. Done")
    gemini.script = gate.script
    page, _ = await open_chat()
    await ask(page, "A bear!")
    await expect(answers(page)).to_contain_text("Back")
    heard = page.locator("[data-spoken]")
    await expect(heard).to_have_text("Stay calm.")
    gate.opened.set()
    await expect(answers(page)).to_contain_text("Done")
    await expect(heard).to_have_text(re.compile(r"^\s*Stay calm\.\s*Back away slowly\.\s*Done\s*$"))


async def test_a_failure_says_why_and_can_be_tried_again(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = refuses(grpc.StatusCode.RESOURCE_EXHAUSTED, "quota", after=2)
    page, _ = await open_chat()
    await ask(page, "Bears?")
    await expect(answers(page)).to_contain_text("as many questions as it may for now")
    await expect(answers(page)).to_contain_text("piece-0 piece-1")
    gemini.script = says("There are some.")
    await page.get_by_role("button", name="Try again").click()
    await expect(answers(page)).to_contain_text("There are some.")


async def test_an_answer_whose_worker_died_is_kept_and_can_go_on(
    gemini: GeminiServer, open_chat: OpenChat, start_hub: StartHub
) -> None:
    gemini.script = hangs(after=3)
    own = start_hub(settings=gemini.settings)
    page, _ = await open_chat(hub=own)
    await ask(page, "Talk to me.")
    await expect(answers(page)).to_contain_text("piece-2")
    while "piece-2" not in await asyncio.to_thread(stored_text, own):
        await asyncio.sleep(0.05)
    await asyncio.to_thread(own.kill_worker)
    go_on = page.get_by_role("button", name="Go on")
    await expect(go_on).to_be_visible(timeout=25_000)
    await expect(answers(page)).to_contain_text("piece-2")
    gemini.script = says("Here I am again.")
    await go_on.click()
    await expect(answers(page)).to_contain_text("Here I am again.")


async def test_the_view_stays_where_the_reader_put_it(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gate = Gate("line\n\n" * 60, "more\n\n" * 60)
    gemini.script = gate.script
    page, _ = await open_chat(viewport={"width": 800, "height": 600})
    await ask(page, "A long one.")
    await expect(answers(page).locator(".markdown-block")).to_have_count(60)
    log = page.get_by_role("log", name="Conversation")
    await log.evaluate("node => { node.scrollTop = 200 }")
    await expect(page.get_by_role("button", name="To the newest")).to_be_visible()
    gate.opened.set()
    await expect(answers(page).locator(".markdown-block")).to_have_count(120)
    assert abs(await log.evaluate("node => node.scrollTop") - 200) < 3
    await page.get_by_role("button", name="To the newest").click()
    assert await log.evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight") < 3


async def test_a_question_asked_without_signal_is_kept_and_sent_later(
    gemini: GeminiServer, open_chat: OpenChat
) -> None:
    gemini.script = says("Yes.")
    page, api = await open_chat()
    await ask(page, "First?")
    await answered(page, 1)
    await page.context.set_offline(True)
    await ask(page, "Second?")
    await expect(questions(page).last).to_contain_text("Kept here, and sent when there is signal.")
    await page.context.set_offline(False)
    await answered(page, 2)
    await expect(questions(page).last).not_to_contain_text("Kept here")
    assert [m["text"] for m in await stored(api, page) if m["role"] == "user"] == ["First?", "Second?"]


async def test_what_was_being_written_is_there_after_a_reload(open_chat: OpenChat) -> None:
    page, _ = await open_chat()
    await composer(page).fill("Half a quest")
    await page.wait_for_function(KEPT_DRAFT)
    await page.reload()
    await expect(composer(page)).to_have_value("Half a quest")


async def test_conversations_are_listed_renamed_and_deleted(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = says("Yes.")
    page, api = await open_chat()
    await ask(page, "Bears?")
    await answered(page, 1)
    listed = page.get_by_role("complementary", name="Your conversations")
    await listed.get_by_role("link", name="Bears?").hover()
    await listed.get_by_role("button", name="Rename “Bears?”").click()
    await listed.get_by_label("Title of the conversation").fill("Bears in June")
    await listed.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bears in June")
    await listed.get_by_role("button", name="Delete “Bears in June”").click()
    await page.get_by_role("button", name="Delete it").click()
    await expect(listed).to_contain_text("Your conversations will be here.")
    await expect(page.get_by_role("heading", name="Ask the camping ranger")).to_be_visible()
    assert (await api.call("GET", "/api/chat/conversations"))["items"] == []


async def test_many_conversations_are_listed_page_by_page_the_newest_first(
    gemini: GeminiServer, open_chat: OpenChat
) -> None:
    gemini.script = says("Yes.")
    page, api = await open_chat()
    made = [(await api.call("POST", "/api/chat/conversations", json={}))["id"] for _ in range(52)]
    await page.goto(f"/chat/{made[10]}")
    listed = page.get_by_role("complementary", name="Your conversations").get_by_role("listitem")
    await expect(listed).to_have_count(50)
    await page.get_by_role("button", name="Show older").click()
    await expect(listed).to_have_count(52)
    await ask(page, "Which is the newest?")
    await expect(listed.first).to_contain_text("Which is the newest?")


async def test_a_guest_sees_what_it_can_do_and_a_way_in(new_page: NewPage, hub: HubProcess) -> None:
    page = await new_page(base_url=hub.base_url)
    await page.goto("/chat")
    await expect(page.get_by_text("How much water should I carry?")).to_be_visible()
    await expect(page.get_by_role("link", name="Log in to ask")).to_have_attribute("href", "/login?next=%2Fchat")
    await expect(composer(page)).to_have_count(0)


async def test_a_parks_page_has_the_ranger_with_questions_of_its_own(sign_in: SignIn) -> None:
    page = await sign_in("ada", "/channels/denali?tab=ranger")
    await page.get_by_role("button", name="What is camping on the tundra like?").click()
    await expect(answers(page)).to_contain_text("tree line")
    await page.get_by_role("link", name="All conversations").click()
    await expect(page.get_by_role("link", name="What is camping on the tundra like?")).to_contain_text("Denali")


async def test_a_source_leads_to_the_post_itself(sign_in: SignIn, member: Api, park: str) -> None:
    await member.post(park, "Quokka bus", "The quokka bus leaves at nine.")
    for number in range(20):
        await member.post(park, f"Weather {number}", "Sun and wind.")
    page = await sign_in("ada", f"/channels/{park}?tab=ranger")
    await ask(page, "When does the quokka bus leave?")
    await answers(page).get_by_role("link", name="Post Quokka bus").click()
    await expect(page.get_by_role("article", name="Quokka bus")).to_be_in_viewport()


async def test_the_handbook_behind_an_answer_can_be_read_and_searched(sign_in: SignIn) -> None:
    page = await sign_in("ada", "/chat")
    await ask(page, "How do I get rid of a tick?")
    await answers(page).get_by_role("link", name="Handbook Ticks").click()
    entry = page.locator("#ticks")
    await expect(entry).to_be_in_viewport()
    await expect(entry).to_contain_text("fine tweezers")
    await page.get_by_role("searchbox", name="Search the handbook").fill("snakebite")
    await expect(page.get_by_role("heading", name="Snakebite")).to_be_visible()
    await expect(entry).to_have_count(0)


async def test_an_answer_says_when_what_it_rests_on_has_changed(sign_in: SignIn, member: Api, park: str) -> None:
    post = await member.post(park, "Quokka bus", "The quokka bus leaves at nine from the gate.")
    page = await sign_in("ada", f"/channels/{park}?tab=ranger")
    await ask(page, "When does the quokka bus leave?")
    await expect(answers(page).get_by_role("link", name="Post Quokka bus")).to_be_visible()
    await member.edit_post(post["id"], "Quokka bus", "It leaves at ten now.")
    await page.reload()
    await expect(page.get_by_text("Based on something that has changed since.")).to_be_visible()


async def test_somebody_elses_conversation_is_not_there(gemini: GeminiServer, open_chat: OpenChat) -> None:
    gemini.script = says("Yes.")
    page, _ = await open_chat()
    await ask(page, "A secret?")
    await answered(page, 1)
    other, _ = await open_chat()
    await other.goto(page.url)
    await expect(other.get_by_text("This conversation is not there.")).to_be_visible()
    await expect(other.get_by_text("A secret?")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_chat_has_no_barriers(gemini: GeminiServer, open_chat: OpenChat, scheme: str) -> None:
    gemini.script = says("Stay **calm**:\n\n- back away\n- [read this](https://www.nps.gov/)")
    page, _ = await open_chat(color_scheme=scheme, bypass_csp=True)
    await ask(page, "A bear!")
    await answered(page, 1)
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
