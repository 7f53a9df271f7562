"""Star ratings: one's own stars of a channel beside everyone's."""

from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response, tag_blueprint

from hub.handlers.context import identity_or_none, services, writer
from hub.handlers.json import answer, body, no_content
from hub.model import MyRating, RatingInput
from hub.store import channels as channel_store
from hub.store import ratings as store
from hub.store import reviews
from hub.store.database import Transaction

ratings = Blueprint("ratings", __name__, url_prefix="/api/channels/<slug>/rating")
tag_blueprint(ratings, ["ratings"])


@ratings.get("")
@document_response(MyRating, 200)
async def one(slug: str) -> Response:
    """A channel's stars, and one's own."""
    who = identity_or_none()
    reader = None if who is None else who.user_id
    return answer(await services().database.read(lambda tx: store.of(tx, channel_store.find(tx, slug), reader)))


@ratings.put("")
@document_request(RatingInput)
@document_response(MyRating, 200)
async def rate(slug: str) -> Response:
    """Give or change one's stars; one's reviews of the channel that have stars follow."""
    who = writer()
    new = await body(RatingInput)

    def unit(tx: Transaction) -> MyRating:
        channel = channel_store.find(tx, slug)
        reviews.rate(tx, who.user_id, channel, new.stars)
        return store.of(tx, channel, who.user_id)

    return answer(await services().database.write(unit))


@ratings.delete("")
@document_response(dict[str, Any], 204)
async def unrate(slug: str) -> Response:
    """Take one's stars back; one's reviews of the channel lose theirs."""
    who = writer()
    await services().database.write(lambda tx: reviews.unrate(tx, who.user_id, channel_store.find(tx, slug)))
    return no_content()
