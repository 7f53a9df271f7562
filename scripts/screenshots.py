"""Makes the pictures in docs/img: a seeded hub with people in it, seen through a real browser.

Usage, after `make test` has installed what it needs: .venv/bin/python -m scripts.screenshots [SCENE…]
A new picture is a line in `SCENES`, with a function that brings the page there.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.clients import Api
from tests.clients.channel import ChannelClient
from tests.conftest import CHROMIUM_FLAGS
from tests.services import ROOT, HubProcess, find_program

PICTURES = ROOT / "docs" / "img"
LARGEST_BYTES = 300_000

Width = Literal["wide", "narrow"]
Theme = Literal["light", "dark"]
Variants = Sequence[tuple[Width, Theme]]

SCREENS: dict[Width, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "narrow": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
ALL_FOUR: Variants = (("wide", "light"), ("wide", "dark"), ("narrow", "light"), ("narrow", "dark"))
TWO: Variants = (("wide", "light"), ("narrow", "dark"))

CROWD = {"june": "June Okafor", "eli": "Eli Begay", "noor": "Noor Haddad", "pete": "Pete Larsen"}
PLACES = {
    "june": ("denali", 63.4312, -150.3106, "exact"),
    "eli": ("denali", 63.739, -149.291, "exact"),
    "noor": ("denali", 63.457, -150.867, "area"),
    "pete": ("yosemite", 37.8651, -119.5383, "area"),
}
NEWS = [
    ("june", "denali", "Two bears near mile 34", "A sow and a cub, far from the road. Bring binoculars."),
    ("eli", "denali", "Savage River bridge is dry", "The loop beyond is icy in the shade."),
    ("noor", "denali", "Northern lights forecast: good", "Clear until two. We sit at the Wonder Lake dock."),
    ("pete", "yosemite", "Free parking spots", "Half the lot at Curry Village was empty at eight."),
]  # fmt: skip
TROUBLE = [
    ("zion", "Cheap sunglasses!!!", "Best price, write to me today.", "It is an advertisement."),
    (
        "acadia",
        "I camped on the closed beach",
        "Nobody checks after nine.",
        "Birds are nesting there.",
    ),
]


@dataclass(frozen=True)
class Scene:
    """A picture: who looks (`tomas`, a member; `ranger_sky`, a moderator), at what, and how to get there."""

    name: str
    prepare: Callable[[Page], Awaitable[None]]
    variants: Variants = TWO
    who: str = "tomas"


def opened(path: str, *ready: str) -> Callable[[Page], Awaitable[None]]:
    """How to get to a page that is ready once all these texts or selectors are there."""

    async def prepare(page: Page) -> None:
        await page.goto(path)
        for selector in ready:
            await expect(page.locator(selector).first).to_be_visible()
        await expect(page.locator(".skeleton, .card-skeleton")).to_have_count(0)

    return prepare


async def quiz_question(page: Page) -> None:
    await page.evaluate("sessionStorage.clear()")
    await page.goto("/quiz")
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_role("progressbar")).to_be_visible()


async def quiz_result(page: Page) -> None:
    await quiz_question(page)
    bar = page.get_by_role("progressbar")
    for number in range(int(await bar.get_attribute("max") or 0)):
        await expect(bar).to_have_attribute("value", str(number))
        await page.locator(".quiz-answer").first.click()
    await expect(page.locator(".quiz-match").first).to_be_visible()


async def ranger(page: Page) -> None:
    await page.goto("/chat")
    await page.get_by_label("Which park is it about?").select_option("denali")
    await page.get_by_label("Your question to the ranger").fill("How do I pitch my tent in the wind?")
    await page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.get_by_role("article", name="The ranger answered")
    await expect(answer).to_have_attribute("aria-busy", "false")
    await expect(answer.get_by_role("list", name="Sources")).to_be_visible()


async def locations(page: Page) -> None:
    await opened("/channels/denali?tab=map", ".map-person")(page)
    await page.get_by_role("button", name="Show all").click()
    await page.locator(".map-person").first.scroll_into_view_if_needed()


SCENES = [
    Scene("home", opened("/", ".card"), ALL_FOUR),
    Scene("channel", opened("/channels/denali", ".post", ".channel-title .here"), ALL_FOUR),
    Scene("reviews", opened("/channels/denali?tab=reviews", ".review")),
    Scene("locations", locations),
    Scene("map", opened("/map", ".map-view path, .leaflet-marker-icon")),
    Scene("analytics", opened("/analytics", "table.summary tbody tr")),
    Scene("quiz-question", quiz_question),
    Scene("quiz-result", quiz_result),
    Scene("ranger", ranger),
    Scene("search", opened("/search?q=bears", ".found > li")),
    Scene("moderation", opened("/moderation", ".moderation li"), who="ranger_sky"),
]


@asynccontextmanager
async def crowd(hub: HubProcess) -> AsyncIterator[list[ChannelClient]]:
    """People who are there while the pictures are taken: they post, rate and share where they are."""
    async with AsyncExitStack() as stack:
        apis = {name: await stack.enter_async_context(Api(hub.base_url)) for name in CROWD}
        for name, api in apis.items():
            await api.register(name, name=CROWD[name])
        for author, channel, title, text in NEWS:
            await apis[author].post(channel, title, text)
        for channel, title, text, reason in TROUBLE:
            post = await apis["pete"].post(channel, title, text)
            await apis["june"].call("POST", f"/api/posts/{post['id']}/report", json={"reason": reason})
        clients = []
        for name, (channel, latitude, longitude, precision) in PLACES.items():
            place = {"latitude": latitude, "longitude": longitude, "precision": precision}
            await apis[name].call("PUT", f"/api/channels/{channel}/location", json=place)
            client = ChannelClient(hub.ws_url, channel, token=apis[name].token)
            clients.append(await stack.enter_async_context(client))
        yield clients


async def log_in(page: Page, username: str, password: str) -> None:
    await page.goto("/login")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_title("Your account")).to_be_visible()


async def photograph(page: Page, scene: Scene, width: Width, people: list[ChannelClient]) -> None:
    """Take this scene's pictures of one width.

    Raises:
        ValueError: a picture is larger than a README should load.
    """
    await scene.prepare(page)
    for _, theme in (variant for variant in scene.variants if variant[0] == width):
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        if scene.name == "channel":
            await people[0].send({"type": "typing"})
            await expect(page.locator(".typing")).to_contain_text("is writing")
        await page.mouse.move(0, 0)
        path = PICTURES / f"{scene.name}-{width}-{theme}.png"
        await page.screenshot(path=path, animations="disabled")
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}  {size // 1000} kB")
        if size > LARGEST_BYTES:
            raise ValueError(f"{path.name} has {size} bytes, more than {LARGEST_BYTES}")


async def visit(browser: Browser, hub: HubProcess, scenes: list[Scene], people: list[ChannelClient]) -> None:
    """Log in everybody who looks, on each screen, and go through their scenes."""
    logins = msgspec.json.decode((hub.folder / "demo-logins.json").read_bytes(), type=dict[str, str])
    for width, screen in SCREENS.items():
        for who in sorted({scene.who for scene in scenes}):
            context = await browser.new_context(
                base_url=hub.base_url, reduced_motion="reduce", service_workers="block", **screen
            )
            page = await context.new_page()
            await log_in(page, who, logins[who])
            for scene in scenes:
                if scene.who == who:
                    await photograph(page, scene, width, people)
            await context.close()


async def main(names: list[str]) -> None:
    """Make all pictures, or those of the named scenes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    scenes = [scene for scene in SCENES if not names or scene.name in names]
    with tempfile.TemporaryDirectory() as folder:
        hub = HubProcess(Path(folder), database_url=f"sqlite:///{folder}/hub.db")
        for command in ("migrate", "seed"):
            hub.run(command)
        hub.start()
        try:
            async with async_playwright() as playwright, crowd(hub) as people:
                browser = await playwright.chromium.launch(
                    executable_path=find_program("chromium"), args=[*CHROMIUM_FLAGS, "--no-sandbox"]
                )
                await visit(browser, hub, scenes, people)
                await browser.close()
        finally:
            hub.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
