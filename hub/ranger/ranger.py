"""The ranger: questions in, answers that belong to the server out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hub.channels.broker import Broker
from hub.conversation import Conversation, ConversationEdit, Message, MessageInput
from hub.errors import Unavailable
from hub.ranger.answers import Answers
from hub.ranger.context import PromptLimits
from hub.ranger.control import Control, Stop
from hub.ranger.model import RangerModel
from hub.ranger.rooms import Rooms
from hub.ratelimit import Limiter, Rate
from hub.store import conversations, messages, questions, usage
from hub.store.database import Database, Guard, Transaction, unguarded
from hub.store.questions import Begun
from hub.store.usage import ChatLimits
from hub.tokens import Identity

ATTEMPTS = Rate(burst=10, per_second=1)
DRAIN_SHARE = 0.5
SAVE_TICK_SECONDS = 0.2
log = logging.getLogger("hub.ranger")


class Ranger:
    """One worker's part of the chat."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        model: RangerModel,
        prompt_limits: PromptLimits,
        chat_limits: ChatLimits | None,
        clock: Callable[[], float],
    ) -> None:
        self.model = model
        self.rooms = Rooms(database, broker, clock)
        self.answers = Answers(database, self.rooms, model, prompt_limits, clock)
        self.rooms.is_local = self.answers.running.__contains__
        self.rooms.controlled = self._controlled
        self._database = database
        self._limits = chat_limits
        self._attempts = Limiter(ATTEMPTS, clock)
        self._clock = clock
        self._draining = False
        self._beginning: set[asyncio.Task[Begun]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, watch: Callable[[asyncio.Task[None]], None]) -> None:
        """Begin to store, to watch and to compare; `watch` is given the tasks, which must not end."""
        rounds = ((self.answers.save, SAVE_TICK_SECONDS), (self.answers.watch, 1.0), (self.rooms.tick, 1.0))
        self._tasks = [asyncio.create_task(self._again_and_again(work, seconds)) for work, seconds in rounds]
        for task in self._tasks:
            watch(task)

    async def drain(self, seconds: float) -> None:
        """Take no more questions, and end the answers under way; they may finish for half of `seconds`."""
        self._draining = True
        await self.answers.drain(seconds * DRAIN_SHARE)

    async def close(self) -> None:
        """End; what still runs is interrupted and keeps its text."""
        await self.drain(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.rooms.close()
        await self.model.close()

    async def owns(self, who: Identity, conversation_id: int) -> bool:
        """Whether there is such a conversation of the member's."""
        owner = await self._database.read(lambda tx: conversations.owner(tx, conversation_id))
        return owner == who.user_id

    async def ask(self, who: Identity, conversation_id: int, new: MessageInput) -> Begun:
        """Store a question and begin its answer. Raises NotFound, Busy or TooManyRequests."""
        return await self._begin(who, lambda tx: questions.ask(tx, who.user_id, conversation_id, new))

    async def edit(self, who: Identity, message_id: int, text: str, only_if: Guard = unguarded) -> Begun:
        """Ask in other words; what came after the question goes. Raises NotFound, Conflict or TooManyRequests."""
        return await self._begin(who, only_if(lambda tx: questions.edit(tx, who.user_id, message_id, text)))

    async def regenerate(self, who: Identity, conversation_id: int, message_id: int | None = None) -> Begun:
        """Answer the newest question again. Raises NotFound, Busy, Conflict or TooManyRequests."""
        return await self._begin(who, lambda tx: questions.regenerate(tx, who.user_id, conversation_id, message_id))

    async def stop(self, who: Identity, message_id: int) -> Message:
        """Stop an answer, wherever it runs; gives it as it is now. Raises NotFound."""
        message = await self._database.write(lambda tx: questions.ask_to_stop(tx, who.user_id, message_id))
        if message.status == "streaming":
            self.answers.stop(message.id)
            self.rooms.control(message.conversation, Stop(message.id))
        return message

    async def stop_in(self, who: Identity, conversation_id: int) -> None:
        """Stop the answer under way in a conversation, if there is one. Raises NotFound."""
        under_way = await self._database.read(lambda tx: questions.under_way(tx, who.user_id, conversation_id))
        if under_way is not None:
            await self.stop(who, under_way)

    async def rename(
        self, who: Identity, conversation_id: int, new: ConversationEdit, only_if: Guard = unguarded
    ) -> Conversation:
        """Give a conversation another title. Raises NotFound."""
        unit = only_if(lambda tx: conversations.rename(tx, who.user_id, conversation_id, new))
        renamed = await self._database.write(unit)
        if renamed is None:
            return await self._database.read(lambda tx: conversations.get(tx, who.user_id, conversation_id))
        self.rooms.publish(conversation_id, renamed)
        return renamed.conversation

    async def delete_conversation(self, who: Identity, conversation_id: int, only_if: Guard = unguarded) -> None:
        """Delete a conversation for good; its sockets close. Raises NotFound."""
        unit = only_if(lambda tx: conversations.delete(tx, who.user_id, conversation_id))
        deleted = await self._database.write(unit)
        self.rooms.publish(conversation_id, deleted)
        self.answers.drop_in(conversation_id)

    async def delete_message(self, who: Identity, message_id: int, only_if: Guard = unguarded) -> None:
        """Delete a question with its answers, or an answer, for good. Raises NotFound."""
        unit = only_if(lambda tx: questions.delete(tx, who.user_id, message_id))
        conversation_id, removed = await self._database.write(unit)
        self.rooms.publish(conversation_id, removed)
        self.answers.drop(removed.message_ids)

    async def message(self, who: Identity, message_id: int) -> Message:
        """A message of one's own, an answer under way with its text so far. Raises NotFound."""
        found = await self._database.read(lambda tx: messages.get(tx, who.user_id, message_id))
        return self.current([found])[0]

    def current(self, stored: list[Message]) -> list[Message]:
        """These messages of one conversation, with all of the answer under way that is known on this worker."""
        room = self.rooms.open.get(stored[0].conversation) if stored else None
        return stored if room is None else room.current(stored)

    async def _begin(self, who: Identity, unit: Callable[[Transaction], Begun]) -> Begun:
        if self._draining:
            raise Unavailable("This worker is restarting: try again.", retry_after=1)
        limits = self._limits

        def counted(tx: Transaction) -> Begun:
            begun = unit(tx)
            if begun.is_new and limits is not None:
                usage.count(tx, who.user_id, limits)
            return begun

        if limits is not None:
            self._attempts.check(str(who.user_id), "questions in a short time")
        # Who asks may leave meanwhile: what is stored as begun has to run.
        task = asyncio.create_task(self._store_and_tell(counted))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return await asyncio.shield(task)

    async def _store_and_tell(self, unit: Callable[[Transaction], Begun]) -> Begun:
        begun = await self._database.write(unit)
        conversation_id = begun.question.conversation
        for change in begun.changes:
            self.answers.drop(getattr(change, "message_ids", ()))
            self.rooms.publish(conversation_id, change)
        if begun.is_new and begun.answer_id is not None:
            self.answers.begin(conversation_id, begun.answer_id, begun.question.id)
        return begun

    def _controlled(self, conversation_id: int, control: Control) -> None:
        running = self.answers.running.get(control.message_id)
        if running is None:
            return
        if isinstance(control, Stop):
            self.answers.stop(control.message_id)
        else:
            self.rooms.repeat(conversation_id, control.message_id, control.index, running.pieces)

    async def _again_and_again(self, work: Callable[[], Awaitable[Any]], seconds: float) -> None:
        failing = False
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
                failing = False
            except Unavailable as error:
                if not failing:
                    log.warning("the ranger's conversations have to wait: %s", error)
                failing = True
