"""Channels: the catalogue with who is online, one channel, and the history that a page is drawn from."""

import hashlib
from typing import Any

import msgspec
from msgspec import Struct
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.channels.hub import Hub
from hub.cursor import page_limit
from hub.events import PresenceData
from hub.handlers.context import identity_or_none, services, with_role
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import based_on, tagged
from hub.model import Channel, ChannelInput, ChannelKind, ChannelStats, ParkFacts
from hub.store import channels as store
from hub.store import closing, locations, verdicts
from hub.store import history as histories
from hub.store.database import Transaction, in_steps
from hub.store.history import History

channels = Blueprint("channels", __name__, url_prefix="/api/channels")
tag_blueprint(channels, ["channels"])


class ChannelNow(Struct, frozen=True):
    """A channel and who is in it."""

    slug: str
    name: str
    group: str
    kind: ChannelKind
    description: str
    park: ParkFacts | None
    stats: ChannelStats
    online: PresenceData


class ChannelGroup(Struct, frozen=True):
    """Channels that belong together."""

    group: str
    channels: list[ChannelNow]


class ChannelGroups(Struct, frozen=True):
    """All channels."""

    items: list[ChannelGroup]
    next: str | None = None


@channels.get("")
@document_response(ChannelGroups, 200)
async def every() -> Response:
    """All channels by group, with stats and who is online."""
    catalogue = await services().database.read(store.every)
    groups: dict[str, list[ChannelNow]] = {}
    for channel in catalogue:
        groups.setdefault(channel.group, []).append(_now(channel, services().hub))
    listing = ChannelGroups([ChannelGroup(group, members) for group, members in groups.items()])
    tag = hashlib.blake2b(msgspec.json.encode(listing), digest_size=8).hexdigest()
    return unchanged(tag) or answer(listing, headers=_cache_headers(tag))


@channels.post("")
@document_request(ChannelInput)
@document_response(ChannelNow, 201)
async def create() -> Response:
    """Add a channel (admins)."""
    who = with_role("admin")
    new = await body(ChannelInput)

    def unit(tx: Transaction) -> Channel:
        made = store.create(tx, new)
        verdicts.record(tx, who, "channel.created", channel_slug=made.slug)
        return made

    channel = await services().database.write(unit)
    return _tagged(channel, 201, {"Location": f"/api/channels/{channel.slug}"})


@channels.get("/<slug>")
@document_response(ChannelNow, 200)
async def one(slug: str) -> Response:
    """One channel."""
    return _tagged(await services().database.read(lambda tx: store.get(tx, slug)))


@channels.put("/<slug>")
@document_request(ChannelInput)
@document_response(ChannelNow, 200)
async def update(slug: str) -> Response:
    """Change a channel (admins)."""
    who = with_role("admin")
    new = await body(ChannelInput)

    def change(tx: Transaction) -> Channel:
        before, changed = store.get(tx, slug), store.update(tx, slug, new)
        if changed != before:
            verdicts.record(tx, who, "channel.updated", channel_slug=slug)
        return changed

    return _tagged(await services().database.write(based_on(lambda tx: store.get(tx, slug), change)))


@channels.delete("/<slug>")
@document_response(dict[str, Any], 204)
async def delete(slug: str) -> Response:
    """Remove a channel and all that is in it (admins); its sockets close with 4403."""
    who = with_role("admin")
    database = services().database

    def remove(tx: Transaction) -> int:
        channel_id = store.delete(tx, slug)
        verdicts.record(tx, who, "channel.deleted", channel_slug=slug)
        return channel_id

    channel_id = await database.write(based_on(lambda tx: store.get(tx, slug), remove))
    services().hub.tail.nudge()
    await in_steps(database, lambda tx: closing.go_on(tx, channel_id))
    return no_content()


@channels.get("/<slug>/history")
@document_response(History, 200)
async def history(slug: str) -> Response:
    """Everything that a page needs to draw itself, in one read; 304 when `epoch:seq` and locations are unchanged."""
    who = identity_or_none()
    limit = page_limit(request.args.get("limit"))
    user_id = None if who is None else who.user_id
    known = known_tags()

    def unit(tx: Transaction) -> tuple[str, History | None]:
        at = histories.head(tx, slug)
        tag = history_tag(at.epoch, at.seq, limit, user_id, locations.version(tx, slug))
        return tag, None if known & {tag, "*"} else histories.read(tx, slug, limit, user_id)

    tag, found = await services().database.read(unit)
    return unchanged(tag) or answer(found, headers=_cache_headers(tag))


def history_tag(epoch: str, seq: int, limit: int, user_id: int | None, where: str = "") -> str:
    """The ETag of a history: `epoch:seq`, and what else it depends on where that is not the default.

    `where` stands for the live locations: they take no `seq`, and nobody may be shown one that has ended.
    """
    tag = f"{epoch}:{seq}" + (f":{where}" if where else "")
    if limit != page_limit(None):
        tag += f":{limit}"
    return tag if user_id is None else f"{tag}:u{user_id}"


def unchanged(tag: str) -> Response | None:
    """304 when the client has what `tag` stands for."""
    return Response(b"", 304, _cache_headers(tag)) if known_tags() & {tag, "*"} else None


def known_tags() -> set[str]:
    """The tags of what the client has already (RFC 9110, section 13.1.2)."""
    given = request.headers.get("If-None-Match", "").split(",")
    return {entry.strip().removeprefix("W/").strip('"') for entry in given}


def _cache_headers(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Authorization, Origin"}


def _tagged(channel: Channel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return tagged(channel, status, headers, shown=_now(channel, services().hub))


def _now(channel: Channel, hub: Hub) -> ChannelNow:
    return ChannelNow(
        slug=channel.slug,
        name=channel.name,
        group=channel.group,
        kind=channel.kind,
        description=channel.description,
        park=channel.park,
        stats=channel.stats,
        online=hub.presence.of(channel.slug),
    )
