"""A person's REST client."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterable
from typing import Any, Self

import httpx

PASSWORD = "correct horse battery"


class ApiError(AssertionError):
    """The hub answered with another status than the test expected."""

    def __init__(self, response: httpx.Response) -> None:
        request = response.request
        super().__init__(f"{request.method} {request.url} gave {response.status_code}: {response.text}")
        self.response = response
        self.status = response.status_code


class Api:
    """One person's REST client: keeps the access token, and the refresh cookie as a browser does.

    `request` gives the raw response; the named calls expect success and give the decoded body.
    """

    def __init__(
        self,
        base_url: str,
        *,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = base_url
        self.token: str | None = None
        self.user: dict[str, Any] | None = None
        self.http = httpx.AsyncClient(
            base_url=base_url, timeout=30, trust_env=False, verify=verify, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.http.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send one request with this person's token; never raises for a status."""
        sent = dict(headers or {})
        if self.token and "authorization" not in {name.lower() for name in sent}:
            sent["Authorization"] = f"Bearer {self.token}"
        if json is not None:
            options["json"] = json
        return await self.http.request(method, path, headers=sent, **options)

    async def call(
        self, method: str, path: str, *, expect: Iterable[int] = (200, 201, 202, 204), **options: Any
    ) -> Any:
        """Send one request and give its decoded body (None for 204).

        Raises:
            ApiError: another status than one of `expect`.
        """
        response = await self.request(method, path, **options)
        if response.status_code not in set(expect):
            raise ApiError(response)
        return response.json() if response.content else None

    async def register(self, username: str, *, password: str = PASSWORD, name: str | None = None) -> dict[str, Any]:
        body = {"username": username, "password": password, **({"name": name} if name else {})}
        return self._signed_in(await self.call("POST", "/api/auth/register", json=body, expect=[201]))

    async def login(self, username: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        return self._signed_in(
            await self.call(
                "POST",
                "/api/auth/login",
                json={"username": username, "password": password, **more},
                expect=[200],
            )
        )

    async def refresh(self) -> dict[str, Any]:
        return self._signed_in(await self.call("POST", "/api/auth/refresh", expect=[200]))

    def _signed_in(self, answer: dict[str, Any]) -> dict[str, Any]:
        self.token = answer["access_token"]
        self.user = answer["user"]
        return answer

    async def channels(self) -> Any:
        return await self.call("GET", "/api/channels")

    async def history(self, channel: str) -> dict[str, Any]:
        history: dict[str, Any] = await self.call("GET", f"/api/channels/{channel}/history")
        return history

    async def post(
        self, channel: str, title: str = "Snow", comment: str = "Fresh snow at the pass.", **fields: Any
    ) -> dict[str, Any]:
        """Write a post; gives the whole post. Further fields: `content`, `client_id`."""
        body = {"title": title, "comment": comment, **fields}
        body.setdefault("content", {})
        body.setdefault("client_id", str(uuid.uuid4()))
        post: dict[str, Any] = await self.call("POST", f"/api/channels/{channel}/posts", json=body, expect=[200, 201])
        return post

    async def edit_post(self, post_id: Any, title: str, comment: str, **fields: Any) -> dict[str, Any]:
        body = {"title": title, "comment": comment, "content": {}, **fields}
        post: dict[str, Any] = await self.call("PUT", f"/api/posts/{post_id}", json=body)
        return post

    async def delete_post(self, post_id: Any) -> None:
        await self.call("DELETE", f"/api/posts/{post_id}")

    async def all_posts(self, channel: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Every post of a channel, newest first, over all pages."""
        posts: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"limit": limit, **({"cursor": cursor} if cursor else {})}
            page = await self.call("GET", f"/api/channels/{channel}/posts", params=params)
            posts += page["items"]
            cursor = page["next"]
            if cursor is None:
                return posts
