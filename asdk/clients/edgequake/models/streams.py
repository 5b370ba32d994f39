"""The events of streamed answers: what ``query.stream`` and ``chat.stream`` bring, told apart by ``type``."""

from __future__ import annotations

from typing import Any, Literal

from asdk.clients.edgequake.models.queries import QueryMode, QueryStats, SourceReference, Subgraph
from asdk.models.declaration import model, tagged


@model
class OtherEvent:
    """An event of a kind that was not there yet when this was written: pass it over."""

    type: str


@model
class Token:
    """A piece of the answer; together they are its text."""

    content: str
    type: Literal["token"] = "token"


@model
class Thinking:
    """A piece of what the language model thinks before it answers."""

    content: str
    type: Literal["thinking"] = "thinking"


@model
class QueryContext:
    """What the answer to a query will rest on; comes first."""

    sources: list[SourceReference]
    query_mode: QueryMode
    retrieval_time_ms: int
    subgraph: Subgraph | None = None
    bundle: Any = None
    type: Literal["context"] = "context"


@model
class QueryStreamStats:
    """What a streamed answer took: milliseconds, and tokens."""

    embedding_time_ms: int
    retrieval_time_ms: int
    generation_time_ms: int
    total_time_ms: int
    sources_retrieved: int
    tokens_used: int
    query_mode: QueryMode
    tokens_per_second: float | None = None


@model
class QueryDone:
    """The answer to a query is complete."""

    stats: QueryStreamStats
    llm_provider: str | None = None
    llm_model: str | None = None
    type: Literal["done"] = "done"


@model
class ConversationStarted:
    """To which conversation a message and its answer belong; comes first."""

    conversation_id: str
    user_message_id: str
    type: Literal["conversation"] = "conversation"


@model
class ChatContext:
    """What the answer to a message will rest on, if there is anything."""

    sources: list[SourceReference]
    type: Literal["context"] = "context"


@model
class ChatDone:
    """The answer to a message is complete. The title of a new conversation comes after it."""

    assistant_message_id: str
    tokens_used: int
    duration_ms: int
    llm_provider: str | None = None
    llm_model: str | None = None
    type: Literal["done"] = "done"


@model
class TitleUpdate:
    """The title that the server gave a new conversation."""

    conversation_id: str
    title: str
    type: Literal["title_update"] = "title_update"


@model
class ChatResult:
    """The whole answer to a message."""

    conversation_id: str
    user_message_id: str
    assistant_message_id: str
    content: str
    mode: QueryMode
    sources: list[SourceReference]
    stats: QueryStats
    tokens_used: int
    duration_ms: int
    llm_provider: str | None = None
    llm_model: str | None = None


#: An event of ``query.stream``.
QUERY_EVENT = tagged("type", QueryContext, Token, Thinking, QueryDone, OtherEvent)

#: An event of ``chat.stream``.
CHAT_EVENT = tagged("type", ConversationStarted, ChatContext, Token, Thinking, ChatDone, TitleUpdate, OtherEvent)
