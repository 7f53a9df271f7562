"""The quiz: its questions, and what it says; a guest gets the answer, a member's is kept."""

from typing import Any

from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.cursor import page_limit
from hub.errors import NotFound
from hub.handlers.context import identity_or_none, member, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import based_on, tagged
from hub.model import utc_now
from hub.quiz import Questions, QuizInput, outcome, questions
from hub.store import quiz as store
from hub.store.quiz import QuizPage, QuizResult

quiz = Blueprint("quiz", __name__, url_prefix="/api/quiz")
tag_blueprint(quiz, ["quiz"])


@quiz.get("/questions")
@document_response(Questions, 200)
async def asked() -> Response:
    """The questions with their answers, points and traits, and the least and most points that there are."""
    return answer(questions())


@quiz.post("")
@document_request(QuizInput)
@document_response(QuizResult, 201)
@document_response(QuizResult, 200)
async def take() -> Response:
    """Take the quiz: send all answers, or the points alone.

    A member's result is stored (201). A guest gets it with `id` null and nothing is stored (200): send the same again
    after logging in to keep it.
    """
    who = identity_or_none()
    taken = await body(QuizInput)
    said = outcome(taken)
    if who is None:
        return answer(store.result_of(taken, said, utc_now()))
    services().limits.write(who)
    result = await services().database.write(lambda tx: store.create(tx, who.user_id, taken, said))
    return tagged(result, 201, {"Location": f"/api/quiz/{result.id}"})


@quiz.get("")
@document_response(QuizResult, 200)
async def latest() -> Response:
    """One's newest result; 404 before the first."""
    who = member()
    result = await services().database.read(lambda tx: store.latest(tx, who.user_id))
    if result is None:
        raise NotFound("You have not taken the quiz yet.")
    return tagged(result)


@quiz.get("/results")
@document_response(QuizPage, 200)
async def results() -> Response:
    """All of one's results, newest first."""
    who = member()
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await services().database.read(lambda tx: store.page(tx, who.user_id, limit, cursor)))


@quiz.get("/<int:result_id>")
@document_response(QuizResult, 200)
async def one(result_id: int) -> Response:
    """One of one's results; those of others are not found."""
    who = member()
    return tagged(await services().database.read(lambda tx: store.get(tx, who.user_id, result_id)))


@quiz.put("/<int:result_id>")
@document_request(QuizInput)
@document_response(QuizResult, 200)
async def change(result_id: int) -> Response:
    """Answer again, in the place of an earlier result of one's own."""
    who = writer()
    taken = await body(QuizInput)
    said = outcome(taken)
    unit = based_on(
        lambda tx: store.get(tx, who.user_id, result_id),
        lambda tx: store.update(tx, who.user_id, result_id, taken, said),
    )
    return tagged(await services().database.write(unit))


@quiz.delete("/<int:result_id>")
@document_response(dict[str, Any], 204)
async def delete(result_id: int) -> Response:
    """Delete one of one's results."""
    who = writer()
    unit = based_on(
        lambda tx: store.get(tx, who.user_id, result_id), lambda tx: store.delete(tx, who.user_id, result_id)
    )
    await services().database.write(unit)
    return no_content()
