"""Reviews: create (safe to repeat), read in any order, change, delete, and say that one was helpful."""

from typing import Any, Literal

from msgspec import Struct
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_request, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.handlers.context import identity_or_none, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.query import choice
from hub.handlers.versions import based_on, tagged
from hub.model import Review, ReviewEdit, ReviewInput
from hub.store import channels as channel_store
from hub.store import review_pages, votes
from hub.store import reviews as store
from hub.store.review_pages import ReviewPage, Sort

reviews = Blueprint("reviews", __name__, url_prefix="/api")
tag_blueprint(reviews, ["reviews"])
RatingChoice = Literal["keep", "remove"]


class ReviewQuery(Struct, frozen=True):
    """In which order."""

    sort: Sort = "newest"


class DeleteQuery(Struct, frozen=True):
    """Whether the author's rating of the channel stays."""

    rating: RatingChoice = "keep"


@reviews.get("/channels/<slug>/reviews")
@document_querystring(ReviewQuery)
@document_response(ReviewPage, 200)
async def page(slug: str) -> Response:
    """A channel's reviews: newest, highest, lowest or most helpful first."""
    who = identity_or_none()
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    sort: Sort = choice("sort", Sort, "newest")
    reader = None if who is None else who.user_id
    return answer(
        await services().database.read(
            lambda tx: review_pages.page(tx, channel_store.find(tx, slug), limit, cursor, sort, reader)
        )
    )


@reviews.post("/channels/<slug>/reviews")
@document_request(ReviewInput)
@document_response(Review, 201)
@document_response(Review, 200)
async def create(slug: str) -> Response:
    """Write a review; its stars become one's rating. The same `client_id` again gives 200 and the first result."""
    who = writer()
    new = await body(ReviewInput)
    review, is_new = await services().database.write(lambda tx: store.create(tx, who, slug, new))
    return tagged(review, 201 if is_new else 200, {"Location": f"/api/reviews/{review.id}"})


@reviews.get("/reviews/<int:review_id>")
@document_response(Review, 200)
async def one(review_id: int) -> Response:
    """One review; a hidden one only for its author and moderators, with the mark `hidden`."""
    who = identity_or_none()
    return tagged(await services().database.read(lambda tx: store.get(tx, review_id, who)))


@reviews.put("/reviews/<int:review_id>")
@document_request(ReviewEdit)
@document_response(Review, 200)
async def update(review_id: int) -> Response:
    """Change a review (its author or a moderator); other stars, by its author only, change the author's rating."""
    who = writer()
    new = await body(ReviewEdit)
    unit = based_on(lambda tx: store.get(tx, review_id, who), lambda tx: store.update(tx, who, review_id, new))
    return tagged(await services().database.write(unit))


@reviews.delete("/reviews/<int:review_id>")
@document_querystring(DeleteQuery)
@document_response(dict[str, Any], 204)
async def delete(review_id: int) -> Response:
    """Delete a review (its author or a moderator); `rating=remove` takes its author's rating along."""
    who = writer()
    rating: RatingChoice = choice("rating", RatingChoice, "keep")
    unit = based_on(
        lambda tx: store.get(tx, review_id, who),
        lambda tx: store.delete(tx, who, review_id, keep_rating=rating == "keep"),
    )
    await services().database.write(unit)
    return no_content()


@reviews.put("/reviews/<int:review_id>/helpful")
@document_response(Review, 200)
async def vote(review_id: int) -> Response:
    """Say that somebody else's review was helpful; once, however often it is said."""
    who = writer()
    return tagged(await services().database.write(lambda tx: votes.give(tx, who, review_id)))


@reviews.delete("/reviews/<int:review_id>/helpful")
@document_response(dict[str, Any], 204)
async def withdraw_vote(review_id: int) -> Response:
    """Take one's helpful vote back."""
    who = writer()
    await services().database.write(lambda tx: votes.withdraw(tx, who.user_id, review_id))
    return no_content()
