"""Events of ``query.stream`` and ``chat.stream``, distinguished by ``type``."""

from __future__ import annotations

from typing import Any, Literal

from asdk import Unknown, model, tagged
from asdk.clients.edgequake.models.queries import QueryMode, QueryStats, SourceReference, Subgraph


@model
class Token:
    """Piece of the answer. All pieces together are its text."""

    content: str
    type: Literal["token"] = "token"


@model
class Thinking:
    """Piece of the language model's reasoning before the answer."""

    content: str
    type: Literal["thinking"] = "thinking"


@model
class QueryContext:
    """First event of a query stream, with the sources of the answer."""

    sources: list[SourceReference]
    query_mode: QueryMode
    retrieval_time_ms: int
    subgraph: Subgraph | None = None
    bundle: Any = None
    type: Literal["context"] = "context"


@model
class QueryStreamStats:
    """Statistics of a streamed answer, in milliseconds and tokens."""

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
    """Last event of a query stream: the answer is complete."""

    stats: QueryStreamStats
    llm_provider: str | None = None
    llm_model: str | None = None
    type: Literal["done"] = "done"


@model
class ConversationStarted:
    """First event of a chat stream, with the conversation of the message and its answer."""

    conversation_id: str
    user_message_id: str
    type: Literal["conversation"] = "conversation"


@model
class ChatContext:
    """Event with the sources of the answer, if any."""

    sources: list[SourceReference]
    type: Literal["context"] = "context"


@model
class ChatDone:
    """Event that the answer is complete. The title of a new conversation follows it."""

    assistant_message_id: str
    tokens_used: int
    duration_ms: int
    llm_provider: str | None = None
    llm_model: str | None = None
    type: Literal["done"] = "done"


@model
class TitleUpdate:
    """Event with the title of a new conversation."""

    conversation_id: str
    title: str
    type: Literal["title_update"] = "title_update"


@model
class ChatResult:
    """Complete answer to a message."""

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


#: The decoder of events of ``query.stream``.
QUERY_EVENT = tagged("type", QueryContext | Token | Thinking | QueryDone, rest=Unknown)

#: The decoder of events of ``chat.stream``.
CHAT_EVENT = tagged("type", ConversationStarted | ChatContext | Token | Thinking | ChatDone | TitleUpdate, rest=Unknown)
