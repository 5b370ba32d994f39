"""Input of a handler: the request, its caller, and helpers to read it and to build the reply.

A handler is a coroutine function from `Call` to a response; a `Route` says when it is called and who may call it.
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
    """Request being handled."""

    request: web.Request
    state: State
    user: str | None
    """Webin id of the caller; None without a login, and on routes that ignore the bearer token."""

    # Reading:

    def part(self, name: str) -> str:
        """Return a parameter of the path."""
        return self.request.match_info[name]

    def query(self, name: str) -> str | None:
        return self.request.query.get(name)

    def integer(self, name: str, default: int | None = None, *, minimum: int | None = None) -> int | None:
        """Return a whole number from the query. Raise ApiError 422 if it is not one."""
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
        """Return one of the allowed texts; an empty one counts as missing. Raise ApiError 422 for any other."""
        text = self.request.query.get(name)
        if not text:
            return None
        if text not in allowed:
            expected = ", ".join(f"'{value}'" for value in allowed)
            raise invalid("query", name, "literal_error", f"Input should be {expected}", expected=expected)
        return text

    async def body(self) -> Json:
        """Read the JSON object in the body. Raise ApiError 400 or 422 if it is invalid."""
        try:
            data: object = json.loads(await self.request.read())
        except (ValueError, RecursionError):
            raise ApiError(400, "Cannot parse request body") from None
        if not isinstance(data, dict):
            problem = {"type": "model_attributes_type", "loc": ["body", "payload"]}
            raise ApiError(422, [problem | {"msg": "Input should be a valid dictionary"}])
        return cast("Json", data)

    def visible(self, records: Iterable[RecordT]) -> list[RecordT]:
        """Return the records that are public or the caller's own."""
        return [record for record in records if record.owner in (None, self.user)]

    def one(self, record: RecordT | None) -> RecordT:
        """Return a record that was looked up. Raise ApiError 404, in two spellings."""
        if record is None:
            raise unknown()
        if record.owner not in (None, self.user):
            raise hidden()
        return record

    # Answering:

    @property
    def shapes(self) -> Shapes:
        """Return the converter from records to JSON, with links to files as this caller sees them."""
        host = self.state.settings.files_host
        url = self.request.url.origin() if host is None else self.request.url.origin().with_host(host)
        return Shapes(self.state.links, str(url))

    def page(self, items: Sequence[T], shape: Callable[[T], Json]) -> web.Response:
        """Return the requested page of a collection; past the end it is empty. Raise ApiError for a bad number."""
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
    """Treatment of a bearer token by a route."""

    IGNORED = "ignored"
    """Not read, valid or not; every caller sees the public data."""
    OPTIONAL = "optional"
    """Without a token, the public data; with one, also the caller's own. An invalid one is rejected."""
    REQUIRED = "required"


@attrs.frozen
class Route:
    """Method and path below the API's root, its handler, and its treatment of a bearer token."""

    method: str
    path: str
    handler: Handler
    access: Access = Access.IGNORED


def ordered(items: list[T], order: str | None, keys: Mapping[str, str]) -> list[T]:
    """Sort by ``name``, or descending by ``-name``, None last; without an order, keep the sequence.

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
    """Return the valid values of a parameter ``order``."""
    return tuple(sign + name for name in names for sign in ("", "-"))
