"""The websockets' description as AsyncAPI 3, generated from the types that validate and encode the frames."""

from functools import cache
from typing import Any, get_args

import msgspec

from hub import __version__
from hub.events import DurableEvent, LiveEvent
from hub.protocol import ChannelFrame, ServerFrame

_REF = "#/components/schemas/{name}"


@cache
def describe() -> dict[str, Any]:
    """The whole document."""
    received = get_args(ChannelFrame)
    sent = (*get_args(ServerFrame), *get_args(DurableEvent), *get_args(LiveEvent))
    messages = [*received, *sent]
    _, schemas = msgspec.json.schema_components(messages, ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Frostbyte Hub: live channels",
            "version": __version__,
            "description": "One websocket per channel. The first frame is `hello`; `since` and `epoch` resume.",
        },
        "channels": {
            "channel": {
                "address": "/ws/channels/{slug}",
                "parameters": {"slug": {"description": "The channel's slug, as in /api/channels."}},
                "messages": {_key(m): {"$ref": f"#/components/messages/{_key(m)}"} for m in messages},
            }
        },
        "operations": {
            "receiveFromClient": _operation("receive", received),
            "sendToClient": _operation("send", sent),
        },
        "components": {
            "messages": {_key(m): _message(m) for m in messages},
            "schemas": schemas,
        },
    }


def _operation(action: str, messages: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/channel"},
        "messages": [{"$ref": f"#/channels/channel/messages/{_key(m)}"} for m in messages],
    }


def _message(message: Any) -> dict[str, Any]:
    return {
        "name": _tag(message),
        "summary": (message.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "payload": {"$ref": _REF.format(name=message.__name__)},
    }


def _key(message: Any) -> str:
    # Not the tag: `typing` is both a frame of the client's and an event.
    return str(message.__name__)


def _tag(message: Any) -> str:
    return str(message.__struct_config__.tag)
