"""Star ratings: one's own stars of a channel beside everyone's."""

from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response, tag_blueprint

from hub.handlers.context import identity_or_none, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import Version, based_on, tagged
from hub.model import MyRating, RatingInput
from hub.store import channels as channel_store
from hub.store import ratings as store
from hub.store import reviews
from hub.store.database import Transaction
from hub.tokens import Identity

ratings = Blueprint("ratings", __name__, url_prefix="/api/channels/<slug>/rating")
tag_blueprint(ratings, ["ratings"])


@ratings.get("")
@document_response(MyRating, 200)
async def one(slug: str) -> Response:
    """A channel's stars, and one's own."""
    who = identity_or_none()
    if who is None:
        return answer(await services().database.read(lambda tx: store.of(tx, channel_store.find(tx, slug), None)))
    return tagged(await services().database.read(lambda tx: _mine(tx, slug, who)))


@ratings.put("")
@document_request(RatingInput)
@document_response(MyRating, 200)
async def rate(slug: str) -> Response:
    """Give or change one's stars; one's reviews of the channel that have stars follow."""
    who = writer()
    new = await body(RatingInput)

    def unit(tx: Transaction) -> Version:
        reviews.rate(tx, who.user_id, channel_store.find(tx, slug), new.stars)
        return _mine(tx, slug, who)

    return tagged(await services().database.write(based_on(lambda tx: _mine(tx, slug, who), unit)))


@ratings.delete("")
@document_response(dict[str, Any], 204)
async def unrate(slug: str) -> Response:
    """Take one's stars back; one's reviews of the channel lose theirs."""
    who = writer()
    unit = based_on(
        lambda tx: _mine(tx, slug, who),
        lambda tx: reviews.unrate(tx, who.user_id, channel_store.find(tx, slug)),
    )
    await services().database.write(unit)
    return no_content()


def _mine(tx: Transaction, slug: str, who: Identity) -> Version:
    """A channel's stars as a member sees them; what the member can edit are the member's own."""
    channel = channel_store.find(tx, slug)
    return Version(store.of(tx, channel, who.user_id), store.version(tx, who.user_id, channel))
