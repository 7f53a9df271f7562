"""For operators and monitors: is it alive, is it ready, and the descriptions of API and events."""

import asyncio
import contextlib
from typing import Any

from msgspec import Struct
from quart import Blueprint, Response
from quart_schema import document_response, hide, tag_blueprint

from hub import metrics
from hub.asyncapi import describe
from hub.errors import Unavailable
from hub.handlers.context import services
from hub.handlers.json import answer
from hub.store import log
from hub.store.database import probe

PROBE_SECONDS = 2.0

operations = Blueprint("operations", __name__)
tag_blueprint(operations, ["operations"])


class Health(Struct, frozen=True):
    """A worker that answers."""

    status: str
    worker: str


class Readiness(Struct, frozen=True):
    """What the worker needs and has; a hub without Redis is ready, only slower."""

    status: str
    database: str
    broker: str
    sockets: int


@operations.get("/healthz")
@document_response(Health, 200)
async def healthz() -> Response:
    """200 while the worker answers."""
    return answer(Health("ok", services().hub.worker))


@operations.get("/readyz")
@document_response(Readiness, 200)
@document_response(Readiness, 503)
async def readyz() -> Response:
    """200 when the database reads and writes; 503 otherwise or while draining."""
    hub = services().hub
    await _readable()
    trouble = await _trouble()
    broker = "connected" if hub.broker.connected else "away: the feeds go on from the log"
    status = "draining" if hub.draining else "read-only" if trouble else "ready"
    ready = Readiness(status, trouble or "ok", broker, len(hub.registry.sockets))
    return answer(ready) if status == "ready" else answer(ready, 503, {"Retry-After": "2"})


async def _readable() -> None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await services().database.read(log.heads)
    except TimeoutError:
        raise Unavailable("The database does not answer.", retry_after=2) from None


async def _trouble() -> str:
    """Why nothing can be written now; empty when the last write went well, or one goes well now."""
    database = services().database
    if database.trouble:
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(PROBE_SECONDS):
                await database.write(probe)
    return database.trouble


@operations.get("/metrics")
@hide
async def prometheus() -> Response:
    """The figures of all workers for Prometheus; the shipped nginx keeps them inside."""
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


@operations.get("/asyncapi.json")
@document_response(dict[str, Any], 200)
async def asyncapi() -> Response:
    """The events and frames of the websockets, as AsyncAPI 3."""
    return answer(describe())
