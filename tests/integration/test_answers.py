"""Answers in one process, with a real store: early stops, draining, lost workers, a store that is away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from hub.channels.memory import MemoryBroker
from hub.conversation import ConversationInput, Message, MessageInput
from hub.errors import Unavailable
from hub.ranger.answers import SILENT_SECONDS
from hub.ranger.context import PromptLimits
from hub.ranger.model import Piece, Prompt
from hub.ranger.ranger import Ranger
from hub.store import accounts, conversations
from hub.store.sqlite import SqliteDatabase
from hub.tokens import Identity


class Talker:
    """A model that says a word whenever the test lets it."""

    name = "Talker"

    def __init__(self) -> None:
        self.words: asyncio.Queue[str | None] = asyncio.Queue()
        self.left = asyncio.Event()

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        try:
            while (word := await self.words.get()) is not None:
                yield word
        finally:
            self.left.set()

    async def close(self) -> None:
        return


class Stage:
    """A store, a member, a conversation, and rangers that share them."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.database = database
        self.now = 0.0
        self.who: Identity
        self.conversation = 0

    async def prepare(self) -> None:
        account = await self.database.write(lambda tx: accounts.register(tx, "ada", "Ada", "x"))
        self.who = Identity(account.id, "ada", "Ada", "visitor", "session", 9e9)
        made = await self.database.write(lambda tx: conversations.create(tx, self.who, ConversationInput()))
        self.conversation = made.id

    def ranger(self) -> tuple[Ranger, Talker]:
        model = Talker()
        limits = PromptLimits(6_000, 100, 0.4)
        return Ranger(self.database, MemoryBroker(), model, limits, None, lambda: self.now), model

    async def ask(self, ranger: Ranger) -> int:
        begun = await ranger.ask(self.who, self.conversation, MessageInput("Why?"))
        assert begun.answer_id is not None
        return begun.answer_id

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)

    async def answer(self) -> Message:
        found = await self.database.read(lambda tx: conversations.read(tx, self.who.user_id, self.conversation))
        return found.messages[-1]


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    database = SqliteDatabase(tmp_path / "hub.db", lambda announcements: None)
    await database.migrate()
    await database.open()
    made = Stage(database)
    await made.prepare()
    yield made
    await database.close()


async def test_a_stop_before_the_first_step_is_kept(stage: Stage) -> None:
    ranger, _ = stage.ranger()
    answer = await stage.ask(ranger)
    ranger.answers.stop(answer)
    await stage.until(lambda: not ranger.answers.running)
    assert (await stage.answer()).status == "stopped"
    await ranger.close()


async def test_an_answer_runs_although_its_asker_left_while_the_question_was_stored(stage: Stage) -> None:
    ranger, model = stage.ranger()
    asking = asyncio.create_task(stage.ask(ranger))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    await stage.until(lambda: ranger.answers.running)
    for word in ("Still here.", None):
        model.words.put_nowait(word)
    await stage.until(lambda: not ranger.answers.running)
    assert ((await stage.answer()).text, (await stage.answer()).status) == ("Still here.", "done")
    await ranger.close()


async def test_the_text_is_stored_while_it_grows(stage: Stage) -> None:
    ranger, model = stage.ranger()
    await stage.ask(ranger)
    running = next(iter(ranger.answers.running.values()))
    for word in ("Take ", "water"):
        model.words.put_nowait(word)
    await stage.until(lambda: len(running.pieces) == 2)
    stage.now += 1
    await ranger.answers.save()
    assert ((await stage.answer()).text, (await stage.answer()).status) == ("Take water", "streaming")
    await ranger.close()
    assert ((await stage.answer()).text, (await stage.answer()).status) == ("Take water", "interrupted")


async def test_answers_may_finish_while_the_worker_drains(stage: Stage) -> None:
    ranger, model = stage.ranger()
    await stage.ask(ranger)
    draining = asyncio.create_task(ranger.drain(10))
    for word in ("All ", "said.", None):
        model.words.put_nowait(word)
    await draining
    assert ((await stage.answer()).text, (await stage.answer()).status) == ("All said.", "done")
    await ranger.close()


async def test_an_answer_whose_heart_has_stopped_is_interrupted_by_another_worker(stage: Stage) -> None:
    lost, model = stage.ranger()
    await stage.ask(lost)
    running = next(iter(lost.answers.running.values()))
    model.words.put_nowait("So far.")
    await stage.until(lambda: running.pieces)
    other, _ = stage.ranger()
    for beats in (True, False):
        for _ in range(4):
            if beats:
                await lost.answers.save()
            await other.answers.watch()
            stage.now += SILENT_SECONDS / 2
        assert (await stage.answer()).status == ("streaming" if beats else "interrupted")
    assert (await stage.answer()).text == "So far."
    stage.now += 1
    await lost.answers.save()
    await stage.until(lambda: not lost.answers.running)
    assert model.left.is_set()
    assert (await stage.answer()).status == "interrupted"
    await lost.close()
    await other.close()


async def test_a_deleted_conversation_ends_its_answer(stage: Stage) -> None:
    ranger, model = stage.ranger()
    await stage.ask(ranger)
    running = next(iter(ranger.answers.running.values()))
    model.words.put_nowait("Never mind.")
    await stage.until(lambda: running.pieces)
    await ranger.delete_conversation(stage.who, stage.conversation)
    await stage.until(lambda: not ranger.answers.running)
    assert model.left.is_set()
    await ranger.close()


async def test_the_end_is_stored_when_the_store_is_back(stage: Stage) -> None:
    ranger, model = stage.ranger()
    await stage.ask(ranger)
    write, failures = stage.database.write, 0

    async def failing(unit: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise Unavailable("The database is away.")
        return await write(unit)

    stage.database.write = failing  # type: ignore[method-assign]
    for word in ("Kept.", None):
        model.words.put_nowait(word)
    await stage.until(lambda: not ranger.answers.running)
    assert failures == 3
    assert ((await stage.answer()).text, (await stage.answer()).status) == ("Kept.", "done")
    await ranger.close()
