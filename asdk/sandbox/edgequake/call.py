"""Input of a handler: the request, its caller, and helpers to read it and to build the reply.

A handler is a coroutine function from `Call` to a response; a `Route` says when it is called and who may call it.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.bodies import read_json
from asdk.sandbox.edgequake.errors import ApiError, RejectedError, UnauthorizedError
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID, DEFAULT_WORKSPACE_ID
from asdk.sandbox.edgequake.store.api_keys import ApiKey
from asdk.sandbox.edgequake.store.graph import Graph
from asdk.sandbox.edgequake.store.library import Library
from asdk.sandbox.edgequake.store.state import State

T = TypeVar("T")
Json = dict[str, Any]
_MAX_PAGE_SIZE = 100


@attrs.frozen
class Caller:
    """Sender of a request."""

    user_id: str
    username: str
    role: str
    api_key: ApiKey | None = None
    """API key that the user authenticated with; None for a session, which has all permissions of the user."""


ANONYMOUS = Caller("", "", "anonymous")


@attrs.frozen
class Page:
    """Requested part of a list; a number out of range is replaced by the nearest valid one."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def of(self, items: list[T]) -> list[T]:
        return items[self.offset : self.offset + self.size]

    def envelope(self, key: str, items: list[Json], total: int) -> Json:
        return {
            key: items,
            "total": total,
            "page": self.number,
            "page_size": self.size,
            "total_pages": -(-total // self.size),
        }


@attrs.frozen
class Window:
    """Requested part of a list, by offset and limit."""

    offset: int
    limit: int

    def envelope(self, items: list[T], shape: Callable[[T], Json]) -> Json:
        shown = items[self.offset : self.offset + self.limit]
        return {
            "items": [shape(item) for item in shown],
            "total": len(items),
            "offset": self.offset,
            "limit": self.limit,
        }


@attrs.frozen(eq=False)
class Call:
    """Request being handled."""

    request: web.Request
    state: State
    caller: Caller

    # Reading:

    async def body(self, model: type[T]) -> T:
        """Read the JSON body as a model. Raise RejectedError if it is invalid."""
        return await read_json(self.request, model)

    async def body_or_default(self, model: type[T]) -> T:
        """Read the JSON body, which the vendor's package omits; strict servers require it. Raise RejectedError."""
        if not self.has_body and not self.state.settings.strict:
            return model()
        return await self.body(model)

    @property
    def has_body(self) -> bool:
        return self.request.can_read_body

    def part(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)

    def number(self, name: str, default: int) -> int:
        """Return a whole number from the query. Raise RejectedError if it is not one."""
        text = self.request.query.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()):
            raise RejectedError(400, f"Failed to deserialize query string: {name}: invalid digit found in string")
        return int(text[:9])  # no list has more than nine digits of items

    @property
    def page(self) -> Page:
        """Return ``page`` and ``page_size``. Raise RejectedError if one is not a number."""
        size = min(max(self.number("page_size", 20), 1), _MAX_PAGE_SIZE)
        return Page(max(self.number("page", 1), 1), size)

    @property
    def window(self) -> Window:
        """Return ``offset`` and ``limit``. Raise RejectedError if one is not a number."""
        return Window(self.number("offset", 0), min(max(self.number("limit", 20), 1), _MAX_PAGE_SIZE))

    @property
    def tenant_id(self) -> str:
        return _named(self.request.headers.get("X-Tenant-ID"), DEFAULT_TENANT_ID)

    @property
    def workspace_id(self) -> str:
        return _named(self.request.headers.get("X-Workspace-ID"), DEFAULT_WORKSPACE_ID)

    @property
    def library(self) -> Library:
        """Return the documents of the tenant and workspace that the headers name."""
        return self.state.library(self.tenant_id, self.workspace_id)

    @property
    def graph(self) -> Graph:
        """Return the knowledge graph of the same workspace."""
        return self.state.graph(self.tenant_id, self.workspace_id)

    @property
    def identity(self) -> tuple[str, str]:
        """Return tenant and user, which chat and conversations require. Raise UnauthorizedError if one is missing."""
        headers = self.request.headers
        tenant, user = headers.get("X-Tenant-ID", ""), headers.get("X-User-ID", "")
        named = DEFAULT_TENANT_ID if tenant == "default" else tenant, user
        for header, value in zip(("X-Tenant-ID", "X-User-ID"), named, strict=True):
            try:
                uuid.UUID(value)
            except ValueError:
                raise UnauthorizedError(f"{header} header with a UUID is required") from None
        return named

    def flag(self, name: str) -> bool | None:
        """Return a boolean from the query. Raise RejectedError if it is not one."""
        text = self.request.query.get(name)
        if text not in (None, "true", "false"):
            raise RejectedError(400, f"Failed to deserialize query string: {name}: provided string was not `true`")
        return None if text is None else text == "true"

    def require_admin(self) -> None:
        """Raise ApiError FORBIDDEN unless the caller is an administrator."""
        if self.caller.role != "admin":
            raise ApiError("FORBIDDEN", "Administrators only")

    # Answering:

    def also(self, body: Json, **aliases: Any) -> Json:
        """Return the body with additional keys, the names that the vendor's package expects.

        Strict servers leave them out.
        """
        return body if self.state.settings.strict else body | aliases

    def reply(self, body: Json | list[Json], status: int = 200) -> web.Response:
        return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")

    def no_content(self) -> web.Response:
        return web.Response(status=204)


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@attrs.frozen
class Route:
    """Method and path, the handler, and what a caller needs for it."""

    method: str
    path: str
    handler: Handler
    public: bool = False
    """Requires no credentials."""
    reads: bool = False
    """Changes nothing, although it is not a GET."""

    @property
    def scope(self) -> str:
        """Return the scope that an API key needs."""
        return "read" if self.reads or self.method == "GET" else "write"


def present(values: Mapping[str, Any]) -> Json:
    """Drop the keys that are None: the server omits optional keys."""
    return {key: value for key, value in values.items() if value is not None}


def record(value: object) -> Json:
    """Return a stored record by the names of its fields, without those that are None."""
    return present(attrs.asdict(cast("attrs.AttrsInstance", value), recurse=False))


def _named(header: str | None, default: str) -> str:
    return default if header is None or header in ("", "default") else header
