"""Answers under way: their text as it grows, their heartbeat, and their end."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from hub.conversation import Change, ChatDone, ChatError, ChatStopped, Status
from hub.ranger.model import Finish, Source
from hub.ranger.problems import problem_of, stood_in
from hub.store import answer_sources
from hub.store.database import Transaction


class Progress(Struct, frozen=True):
    """How far an answer is; `pieces` is None when there is nothing new since the last time."""

    message_id: int
    pieces: Sequence[str] | None


class Ending(Struct, frozen=True):
    """How an answer ended. `problem` is a code of hub.ranger.problems; of one that is done, why another stood in."""

    status: Status
    text: str
    finish: Finish = "stop"
    sources: Sequence[Source] = ()
    problem: str | None = None


class UnderWay(Struct, frozen=True):
    """An answer under way on some worker."""

    message_id: int
    conversation_id: int
    beat: int


class Saved(Struct, frozen=True):
    """What the store knows about this worker's answers: `to_stop` by its member, or `over` already."""

    to_stop: list[int]
    over: list[int]


def save(tx: Transaction, answers: Sequence[Progress]) -> Saved:
    """Store the texts so far, and that their worker lives."""
    saved = Saved([], [])
    for answer in answers:
        row = tx.one(
            """UPDATE messages SET beat = beat + 1, text = COALESCE(:text, text), cuts = COALESCE(:cuts, cuts)
            WHERE id = :id AND status = 'streaming' RETURNING stopping""",
            id=answer.message_id,
            text=None if answer.pieces is None else "".join(answer.pieces),
            cuts=None if answer.pieces is None else _cuts(answer.pieces),
        )
        if row is None:
            saved.over.append(answer.message_id)
        elif row["stopping"]:
            saved.to_stop.append(answer.message_id)
    return saved


def finish(tx: Transaction, message_id: int, ending: Ending) -> tuple[int, Change] | None:
    """Store how an answer ended; its conversation and what to tell, or None when it is over or deleted."""
    head = tx.one(
        """UPDATE conversations SET seq = seq + 1, updated_at = :now WHERE id = (
            SELECT conversation_id FROM messages WHERE id = :id AND status = 'streaming') RETURNING id, seq""",
        id=message_id,
        now=tx.now,
    )
    if head is None:
        return None
    ended = tx.run(
        """UPDATE messages SET status = :status, text = :text, problem = :problem, cuts = NULL, updated_at = :now
        WHERE id = :id AND status = 'streaming'""",
        id=message_id,
        status=ending.status,
        text=ending.text,
        problem=ending.problem,
        now=tx.now,
    )
    if not ended:
        return None
    answer_sources.put(tx, message_id, ending.sources)
    return int(head["id"]), _change(int(head["seq"]), message_id, ending)


def under_way(tx: Transaction) -> list[UnderWay]:
    """All answers under way, on all workers."""
    rows = tx.all("SELECT id, conversation_id, beat FROM messages WHERE status = 'streaming'")
    return [UnderWay(row["id"], row["conversation_id"], row["beat"]) for row in rows]


def interrupt(tx: Transaction, answer: UnderWay, known: str = "") -> tuple[int, Change] | None:
    """End an answer whose worker is gone, unless its heart beats again.

    It keeps its stored text, or `known` when that goes on from there.
    """
    row = tx.one(
        "SELECT text FROM messages WHERE id = :id AND status = 'streaming' AND beat = :beat",
        id=answer.message_id,
        beat=answer.beat,
    )
    if row is None:
        return None
    text = known if known.startswith(row["text"]) else row["text"]
    return finish(tx, answer.message_id, Ending("interrupted", text, problem="interrupted"))


def pieces(tx: Transaction, message_id: int) -> list[str]:
    """The stored pieces of an answer under way."""
    row = tx.one("SELECT text, cuts FROM messages WHERE id = :id AND status = 'streaming'", id=message_id)
    if row is None or row["cuts"] is None:
        return []
    return split(row["text"], msgspec.json.decode(row["cuts"], type=list[int]))


def split(text: str, cuts: Sequence[int]) -> list[str]:
    """The pieces of a text; `cuts` are their ends."""
    return [text[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]


def _cuts(parts: Sequence[str]) -> str:
    ends, end = [], 0
    for part in parts:
        end += len(part)
        ends.append(end)
    return msgspec.json.encode(ends).decode()


def _change(seq: int, message_id: int, ending: Ending) -> Change:
    sources = list(ending.sources)
    if ending.status == "done":
        why = None if ending.problem is None else stood_in(ending.problem)
        return ChatDone(
            seq=seq, message_id=message_id, text=ending.text, finish=ending.finish, sources=sources, problem=why
        )
    if ending.status == "stopped":
        return ChatStopped(seq=seq, message_id=message_id, text=ending.text, sources=sources)
    problem = problem_of(ending.problem or "failed", ending.text)
    return ChatError(
        seq=seq,
        message_id=message_id,
        code=problem.code,
        message=problem.message,
        text=ending.text,
        sources=sources,
    )
