"""Moderation: members report, moderators hide, restore and mute, and the audit log tells what they did."""

from typing import Any

from msgspec import Struct
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.handlers.context import member, scan, services, with_role, writer
from hub.handlers.json import answer, body, no_content
from hub.model import Post, Review
from hub.moderation import Kind, Mute, MuteInput, ReasonInput, Report, Resolution, Standing
from hub.store import hiding, mutes, reports, verdicts
from hub.store.hiding import HiddenPage
from hub.store.mutes import MutePage
from hub.store.reports import Queue
from hub.store.verdicts import AuditPage
from hub.tokens import Identity

moderation = Blueprint("moderation", __name__, url_prefix="/api")
tag_blueprint(moderation, ["moderation"])


class Waiting(Struct, frozen=True):
    """How many things in the queue no moderator has looked at."""

    open: int


@moderation.post("/posts/<int:post_id>/report")
@document_request(ReasonInput)
@document_response(Report, 201)
@document_response(Report, 200)
async def report_post(post_id: int) -> Response:
    """Tell the moderators about a post; once, a second report gives 200 and the first one."""
    return await _report("post", post_id)


@moderation.post("/reviews/<int:review_id>/report")
@document_request(ReasonInput)
@document_response(Report, 201)
@document_response(Report, 200)
async def report_review(review_id: int) -> Response:
    """Tell the moderators about a review; once, a second report gives 200 and the first one."""
    return await _report("review", review_id)


@moderation.post("/posts/<int:post_id>/hide")
@document_request(ReasonInput)
@document_response(Post, 200)
async def hide_post(post_id: int) -> Response:
    """Take a post out of sight (moderators); its author sees why."""
    return await _hide("post", post_id)


@moderation.post("/reviews/<int:review_id>/hide")
@document_request(ReasonInput)
@document_response(Review, 200)
async def hide_review(review_id: int) -> Response:
    """Take a review out of sight (moderators); its author's stars go on counting."""
    return await _hide("review", review_id)


@moderation.post("/posts/<int:post_id>/restore")
@document_response(Post, 200)
async def restore_post(post_id: int) -> Response:
    """Bring a hidden post back (moderators)."""
    return await _restore("post", post_id)


@moderation.post("/reviews/<int:review_id>/restore")
@document_response(Review, 200)
async def restore_review(review_id: int) -> Response:
    """Bring a hidden review back (moderators)."""
    return await _restore("review", review_id)


@moderation.get("/moderation/reports")
@document_response(Queue, 200)
async def queue() -> Response:
    """Posts and reviews with open reports (moderators), those that have waited longest first."""
    who = with_role("moderator", "admin")
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await scan(lambda tx: reports.queue(tx, who, limit, cursor)))


@moderation.get("/moderation/reports/count")
@document_response(Waiting, 200)
async def count() -> Response:
    """How many things wait in the queue (moderators)."""
    with_role("moderator", "admin")
    return answer(Waiting(await scan(reports.count_open)))


@moderation.post("/moderation/reports/<int:report_id>/resolve")
@document_request(Resolution)
@document_response(dict[str, Any], 204)
async def resolve(report_id: int) -> Response:
    """Dismiss a report, or hide or delete what it is about (moderators); settles all reports about the same thing."""
    who = _moderator()
    how = await body(Resolution)
    await services().database.write(lambda tx: reports.resolve(tx, who, report_id, how))
    return no_content()


@moderation.get("/moderation/hidden")
@document_response(HiddenPage, 200)
async def hidden() -> Response:
    """What is hidden (moderators), the latest first."""
    who = with_role("moderator", "admin")
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await scan(lambda tx: hiding.page(tx, who, limit, cursor)))


@moderation.get("/moderation/mutes")
@document_response(MutePage, 200)
async def muted() -> Response:
    """Who may not write now (moderators)."""
    with_role("moderator", "admin")
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await scan(lambda tx: mutes.page(tx, limit, cursor)))


@moderation.post("/moderation/mutes")
@document_request(MuteInput)
@document_response(Mute, 201)
@document_response(Mute, 200)
async def mute() -> Response:
    """Let a member not write for some minutes, in a channel or everywhere (moderators); replaces an earlier mute."""
    who = _moderator()
    new = await body(MuteInput)
    made, is_new = await services().database.write(lambda tx: mutes.put(tx, who, new))
    return answer(made, 201 if is_new else 200)


@moderation.delete("/moderation/mutes/<int:mute_id>")
@document_response(dict[str, Any], 204)
async def unmute(mute_id: int) -> Response:
    """Let a member write again (moderators)."""
    who = _moderator()
    await services().database.write(lambda tx: mutes.end(tx, who, mute_id))
    return no_content()


@moderation.get("/moderation/audit")
@document_response(AuditPage, 200)
async def audit() -> Response:
    """What moderators did (moderators), newest first."""
    with_role("moderator", "admin")
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await scan(lambda tx: verdicts.page(tx, limit, cursor)))


@moderation.get("/moderation/mine")
@document_response(Standing, 200)
async def mine() -> Response:
    """What moderators have decided about oneself: mutes in force, and what of one's own is hidden and why."""
    who = member()
    return answer(await services().database.read(lambda tx: hiding.standing(tx, who.user_id)))


def _moderator() -> Identity:
    """A moderator or admin who asks for a change, within the rate limit."""
    with_role("moderator", "admin")
    return writer()


async def _report(kind: Kind, thing_id: int) -> Response:
    who = writer()
    given = await body(ReasonInput)
    report, is_new = await services().database.write(lambda tx: reports.add(tx, who, kind, thing_id, given.reason))
    return answer(report, 201 if is_new else 200)


async def _hide(kind: Kind, thing_id: int) -> Response:
    who = _moderator()
    given = await body(ReasonInput)
    return answer(await services().database.write(lambda tx: hiding.hide(tx, who, kind, thing_id, given.reason)))


async def _restore(kind: Kind, thing_id: int) -> Response:
    who = _moderator()
    return answer(await services().database.write(lambda tx: hiding.restore(tx, who, kind, thing_id)))
