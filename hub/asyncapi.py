"""The websockets' description as AsyncAPI 3, generated from the types that validate and encode the frames."""

from functools import cache
from typing import Any, get_args

import msgspec

from hub import __version__
from hub.conversation import ChatServerFrame
from hub.events import DurableEvent, LiveEvent
from hub.protocol import Ack, ChannelFrame, ChatFrame, ErrorFrame, Goodbye, Heartbeat, Pong, ServerFrame

_REF = "#/components/schemas/{name}"


@cache
def describe() -> dict[str, Any]:
    """The whole document."""
    received = get_args(ChannelFrame)
    sent = (*get_args(ServerFrame), *get_args(DurableEvent), *get_args(LiveEvent))
    chat_received = get_args(ChatFrame)
    chat_sent = (*get_args(ChatServerFrame), Ack, ErrorFrame, Pong, Heartbeat, Goodbye)
    messages = list(dict.fromkeys((*received, *sent, *chat_received, *chat_sent)))
    _, schemas = msgspec.json.schema_components(messages, ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Frostbyte Hub: live channels",
            "version": __version__,
            "description": "One websocket per channel, and one per conversation with the ranger. The first frame is "
            "`hello`; on a channel, `since`, `epoch` and `mark` resume.",
        },
        "channels": {
            "channel": {
                "address": "/ws/channels/{slug}",
                "parameters": {"slug": {"description": "The channel's slug, as in /api/channels."}},
                "messages": _references((*received, *sent)),
            },
            "chat": {
                "address": "/ws/chat/{conversation}",
                "parameters": {"conversation": {"description": "A conversation's id, as in /api/chat/conversations."}},
                "messages": _references((*chat_received, *chat_sent)),
            },
        },
        "operations": {
            "receiveFromClient": _operation("receive", "channel", received),
            "sendToClient": _operation("send", "channel", sent),
            "receiveFromChat": _operation("receive", "chat", chat_received),
            "sendToChat": _operation("send", "chat", chat_sent),
        },
        "components": {
            "messages": {_key(m): _message(m) for m in messages},
            "schemas": schemas,
        },
    }


def _references(messages: tuple[Any, ...]) -> dict[str, Any]:
    return {_key(m): {"$ref": f"#/components/messages/{_key(m)}"} for m in messages}


def _operation(action: str, channel: str, messages: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_key(m)}"} for m in messages],
    }


def _message(message: Any) -> dict[str, Any]:
    return {
        "name": _tag(message),
        "summary": (message.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "payload": {"$ref": _REF.format(name=message.__name__)},
    }


def _key(message: Any) -> str:
    # Not the tag: `typing` is both a frame of the client's and an event, and there are two kinds of welcome.
    return str(message.__name__)


def _tag(message: Any) -> str:
    return str(message.__struct_config__.tag)
