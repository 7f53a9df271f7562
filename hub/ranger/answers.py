"""The answers that this worker runs: one task each, that goes on whoever is listening.

Every piece goes out as it comes; once a second the texts are stored, with a heartbeat. An answer whose heart beats no
more has lost its worker: whoever notices first ends it as interrupted, with its text.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Literal

from hub.conversation import ChatDelta
from hub.errors import Unavailable
from hub.ranger import context, figures
from hub.ranger.context import PromptLimits
from hub.ranger.model import ErrorCode, RangerError, RangerModel, Source, StandsIn, Usage
from hub.ranger.room import Room
from hub.ranger.rooms import Rooms
from hub.store import answers
from hub.store.answers import Ending, Progress, UnderWay
from hub.store.database import Database

SAVE_SECONDS = 0.75
SILENT_SECONDS = 5.0
FINISH_ATTEMPTS = 20
FINISH_PAUSE_SECONDS = 0.5
Reason = Literal["stopped", "interrupted", "over"]
log = logging.getLogger("hub.ranger")


class Running:
    """One answer under way on this worker."""

    def __init__(self, conversation_id: int, message_id: int, question_id: int, now: float) -> None:
        self.conversation_id = conversation_id
        self.message_id = message_id
        self.question_id = question_id
        self.started = now
        self.pieces: list[str] = []
        self.saved, self.saved_at = 0, now
        self.sources: list[Source] = []
        self.usage = Usage()
        self.stands_in: ErrorCode | None = None
        self.reason: Reason = "interrupted"
        self.has_begun = False
        self.ending = False
        self.room: Room | None = None
        self.task: asyncio.Task[None]

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self.pieces)

    def end(self, reason: Reason) -> None:
        """Leave the model, unless the answer is ending anyhow."""
        if self.ending:
            return
        self.ending = True
        self.reason = reason
        # A task that is cancelled before its first step would never come to store the end.
        if self.has_begun:
            self.task.cancel()


class Answers:
    """Runs answers, stores them as they grow, and ends those that others left behind."""

    def __init__(
        self,
        database: Database,
        rooms: Rooms,
        model: RangerModel,
        limits: PromptLimits,
        clock: Callable[[], float],
    ) -> None:
        self.running: dict[int, Running] = {}
        self._database = database
        self._rooms = rooms
        self._model = model
        self._limits = limits
        self._clock = clock
        self._beats: dict[int, tuple[int, float]] = {}

    def begin(self, conversation_id: int, message_id: int, question_id: int) -> None:
        """Run the answer that was stored as begun."""
        running = Running(conversation_id, message_id, question_id, self._clock())
        self.running[message_id] = running
        running.task = asyncio.create_task(self._run(running))
        figures.questions.inc()

    def stop(self, message_id: int) -> None:
        """Stop an answer of this worker, and with it the call to the model."""
        self._end(message_id, "stopped")

    def drop_in(self, conversation_id: int) -> None:
        """Leave this worker's answer in a conversation that is deleted."""
        for running in list(self.running.values()):
            if running.conversation_id == conversation_id:
                running.end("over")

    def drop(self, message_ids: Sequence[int]) -> None:
        """Leave answers of this worker that are over or deleted."""
        for message_id in message_ids:
            self._end(message_id, "over")

    async def drain(self, seconds: float) -> None:
        """Let answers finish for `seconds`; then they are interrupted and keep their text."""
        tasks = [running.task for running in self.running.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for running in list(self.running.values()):
            running.end("interrupted")
        if tasks:
            await asyncio.wait(tasks)

    async def save(self) -> None:
        """Store the texts that were not for a while, and learn which answers are to stop. Raises Unavailable.

        Called often, so that many answers do not all come at once: the event loop would stand still meanwhile.
        """
        now = self._clock()
        growing = [it for it in self.running.values() if not it.ending and now - it.saved_at >= SAVE_SECONDS]
        if not growing:
            return
        lengths = [len(running.pieces) for running in growing]
        progress = [
            Progress(running.message_id, list(running.pieces) if length > running.saved else None)
            for running, length in zip(growing, lengths, strict=True)
        ]
        saved = await self._database.write(lambda tx: answers.save(tx, progress))
        for running, length in zip(growing, lengths, strict=True):
            running.saved, running.saved_at = length, now
        self.drop(saved.over)
        for message_id in saved.to_stop:
            self.stop(message_id)

    async def watch(self) -> None:
        """End the answers whose worker is gone. Raises Unavailable."""
        now = self._clock()
        beats: dict[int, tuple[int, float]] = {}
        for answer in await self._database.read(answers.under_way):
            if answer.message_id in self.running:
                continue
            beat, since = self._beats.get(answer.message_id, (-1, now))
            beats[answer.message_id] = (beat, since) if beat == answer.beat else (answer.beat, now)
            if now - beats[answer.message_id][1] >= SILENT_SECONDS:
                await self._interrupt(answer)
        self._beats = beats

    async def _interrupt(self, answer: UnderWay) -> None:
        room = self._rooms.open.get(answer.conversation_id)
        known = room.text if room is not None and room.answering == answer.message_id else ""
        ended = await self._database.write(lambda tx: answers.interrupt(tx, answer, known))
        if ended is not None:
            log.warning("an answer had lost its worker", extra={"conversation": answer.conversation_id})
            figures.ended.labels("interrupted").inc()
            self._rooms.publish(*ended)

    def _end(self, message_id: int, reason: Reason) -> None:
        running = self.running.get(message_id)
        if running is not None:
            running.end(reason)

    async def _run(self, running: Running) -> None:
        running.has_begun = True
        try:
            await self._finish(running, await self._answer(running))
        except Unavailable as error:
            log.warning("an answer has to be left: %s", error, extra={"conversation": running.conversation_id})
        finally:
            if running.room is not None:
                self._rooms.leave(running.room)
            del self.running[running.message_id]

    async def _answer(self, running: Running) -> Ending | None:
        """Pass the model's pieces on until it ends, one way or another; None when nobody wants the end."""
        if running.ending:
            return self._cut_off(running)
        try:
            running.room, _ = await self._rooms.enter(running.conversation_id)
            await self._pass_on(running)
        except LookupError:
            return None
        except RangerError as error:
            log.warning("the model failed: %s", error, extra={"conversation": running.conversation_id})
            return Ending("failed", running.text, sources=running.sources, problem=error.code)
        except asyncio.CancelledError:
            return self._cut_off(running)
        except Exception:
            log.exception("an answer failed", extra={"conversation": running.conversation_id})
            return Ending("failed", running.text, sources=running.sources, problem="failed")
        finally:
            running.ending = True
        if not running.text.strip():
            return Ending("failed", "", problem="out_of_tokens" if running.usage.finish == "length" else "empty")
        return Ending("done", running.text, running.usage.finish, running.sources, running.stands_in)

    async def _pass_on(self, running: Running) -> None:
        material = await self._database.read(
            lambda tx: context.gather(tx, running.conversation_id, running.question_id)
        )
        prompt = context.build(material, self._limits)
        async with aclosing(self._model.answer(prompt)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Source):
                    running.sources += [piece] if piece not in running.sources else []
                elif isinstance(piece, Usage):
                    running.usage = piece
                elif isinstance(piece, StandsIn):
                    running.stands_in = piece.code
                elif piece:
                    self._piece(running, piece)

    def _piece(self, running: Running, text: str) -> None:
        if not running.pieces:
            figures.first_piece_seconds.observe(self._clock() - running.started)
        # PostgreSQL takes no null character in a text.
        text = text.replace("\0", "")
        delta = ChatDelta(running.message_id, len(running.pieces), text)
        running.pieces.append(text)
        self._rooms.publish(running.conversation_id, delta)
        figures.pieces.inc()

    def _cut_off(self, running: Running) -> Ending | None:
        if running.reason == "over":
            return None
        problem = None if running.reason == "stopped" else "interrupted"
        return Ending(running.reason, running.text, sources=running.sources, problem=problem)

    async def _finish(self, running: Running, ending: Ending | None) -> None:
        """Store the end and tell it; without a database the others will find it interrupted."""
        if ending is None:
            return
        self._log(running, ending)
        for attempt in range(FINISH_ATTEMPTS):
            try:
                ended = await self._database.write(lambda tx: answers.finish(tx, running.message_id, ending))
            except Unavailable:
                if attempt == FINISH_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(FINISH_PAUSE_SECONDS)
            else:
                if ended is not None:
                    self._rooms.publish(*ended)
                return

    def _log(self, running: Running, ending: Ending) -> None:
        figures.ended.labels(ending.problem or ending.status).inc()
        figures.tokens.labels("prompt").inc(running.usage.prompt_tokens)
        figures.tokens.labels("answer").inc(running.usage.answer_tokens)
        log.info(
            "answer ended",
            extra={
                "conversation": running.conversation_id,
                "status": ending.status,
                "problem": ending.problem,
                "seconds": round(self._clock() - running.started, 2),
                "pieces": len(running.pieces),
            },
        )
