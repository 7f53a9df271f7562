"""The events' one definition: wire, delivery, description and envelopes agree."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.asyncapi import describe
from hub.conversation import ChatServerFrame
from hub.events import (
    DELIVERY,
    DurableEvent,
    Envelope,
    LiveEvent,
    PostCreated,
    Tombstone,
    decode_envelope,
    encode_event,
    tombstone_of,
)
from hub.model import Author, Post
from hub.protocol import Ack, ChannelFrame, ChatFrame, ErrorFrame, Goodbye, Heartbeat, Pong, ServerFrame

DURABLE, LIVE = get_args(DurableEvent), get_args(LiveEvent)
names = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)

POST = Post(
    id=7,
    channel="denali",
    author=Author("ada", "Ada"),
    title="Snow",
    comment="Zeile 1\nZeile 2 – ❄",
    content={"km": 3, "deep": [{"a": None}]},
    client_id=None,
    created_at="2026-01-01T00:00:00.000000Z",
    updated_at="2026-01-01T00:00:00.000000Z",
)


def tag(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


def test_every_event_has_a_delivery_class() -> None:
    assert set(DELIVERY) == {tag(kind) for kind in (*DURABLE, *LIVE)}
    assert {name for name, how in DELIVERY.items() if how == "durable"} == {tag(kind) for kind in DURABLE}


@pytest.mark.parametrize("kind", DURABLE, ids=tag)
def test_a_durable_event_has_a_place_on_the_number_line(kind: Any) -> None:
    assert {"channel", "seq", "at"} <= set(kind.__struct_fields__)


@pytest.mark.parametrize("kind", LIVE, ids=tag)
def test_any_other_event_has_none(kind: Any) -> None:
    assert "seq" not in kind.__struct_fields__


def test_an_event_on_the_wire_is_what_the_contract_says() -> None:
    event = PostCreated(channel="denali", seq=3, at="2026-01-01T00:00:00.000000Z", data=POST)
    wire = msgspec.json.decode(encode_event(event))
    assert {name: wire[name] for name in ("type", "channel", "seq", "at")} == {
        "type": "post.created",
        "channel": "denali",
        "seq": 3,
        "at": "2026-01-01T00:00:00.000000Z",
    }
    assert wire["data"]["author"] == {"username": "ada", "name": "Ada"}
    assert msgspec.json.decode(encode_event(event), type=DurableEvent) == event


def test_a_tombstone_keeps_place_and_time_and_no_text() -> None:
    text = encode_event(PostCreated(channel="denali", seq=3, at=POST.created_at, data=POST))
    stone = tombstone_of("denali", 3, text)
    assert msgspec.json.decode(stone) == {"type": "tombstone", "channel": "denali", "seq": 3, "at": POST.created_at}
    assert msgspec.json.decode(stone, type=DurableEvent) == Tombstone(channel="denali", seq=3, at=POST.created_at)


@given(names, names, st.integers(0, 2**53), st.text(max_size=200))
def test_an_envelope_comes_over_the_broker_as_it_was(epoch: str, entity: str, seq: int, data: str) -> None:
    text = msgspec.json.encode({"type": "a.kind", "channel": "denali", "seq": seq, "at": "", "data": data})
    envelope = Envelope("denali", epoch, seq, entity, text)
    assert decode_envelope("denali", envelope.encode()) == envelope


EVENT = b'{"type":"typing","channel":"denali","at":"","data":{"username":"ada"}}'


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"a\nb",
        b"e\nx\ny\n{}",
        b"\xff\n1\ny\n{}",
        b"\n1\n\n" + EVENT,
        b"\n-1\n\n" + EVENT.replace(b'"at"', b'"seq":-1,"at"'),
        b"\n0\n\n" + EVENT.replace(b"ada", b"\xff"),
        b"\n0\n\n" + EVENT.replace(b"denali", b"olympic"),
        b"\n0\n\n" + EVENT[:-1],
        b"\n0\n\n[" + EVENT + b"]",
    ],
)
def test_a_message_that_is_no_envelope_is_a_value_error(message: bytes) -> None:
    with pytest.raises(ValueError):
        decode_envelope("denali", message)


def test_asyncapi_describes_every_event_and_frame() -> None:
    document = describe()
    messages, schemas = document["components"]["messages"], document["components"]["schemas"]
    received, sent = get_args(ChannelFrame), (*get_args(ServerFrame), *DURABLE, *LIVE)
    chat_sent = (*get_args(ChatServerFrame), Ack, ErrorFrame, Pong, Heartbeat, Goodbye)
    for action, kinds in (
        ("receiveFromClient", received),
        ("sendToClient", sent),
        ("receiveFromChat", get_args(ChatFrame)),
        ("sendToChat", chat_sent),
    ):
        references = [entry["$ref"] for entry in document["operations"][action]["messages"]]
        described = [messages[reference.rpartition("/")[2]] for reference in references]
        assert [message["name"] for message in described] == [tag(kind) for kind in kinds]
        for message, kind in zip(described, kinds, strict=True):
            schema = schemas[message["payload"]["$ref"].rpartition("/")[2]]
            assert schema["properties"]["type"] == {"enum": [tag(kind)]}
            assert set(schema["properties"]) == {"type", *kind.__struct_fields__}


@pytest.mark.parametrize(
    "kinds",
    [
        get_args(ChannelFrame),
        (*get_args(ServerFrame), *DURABLE, *LIVE),
        get_args(ChatFrame),
        (*get_args(ChatServerFrame), Ack, ErrorFrame, Pong, Heartbeat, Goodbye),
    ],
)
def test_no_two_frames_of_one_direction_share_a_type(kinds: tuple[Any, ...]) -> None:
    assert len({tag(kind) for kind in kinds}) == len(kinds)
