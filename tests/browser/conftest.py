"""Windows of people who are logged in, and parks that belong to one test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import pytest_asyncio
from playwright.async_api import Page

from tests.clients import Api
from tests.clients.rest import PASSWORD
from tests.conftest import NewPage
from tests.services import HubProcess


class SignIn(Protocol):
    def __call__(self, name: str, path: str = "/", **context_options: Any) -> Awaitable[Page]: ...


@pytest_asyncio.fixture(scope="session")
async def browser_admin(hub: HubProcess) -> AsyncIterator[Api]:
    """An admin of the shared hub."""
    async with Api(hub.base_url) as api:
        await api.register("browser-admin")
        hub.run("user", "role", "browser-admin", "admin")
        await api.login("browser-admin")
        yield api


@pytest_asyncio.fixture
async def park(browser_admin: Api, unique: Callable[[str], str]) -> str:
    """A park that only this test writes to."""
    slug = unique("window-park")
    new = {"slug": slug, "name": slug.title(), "group": "Tests", "kind": "park"}
    await browser_admin.call("POST", "/api/channels", json=new)
    return slug


@pytest_asyncio.fixture
async def member(hub: HubProcess, unique: Callable[[str], str]) -> AsyncIterator[Api]:
    """A new member's REST client, for what happens elsewhere."""
    async with Api(hub.base_url) as api:
        await api.register(unique("elsewhere"))
        yield api


@pytest_asyncio.fixture
async def sign_in(hub: HubProcess, new_page: NewPage, unique: Callable[[str], str]) -> SignIn:
    """Opens a window of a new member at a path: `ada = await sign_in("ada", f"/channels/{park}")`."""

    async def open_window(name: str, path: str = "/", **context_options: Any) -> Page:
        username = unique(name)
        async with Api(hub.base_url) as api:
            await api.register(username, name=name.title())
        page = await new_page(base_url=hub.base_url, **context_options)
        await page.goto(f"/login?next={path.replace('?', '%3F').replace('=', '%3D')}")
        await page.get_by_label("Username").fill(username)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url(hub.base_url + path)
        return page

    return open_window
