"""Posts: create (safe to repeat), read, change and delete."""

from typing import Any

from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.handlers.context import identity_or_none, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import based_on, tagged
from hub.model import Post, PostEdit, PostInput
from hub.store import channels as channel_store
from hub.store import posts as store
from hub.store.posts import PostPage

posts = Blueprint("posts", __name__, url_prefix="/api")
tag_blueprint(posts, ["posts"])


@posts.get("/channels/<slug>/posts")
@document_response(PostPage, 200)
async def page(slug: str) -> Response:
    """A channel's posts, newest first."""
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(
        await services().database.read(lambda tx: store.page(tx, channel_store.find(tx, slug), limit, cursor))
    )


@posts.post("/channels/<slug>/posts")
@document_request(PostInput)
@document_response(Post, 201)
@document_response(Post, 200)
async def create(slug: str) -> Response:
    """Write a post; the same `client_id` again gives 200 and the first result."""
    who = writer()
    new = await body(PostInput)
    post, is_new = await services().database.write(lambda tx: store.create(tx, who, slug, new))
    return tagged(post, 201 if is_new else 200, {"Location": f"/api/posts/{post.id}"})


@posts.get("/posts/<int:post_id>")
@document_response(Post, 200)
async def one(post_id: int) -> Response:
    """One post; a hidden one only for its author and moderators, with the mark `hidden`."""
    who = identity_or_none()
    return tagged(await services().database.read(lambda tx: store.get(tx, post_id, who)))


@posts.put("/posts/<int:post_id>")
@document_request(PostEdit)
@document_response(Post, 200)
async def update(post_id: int) -> Response:
    """Change a post (its author or a moderator)."""
    who = writer()
    new = await body(PostEdit)
    unit = based_on(lambda tx: store.get(tx, post_id, who), lambda tx: store.update(tx, who, post_id, new))
    return tagged(await services().database.write(unit))


@posts.delete("/posts/<int:post_id>")
@document_response(dict[str, Any], 204)
async def delete(post_id: int) -> Response:
    """Delete a post (its author or a moderator)."""
    who = writer()
    unit = based_on(lambda tx: store.get(tx, post_id, who), lambda tx: store.delete(tx, who, post_id))
    await services().database.write(unit)
    return no_content()
