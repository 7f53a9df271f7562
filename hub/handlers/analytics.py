"""Analytics: entries one by one or in bulk, and the summary of all channels as JSON or CSV."""

from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_request, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.errors import BadRequest, InvalidInput, TooLarge, invalid_field
from hub.handlers.channels import unchanged
from hub.handlers.context import scan, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.openapi import also_as
from hub.handlers.query import choice
from hub.handlers.versions import based_on, tagged
from hub.model import AnalyticsEdit, AnalyticsEntry, AnalyticsInput
from hub.store import analytics as store
from hub.store import summary as summaries
from hub.store.analytics import BulkAnswer, EntryPage
from hub.store.summary import ChannelSummary, Summary
from hub.table import csv_text
from hub.validation import decode_input

BULK_ENTRIES = 10_000
Format = Literal["json", "csv"]

analytics = Blueprint("analytics", __name__, url_prefix="/api/analytics")
tag_blueprint(analytics, ["analytics"])


class EntryQuery(Struct, frozen=True):
    """Which entries."""

    channel: str | None = None
    username: str | None = None


class SummaryQuery(Struct, frozen=True):
    """How to answer; without it the `Accept` header says so."""

    format: Format = "json"


@analytics.get("")
@document_querystring(EntryQuery)
@document_response(EntryPage, 200)
async def page() -> Response:
    """Who gave how many stars, newest first: of one channel or of all, of one member or of all."""
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    channel, username = request.args.get("channel"), request.args.get("username")
    return answer(await scan(lambda tx: store.page(tx, channel, username, limit, cursor)))


@analytics.post("")
@document_request(AnalyticsInput)
@document_response(AnalyticsEntry, 201)
@document_response(AnalyticsEntry, 200)
async def create() -> Response:
    """Rate a channel: 201 for one's first entry there, 200 when it replaces one's earlier stars."""
    who = writer()
    new = await body(AnalyticsInput)
    entry, is_new = await services().database.write(lambda tx: store.create(tx, who, new))
    return tagged(entry, 201 if is_new else 200, {"Location": f"/api/analytics/{entry.id}"})


@analytics.post("/bulk")
@document_request(Annotated[list[AnalyticsInput], Meta(max_length=BULK_ENTRIES)])
@document_response(BulkAnswer, 207)
async def create_many() -> Response:
    """Rate many channels at once: at most 10,000 entries and 4 MiB; a verdict for each.

    All that can be taken is taken, in one transaction; of several entries for one channel the last holds.
    """
    who = writer()
    given = await body(list[msgspec.Raw])
    if len(given) > BULK_ENTRIES:
        raise TooLarge(f"At most {BULK_ENTRIES:,} entries are taken at once; these are {len(given):,}.")
    entries = [_entry(raw) for raw in given]
    return answer(await services().database.write(lambda tx: store.create_many(tx, who, entries)), 207)


@analytics.get("/<int:entry_id>")
@document_response(AnalyticsEntry, 200)
async def one(entry_id: int) -> Response:
    """One entry."""
    return tagged(await services().database.read(lambda tx: store.get(tx, entry_id)))


@analytics.put("/<int:entry_id>")
@document_request(AnalyticsEdit)
@document_response(AnalyticsEntry, 200)
async def update(entry_id: int) -> Response:
    """Change one's own entry's stars; nobody changes another's."""
    who = writer()
    new = await body(AnalyticsEdit)
    unit = based_on(lambda tx: store.get(tx, entry_id), lambda tx: store.update(tx, who, entry_id, new))
    return tagged(await services().database.write(unit))


@analytics.delete("/<int:entry_id>")
@document_response(dict[str, Any], 204)
async def delete(entry_id: int) -> Response:
    """Remove an entry (one's own, or as a moderator; that is noted)."""
    who = writer()
    unit = based_on(lambda tx: store.get(tx, entry_id), lambda tx: store.delete(tx, who, entry_id))
    await services().database.write(unit)
    return no_content()


@analytics.get("/summary")
@document_querystring(SummaryQuery)
@document_response(Summary, 200)
@also_as("text/csv")
async def summary() -> Response:
    """All channels: average stars, ratings, reviews, posts, histogram, and the trend by month; as JSON or CSV.

    304 while nothing has changed, so that a page may ask often.
    """
    preferred = "csv" if request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv" else "json"
    wanted: Format = choice("format", Format, preferred)
    current = await services().database.read(summaries.version)
    if (not_modified := unchanged(f"{current}.{wanted}")) is not None:
        not_modified.headers["Vary"] = "Accept, Origin"
        return not_modified
    found, current = await scan(lambda tx: (summaries.read(tx), summaries.version(tx)))
    headers = {"ETag": f'"{current}.{wanted}"', "Cache-Control": "private, no-cache", "Vary": "Accept, Origin"}
    if wanted == "json":
        return answer(found, headers=headers)
    headers["Content-Disposition"] = 'attachment; filename="frostbyte-analytics.csv"'
    return Response(_as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)


def _entry(raw: msgspec.Raw) -> AnalyticsInput | InvalidInput:
    try:
        return decode_input(bytes(raw), AnalyticsInput)
    except InvalidInput as error:
        return error
    except BadRequest as error:
        return invalid_field("body", error.detail)


def _as_csv(summary: Summary) -> str:
    months = [[f"{month.month} average", f"{month.month} ratings"] for month in summary.total.trend]
    stars = [f"stars_{n}" for n in range(1, 6)]
    header = ["channel", "name", "group", "kind", "average", "ratings", "reviews", "posts", *stars, *chain(*months)]
    return csv_text(header, map(_csv_row, summary.items))


def _csv_row(one: ChannelSummary) -> list[str | int | float | None]:
    numbers = [one.average, one.ratings, one.reviews, one.posts, *one.histogram.values()]
    trend = chain(*([month.average, month.ratings] for month in one.trend))
    return [one.channel, one.name, one.group, one.kind, *numbers, *trend]
