"""Conversations, their messages and folders, and the shared ones, which are public."""

import base64
from collections.abc import Callable
from typing import Any, cast

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.conversations import Conversation, Folder, Message

_ROLES = frozenset({"user", "assistant", "system"})
_PREVIEW_LENGTH = 100


@attrs.frozen
class CreateConversationRequest:
    title: str | None = None
    mode: str | None = None
    folder_id: str | None = None


@attrs.frozen
class UpdateConversationRequest:
    title: str | None = None
    mode: str | None = None
    is_pinned: bool | None = None
    is_archived: bool | None = None
    folder_id: str | None = None


@attrs.frozen
class BulkRequest:
    conversation_ids: list[str]
    archive: bool = True
    folder_id: str | None = None


@attrs.frozen
class ImportRequest:
    conversations: list[dict[str, Any]]


@attrs.frozen
class CreateMessageRequest:
    content: str
    role: str
    parent_id: str | None = None
    stream: bool | None = None


@attrs.frozen
class UpdateMessageRequest:
    content: str | None = None
    tokens_used: int | None = None
    duration_ms: int | None = None
    thinking_time_ms: int | None = None
    context: Any = None
    is_error: bool | None = None


@attrs.frozen
class CreateFolderRequest:
    name: str
    parent_id: str | None = None


@attrs.frozen
class UpdateFolderRequest:
    name: str | None = None
    parent_id: str | None = None
    position: int | None = None


# Conversations:


async def list_conversations(call: Call) -> web.Response:
    owner = call.identity
    wanted = _filter(call)
    found = [conversation for conversation in call.state.conversations.of(owner) if wanted(conversation)]
    sort, order = call.query("sort") or "updated_at", call.query("order") or "desc"
    if sort not in ("updated_at", "created_at", "title") or order not in ("asc", "desc"):
        raise ApiError("BAD_REQUEST", f"unknown order: {sort} {order}")
    # Pinned ones come first in either direction; ties are ordered by creation, latest first.
    found.reverse()
    found.sort(key=lambda conversation: getattr(conversation, sort), reverse=order == "desc")
    found.sort(key=lambda conversation: not conversation.is_pinned)
    return call.reply(_page(call, [_shape(conversation) for conversation in found], default=20, most=100))


async def create(call: Call) -> web.Response:
    owner = call.identity
    wanted = await call.body(CreateConversationRequest)
    conversation = call.state.conversations.create(
        owner,
        title=wanted.title or "New conversation",
        mode=wanted.mode or "mix",
        folder_id=wanted.folder_id,
        workspace_id=call.workspace_id,
    )
    return call.reply(_shape(conversation), 201)


async def get(call: Call) -> web.Response:
    return call.reply(_with_messages(_conversation(call)))


async def update(call: Call) -> web.Response:
    wanted = await call.body(UpdateConversationRequest)
    conversation = _conversation(call)
    call.state.conversations.change(conversation, **attrs.asdict(wanted))
    return call.reply(_shape(conversation))


async def delete(call: Call) -> web.Response:
    call.state.conversations.delete(_conversation(call))
    return call.no_content()


async def bulk_delete(call: Call) -> web.Response:
    owner, wanted = call.identity, await call.body(BulkRequest)
    conversations = call.state.conversations
    return call.reply({"affected": conversations.for_each(wanted.conversation_ids, owner, conversations.delete)})


async def bulk_archive(call: Call) -> web.Response:
    owner, wanted = call.identity, await call.body(BulkRequest)
    conversations = call.state.conversations

    def archive(conversation: Conversation) -> None:
        conversations.change(conversation, is_archived=wanted.archive)

    return call.reply({"affected": conversations.for_each(wanted.conversation_ids, owner, archive)})


async def bulk_move(call: Call) -> web.Response:
    owner, wanted = call.identity, await call.body(BulkRequest)
    return call.reply({"affected": call.state.conversations.move(wanted.conversation_ids, owner, wanted.folder_id)})


async def import_conversations(call: Call) -> web.Response:
    owner, wanted = call.identity, await call.body(ImportRequest)
    conversations, errors = call.state.conversations, list[Json]()
    for number, given in enumerate(wanted.conversations):
        messages: Any = given.get("messages", [])
        problem = _problem(given, messages)
        if problem is not None:
            errors.append({"id": str(given.get("id", number)), "error": problem})
            continue
        made = conversations.create(owner, title=given.get("title") or "Imported", workspace_id=call.workspace_id)
        for message in messages:
            conversations.say(made, message["role"], message["content"])
    imported = len(wanted.conversations) - len(errors)
    return call.reply({"imported": imported, "failed": len(errors), "errors": errors})


async def share(call: Call) -> web.Response:
    share_id = call.state.conversations.share(_conversation(call))
    return call.reply({"share_id": share_id, "share_url": f"{call.request.url.origin()}/shared/{share_id}"})


async def unshare(call: Call) -> web.Response:
    _conversation(call).share_id = None
    return call.no_content()


async def get_shared(call: Call) -> web.Response:
    return call.reply(_with_messages(call.state.conversations.shared(call.part("share_id"))))


# Messages:


async def list_messages(call: Call) -> web.Response:
    messages = [_message(message) for message in _conversation(call).messages]
    return call.reply(_page(call, messages, default=50, most=200))


async def create_message(call: Call) -> web.Response:
    wanted = await call.body(CreateMessageRequest)
    conversation = _conversation(call)
    if wanted.role not in _ROLES:
        raise ApiError("BAD_REQUEST", f"unknown role: {wanted.role}")
    said = call.state.conversations.say(conversation, wanted.role, wanted.content, wanted.parent_id)
    return call.reply(_message(said), 201)


async def update_message(call: Call) -> web.Response:
    wanted = await call.body(UpdateMessageRequest)
    _, message = call.state.conversations.message(call.part("message_id"), call.identity)
    call.state.conversations.change_message(message, attrs.asdict(wanted, recurse=False))
    return call.reply(_message(message))


async def delete_message(call: Call) -> web.Response:
    conversation, message = call.state.conversations.message(call.part("message_id"), call.identity)
    conversation.messages.remove(message)
    return call.no_content()


# Folders:


async def list_folders(call: Call) -> web.Response:
    folders = sorted(call.state.conversations.folders(call.identity), key=lambda folder: folder.position)
    return call.reply([_folder(folder) for folder in folders])


async def create_folder(call: Call) -> web.Response:
    owner, wanted = call.identity, await call.body(CreateFolderRequest)
    made = call.state.conversations.create_folder(owner, wanted.name, wanted.parent_id, call.workspace_id)
    return call.reply(_folder(made), 201)


async def update_folder(call: Call) -> web.Response:
    wanted = await call.body(UpdateFolderRequest)
    folder = call.state.conversations.folder(call.part("folder_id"), call.identity)
    call.state.conversations.change_folder(folder, attrs.asdict(wanted))
    return call.reply(_folder(folder))


async def delete_folder(call: Call) -> web.Response:
    call.state.conversations.delete_folder(call.state.conversations.folder(call.part("folder_id"), call.identity))
    return call.no_content()


def _conversation(call: Call) -> Conversation:
    return call.state.conversations.get(call.part("conversation_id"), call.identity)


def _filter(call: Call) -> Callable[[Conversation], bool]:
    """Return the filters of the query as a function."""
    mode, folder_id = call.query("filter[mode]"), call.query("filter[folder_id]")
    archived, pinned = call.flag("filter[archived]"), call.flag("filter[pinned]")
    unfiled, search = call.flag("filter[unfiled]"), (call.query("filter[search]") or "").lower()

    def accepts(conversation: Conversation) -> bool:
        return (
            mode in (None, conversation.mode)
            and folder_id in (None, conversation.folder_id)
            and archived in (None, conversation.is_archived)
            and pinned in (None, conversation.is_pinned)
            and (not unfiled or conversation.folder_id is None)
            and search in conversation.title.lower()
        )

    return accepts


def _page(call: Call, items: list[Json], *, default: int, most: int) -> Json:
    """Return the items from the cursor on."""
    limit = min(max(call.number("limit", default), 1), most)
    start = _position(call.query("cursor"))
    end = start + limit
    pagination = {
        "has_more": end < len(items),
        "next_cursor": _cursor(end) if end < len(items) else None,
        "prev_cursor": _cursor(max(start - limit, 0)) if start else None,
        "total": len(items),
    }
    return {"items": items[start:end], "pagination": present(pagination)}


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"at:{position}".encode()).decode()


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(cursor).decode().partition(":")
        return int(number) if word == "at" else _bad_cursor()
    except ValueError:
        return _bad_cursor()


def _bad_cursor() -> int:
    raise ApiError("BAD_REQUEST", "Invalid cursor")


def _problem(given: dict[str, Any], messages: Any) -> str | None:
    """Return why a conversation cannot be imported."""
    if not isinstance(given.get("title", ""), str):
        return "title is no text"
    if not isinstance(messages, list):
        return "messages is no list"
    for message in cast("list[object]", messages):
        said = cast("Json", message) if isinstance(message, dict) else {}
        if not isinstance(said.get("content"), str):
            return "a message has no content"
        if said.get("role") not in _ROLES:
            return f"unknown role: {said.get('role')}"
    return None


def _shape(conversation: Conversation) -> Json:
    last = conversation.messages[-1].content[:_PREVIEW_LENGTH] if conversation.messages else None
    return present(
        {
            "id": conversation.id,
            "tenant_id": conversation.tenant_id,
            "workspace_id": conversation.workspace_id,
            "folder_id": conversation.folder_id,
            "title": conversation.title,
            "mode": conversation.mode,
            "is_pinned": conversation.is_pinned,
            "is_archived": conversation.is_archived,
            "share_id": conversation.share_id,
            "message_count": len(conversation.messages),
            "last_message_preview": last,
            "created_at": rfc3339(conversation.created_at),
            "updated_at": rfc3339(conversation.updated_at),
        }
    )


def _with_messages(conversation: Conversation) -> Json:
    messages = [_message(message) for message in conversation.messages]
    return {"conversation": _shape(conversation), "messages": messages}


def _message(message: Message) -> Json:
    times = {"created_at": rfc3339(message.created_at), "updated_at": rfc3339(message.updated_at)}
    return present(attrs.asdict(message, recurse=False) | times)


def _folder(folder: Folder) -> Json:
    times = {"created_at": rfc3339(folder.created_at), "updated_at": rfc3339(folder.updated_at)}
    body = present(attrs.asdict(folder) | times)
    del body["user_id"]
    return body


ROUTES = (
    Route("GET", "/api/v1/conversations", list_conversations),
    Route("POST", "/api/v1/conversations", create),
    Route("POST", "/api/v1/conversations/import", import_conversations),
    Route("POST", "/api/v1/conversations/bulk/delete", bulk_delete),
    Route("POST", "/api/v1/conversations/bulk/archive", bulk_archive),
    Route("POST", "/api/v1/conversations/bulk/move", bulk_move),
    Route("GET", "/api/v1/conversations/{conversation_id}", get),
    Route("PATCH", "/api/v1/conversations/{conversation_id}", update),
    Route("DELETE", "/api/v1/conversations/{conversation_id}", delete),
    Route("GET", "/api/v1/conversations/{conversation_id}/messages", list_messages),
    Route("POST", "/api/v1/conversations/{conversation_id}/messages", create_message),
    Route("POST", "/api/v1/conversations/{conversation_id}/share", share),
    Route("DELETE", "/api/v1/conversations/{conversation_id}/share", unshare),
    Route("PATCH", "/api/v1/messages/{message_id}", update_message),
    Route("DELETE", "/api/v1/messages/{message_id}", delete_message),
    Route("GET", "/api/v1/shared/{share_id}", get_shared, public=True),
    Route("GET", "/api/v1/folders", list_folders),
    Route("POST", "/api/v1/folders", create_folder),
    Route("PATCH", "/api/v1/folders/{folder_id}", update_folder),
    Route("DELETE", "/api/v1/folders/{folder_id}", delete_folder),
)
