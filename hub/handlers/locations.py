"""Live locations over REST: see who shares, share, stop."""

from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response, tag_blueprint

from hub.errors import NotFound
from hub.handlers.context import member, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import based_on, expect, tagged
from hub.locations import Location, LocationInput, LocationPage
from hub.store import channels as channel_store
from hub.store import locations as store

locations = Blueprint("locations", __name__, url_prefix="/api")
tag_blueprint(locations, ["locations"])


@locations.get("/channels/<slug>/locations")
@document_response(LocationPage, 200)
async def page(slug: str) -> Response:
    """Where people are in a channel now: everyone who shares."""
    found = await services().database.read(lambda tx: store.live(tx, channel_store.find(tx, slug)))
    return answer(LocationPage(found))


@locations.get("/channels/<slug>/locations/<username>")
@document_response(Location, 200)
async def one(slug: str, username: str) -> Response:
    """Where one member is now."""
    return tagged(await services().database.read(lambda tx: store.of(tx, slug, username)))


@locations.get("/channels/<slug>/location")
@document_response(Location, 200)
async def mine(slug: str) -> Response:
    """What you share in a channel now."""
    who = member()
    return tagged(await services().database.read(lambda tx: store.of(tx, slug, who.username)))


@locations.put("/channels/<slug>/location")
@document_request(LocationInput)
@document_response(Location, 200)
async def share(slug: str) -> Response:
    """Share where you are, for 15 minutes to 8 hours; everyone who opens the channel sees it."""
    who = writer()
    new = await body(LocationInput)
    await expect(services().database.read, lambda tx: store.of(tx, slug, who.username))
    # The store looks for the channel and for a mute: NotFound, Forbidden.
    return tagged(await services().hub.locations.put(slug, who, new))


@locations.delete("/channels/<slug>/location")
@document_response(dict[str, Any], 204)
async def stop(slug: str) -> Response:
    """Stop sharing; it is erased."""
    who = member()
    await expect(services().database.read, lambda tx: store.of(tx, slug, who.username))
    if not await services().hub.locations.clear(slug, who):
        raise NotFound("You do not share a location in this channel.")
    return no_content()


@locations.delete("/locations/<int:location_id>")
@document_response(dict[str, Any], 204)
async def remove(location_id: int) -> Response:
    """Erase a location: your own, or as a moderator anybody's."""
    who = writer()
    unit = based_on(lambda tx: store.by_id(tx, who, location_id), lambda tx: store.remove_by_id(tx, who, location_id))
    slug, username = await services().database.write(unit)
    services().hub.locations.removed(slug, username)
    return no_content()
