"""The ranger over REST: conversations, messages, and questions whose answers stream over the websocket."""

from typing import Any

import msgspec
from quart import Blueprint, Response, request
from quart_schema import document_request, document_response, tag_blueprint

from hub.conversation import (
    Asked,
    Conversation,
    ConversationEdit,
    ConversationInput,
    Dialogue,
    Message,
    MessageEdit,
    MessageInput,
)
from hub.cursor import page_limit
from hub.handlers.context import member, services, writer
from hub.handlers.json import answer, body, no_content
from hub.handlers.versions import guard, tagged
from hub.store import conversations as store
from hub.store import messages as message_store
from hub.store.conversations import ConversationPage
from hub.store.database import Guard
from hub.store.messages import MessagePage
from hub.tokens import Identity

chat = Blueprint("chat", __name__, url_prefix="/api/chat")
tag_blueprint(chat, ["chat"])


@chat.get("/conversations")
@document_response(ConversationPage, 200)
async def page() -> Response:
    """Your conversations with the ranger, the one changed last first."""
    who = member()
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    return answer(await services().database.read(lambda tx: store.page(tx, who.user_id, limit, cursor)))


@chat.post("/conversations")
@document_request(ConversationInput)
@document_response(Conversation, 201)
async def create() -> Response:
    """Begin a conversation; with `channel` it is about that park."""
    who = writer()
    new = await body(ConversationInput)
    made = await services().database.write(lambda tx: store.create(tx, who, new))
    return tagged(made, 201, {"Location": f"/api/chat/conversations/{made.id}"})


@chat.get("/conversations/<int:conversation_id>")
@document_response(Dialogue, 200)
async def one(conversation_id: int) -> Response:
    """A conversation of yours with its newest messages, oldest first."""
    who = member()
    found = await services().database.read(lambda tx: store.read(tx, who.user_id, conversation_id))
    dialogue = found.dialogue
    return tagged(msgspec.structs.replace(dialogue, messages=services().ranger.current(dialogue.messages)))


@chat.put("/conversations/<int:conversation_id>")
@document_request(ConversationEdit)
@document_response(Conversation, 200)
async def rename(conversation_id: int) -> Response:
    """Give a conversation another title."""
    who = writer()
    new = await body(ConversationEdit)
    return tagged(await services().ranger.rename(who, conversation_id, new, _conversation(who, conversation_id)))


@chat.delete("/conversations/<int:conversation_id>")
@document_response(dict[str, Any], 204)
async def delete(conversation_id: int) -> Response:
    """Delete a conversation with all its messages, for good."""
    who = writer()
    await services().ranger.delete_conversation(who, conversation_id, _conversation(who, conversation_id))
    return no_content()


@chat.get("/conversations/<int:conversation_id>/messages")
@document_response(MessagePage, 200)
async def messages(conversation_id: int) -> Response:
    """A conversation's messages, oldest first."""
    who = member()
    limit, cursor = page_limit(request.args.get("limit")), request.args.get("cursor")
    found = await services().database.read(
        lambda tx: message_store.page(tx, who.user_id, conversation_id, limit, cursor)
    )
    return answer(MessagePage(services().ranger.current(found.items), found.next))


@chat.post("/conversations/<int:conversation_id>/messages")
@document_request(MessageInput)
@document_response(Asked, 202)
@document_response(Asked, 200)
async def ask(conversation_id: int) -> Response:
    """Ask the ranger: the answer streams over the conversation's websocket.

    409 `busy` while an answer is under way. The same `client_id` again gives 200 and the first result.
    """
    who = writer()
    new = await body(MessageInput)
    begun = await services().ranger.ask(who, conversation_id, new)
    return answer(begun.asked, 202 if begun.is_new else 200)


@chat.get("/messages/<int:message_id>")
@document_response(Message, 200)
async def message(message_id: int) -> Response:
    """One message of yours or one that the ranger gave you."""
    return tagged(await services().ranger.message(member(), message_id))


@chat.put("/messages/<int:message_id>")
@document_request(MessageEdit)
@document_response(Asked, 202)
async def edit(message_id: int) -> Response:
    """Ask in other words: what came after the question goes, and a new answer streams."""
    who = writer()
    new = await body(MessageEdit)
    begun = await services().ranger.edit(who, message_id, new.text, _message(who, message_id))
    return tagged(begun.asked, 202)


@chat.delete("/messages/<int:message_id>")
@document_response(dict[str, Any], 204)
async def delete_message(message_id: int) -> Response:
    """Delete a question with its answers, or an answer, for good."""
    who = writer()
    await services().ranger.delete_message(who, message_id, _message(who, message_id))
    return no_content()


@chat.post("/messages/<int:message_id>/stop")
@document_response(Message, 202)
async def stop(message_id: int) -> Response:
    """Stop an answer, on whatever worker it runs; it keeps what was said."""
    return answer(await services().ranger.stop(writer(), message_id), 202)


@chat.post("/messages/<int:message_id>/regenerate")
@document_response(Asked, 202)
async def regenerate(message_id: int) -> Response:
    """Answer the newest question again; the earlier answer stays as a version."""
    who = writer()
    found = await services().ranger.message(who, message_id)
    return answer((await services().ranger.regenerate(who, found.conversation, message_id)).asked, 202)


def _conversation(who: Identity, conversation_id: int) -> Guard:
    return guard(lambda tx: store.get(tx, who.user_id, conversation_id))


def _message(who: Identity, message_id: int) -> Guard:
    return guard(lambda tx: message_store.get(tx, who.user_id, message_id))
