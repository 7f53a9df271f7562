"""A hundred answers at once on two workers, readers who come and go, and a worker that is killed."""

import asyncio
import random
from typing import Any

from tests.clients import Api, ChatClient, on_worker
from tests.conftest import NewApi, StartHub
from tests.gemini_server import GeminiServer, numbered
from tests.services import HubProcess, RedisServer

ANSWERS = 100
PIECES = 50
PAUSE = 0.2
WHOLE = "".join(f"piece-{number} " for number in range(PIECES))


class Reader:
    """Somebody who asks and keeps losing the connection."""

    def __init__(self, hub: HubProcess, api: Api, conversation: int) -> None:
        self.chat = ChatClient(hub.ws_url, conversation, api.token)
        self.conversation = conversation
        self.answer = 0
        self.drops = 0

    async def ask(self) -> None:
        ack = await self.chat.request({"type": "chat.send", "text": "Tell me all."}, timeout=20)
        self.answer = ack["data"]["answer"]

    async def come_and_go(self, dice: random.Random) -> dict[str, Any]:
        """Reconnect again and again until the answer has ended; gives the answer."""
        while True:
            try:
                return await self.chat.ended(self.answer, timeout=dice.uniform(0.5, 4))
            except AssertionError:
                self.drops += 1
                await self.chat.reconnect(attempts=200)


async def connect_by_turns(hub: HubProcess, readers: list[Reader]) -> None:
    """Ten on one worker, ten on the next: left alone, the kernel may give them all to one."""
    for start in range(0, len(readers), 10):
        turn = readers[start : start + 10]
        await on_worker(
            hub,
            start // 10 % hub.workers,
            lambda turn=turn: asyncio.gather(*(reader.chat.connect() for reader in turn)),
        )


async def test_every_reader_has_the_stored_text_whatever_happens(
    start_hub: StartHub, new_api: NewApi, redis: RedisServer
) -> None:
    async with GeminiServer() as gemini:
        gemini.script = numbered(PIECES, PAUSE)
        hub = start_hub(workers=2, redis=redis, settings=gemini.settings)
        api = new_api(hub.base_url)
        await api.register("ann")
        readers = [
            Reader(hub, api, (await api.call("POST", "/api/chat/conversations", json={}))["id"]) for _ in range(ANSWERS)
        ]
        await connect_by_turns(hub, readers)
        await asyncio.gather(*(reader.ask() for reader in readers))
        dice = random.Random(4)
        reading = [asyncio.create_task(reader.come_and_go(dice)) for reader in readers]
        await readers[0].chat.wait_for(lambda: readers[0].chat.index.get(readers[0].answer, 0) >= PIECES // 3, 20)
        hub.kill_worker(0)
        answers = await asyncio.wait_for(asyncio.gather(*reading), 60)
        for reader, answer in zip(readers, answers, strict=True):
            dialogue = await api.call("GET", f"/api/chat/conversations/{reader.conversation}")
            kept = dialogue["messages"][1]
            assert (answer["text"], answer["status"]) == (kept["text"], kept["status"])
            assert (reader.chat.repeats, reader.chat.gaps) == ([], [])
            assert WHOLE.startswith(kept["text"])
            assert kept["status"] == ("done" if kept["text"] == WHOLE else "interrupted")
            await reader.chat.close()
    ended = [answer["status"] for answer in answers]
    assert ended.count("done") >= 10
    assert ended.count("interrupted") >= 10
    assert sum(reader.drops for reader in readers) >= ANSWERS
