"""What a handler gets: the request, who sent it, and the ways to read it and to answer.

A handler is a coroutine function from `Call` to a response; a `Route` says when it is called and who may.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum
from operator import attrgetter
from typing import TypeVar, cast

import attrs
from aiohttp import web

from asdk.sandbox.mgnify.errors import ApiError, hidden, invalid, json_reply, scripted, unknown
from asdk.sandbox.mgnify.jsontypes import Json
from asdk.sandbox.mgnify.shapes import Shapes
from asdk.sandbox.mgnify.store.records import Record
from asdk.sandbox.mgnify.store.state import State

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=Record)


@attrs.frozen(eq=False)
class Call:
    """One request on its way through a handler."""

    request: web.Request
    state: State
    user: str | None
    """The Webin id of the caller; None for nobody, and on routes that look at no bearer."""

    # Reading:

    def part(self, name: str) -> str:
        """A parameter of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)

    def integer(self, name: str, default: int | None = None, *, minimum: int | None = None) -> int | None:
        """A whole number of the query. Raises ApiError 422."""
        text = self.request.query.get(name)
        if text is None:
            return default
        try:
            number = int(text)
        except ValueError:
            message = "Input should be a valid integer, unable to parse string as an integer"
            raise invalid("query", name, "int_parsing", message) from None
        if minimum is not None and number < minimum:
            message = f"Input should be greater than or equal to {minimum}"
            raise invalid("query", name, "greater_than_equal", message, ge=minimum)
        return number

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """One of some texts; empty is the same as left out. Raises ApiError 422."""
        text = self.request.query.get(name)
        if not text:
            return None
        if text not in allowed:
            expected = ", ".join(f"'{value}'" for value in allowed)
            raise invalid("query", name, "literal_error", f"Input should be {expected}", expected=expected)
        return text

    async def body(self) -> Json:
        """The JSON object in the body. Raises ApiError 400 or 422."""
        try:
            data: object = json.loads(await self.request.read())
        except (ValueError, RecursionError):
            raise ApiError(400, "Cannot parse request body") from None
        if not isinstance(data, dict):
            problem = {"type": "model_attributes_type", "loc": ["body", "payload"]}
            raise ApiError(422, [problem | {"msg": "Input should be a valid dictionary"}])
        return cast("Json", data)

    def visible(self, records: Iterable[RecordT]) -> list[RecordT]:
        """Those that are public or the caller's own."""
        return [record for record in records if record.owner in (None, self.user)]

    def one(self, record: RecordT | None) -> RecordT:
        """A record that was looked up. Raises ApiError 404, in two spellings."""
        if record is None:
            raise unknown()
        if record.owner not in (None, self.user):
            raise hidden()
        return record

    # Answering:

    @property
    def shapes(self) -> Shapes:
        """Turns records into JSON, with links to files as this caller sees them."""
        host = self.state.settings.files_host
        url = self.request.url.origin() if host is None else self.request.url.origin().with_host(host)
        return Shapes(self.state.links, str(url))

    def page(self, items: Sequence[T], shape: Callable[[T], Json]) -> web.Response:
        """The page of a collection that was asked for; past the end it is empty. Raises ApiError."""
        number = self.integer("page", 1, minimum=1) or 1
        failing = self.state.settings.failing_pages.get(number)
        if failing is not None:
            raise scripted(failing)
        most = self.state.settings.page_size
        size = min(self.integer("page_size", most, minimum=1) or most, most)
        shown = items[(number - 1) * size : number * size]
        return json_reply({"items": [shape(item) for item in shown], "count": len(items)})

    def reply(self, body: Json) -> web.Response:
        return json_reply(body)


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Access(Enum):
    """What a route makes of a bearer."""

    IGNORED = "ignored"
    """It is not looked at, good or bad; everybody sees the public data."""
    OPTIONAL = "optional"
    """Without one, the public data; with one, the caller's own too. A bad one is refused."""
    REQUIRED = "required"


@attrs.frozen
class Route:
    """A method and path under the API's root, its handler, and what it makes of a bearer."""

    method: str
    path: str
    handler: Handler
    access: Access = Access.IGNORED


def ordered(items: list[T], order: str | None, keys: Mapping[str, str]) -> list[T]:
    """Sorted by ``name``, or by ``-name`` the other way round, None last; without an order, as they are.

    Args:
        keys: the attribute that each name stands for.
    """
    if order is None:
        return items
    key = attrgetter(keys[order.lstrip("-")])
    known = [item for item in items if key(item) is not None]
    rest = [item for item in items if key(item) is None]
    return sorted(known, key=key, reverse=order.startswith("-")) + rest


def orders(names: Iterable[str]) -> tuple[str, ...]:
    """The legal values of a parameter ``order``."""
    return tuple(sign + name for name in names for sign in ("", "-"))
