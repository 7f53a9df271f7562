"""Django Channels on uvicorn with its Redis layer (the publish/subscribe one, the faster of the two).

Usage: python django_app.py PORT CONTROL_PORT REDIS_URL
"""

import asyncio
import sys
from typing import Any

import django
import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from bench.peers.control import listen

settings.configure(
    SECRET_KEY="bench-only",
    ALLOWED_HOSTS=["127.0.0.1"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [sys.argv[3] if len(sys.argv) > 3 else "redis://127.0.0.1"]},
        }
    },
)
django.setup()


class Feed(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add("feed", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("feed", self.channel_name)

    async def feed_event(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


router = ProtocolTypeRouter({"websocket": URLRouter([path("", Feed.as_asgi())])})
lines: asyncio.Queue[bytes] = asyncio.Queue()
started: list[asyncio.Task[None]] = []


async def publish_lines() -> None:
    layer = get_channel_layer()
    while True:
        text = (await lines.get()).decode()
        await layer.group_send("feed", {"type": "feed.event", "text": text})


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Django Channels has no lifespan, so this wrapper opens the control port."""
    if scope["type"] != "lifespan":
        await router(scope, receive, send)
        return
    await receive()
    await listen(int(sys.argv[2]), lines.put_nowait)
    started.append(asyncio.create_task(publish_lines()))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        backlog=4096,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
