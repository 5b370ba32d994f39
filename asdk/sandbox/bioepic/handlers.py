"""The three operations: a token, a page of a collection, one record."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, cast

import attrs
from aiohttp import web

from asdk.sandbox.bioepic.collections import Collections, Page
from asdk.sandbox.bioepic.errors import ApiError, json_reply
from asdk.sandbox.bioepic.filters import Record
from asdk.sandbox.bioepic.settings import BioEPICSettings, ListShape
from asdk.sandbox.bioepic.tokens import Tokens

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@attrs.frozen(eq=False)
class Handlers:
    """Handlers that answer requests from the server's state."""

    settings: BioEPICSettings
    tokens: Tokens
    collections: Collections

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/token", _refusing(self.token)),
            web.get("/api/{collection}", _refusing(self.records), allow_head=False),
            web.get("/api/{collection}/{id}", _refusing(self.record), allow_head=False),
        ]

    async def token(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            raise ApiError(422, "Send the grant as a form")
        form = await request.post()
        return json_reply(self.tokens.grant({name: str(value) for name, value in form.items()}))

    async def records(self, request: web.Request) -> web.Response:
        self._admit(request)
        query = request.query
        fields = [name.strip() for name in query.get("projection", "").split(",")]
        page = self.collections.page(
            request.match_info["collection"],
            _filter(query.get("filter", "")),
            size=_size(query.get("max_page_size"), self.settings.page_size),
            fields=[name for name in fields if name],
            token=query.get("page_token") or None,
        )
        return json_reply(_wrap(page, self.settings.list_shape))

    async def record(self, request: web.Request) -> web.Response:
        self._admit(request)
        return json_reply(self.collections.find(request.match_info["collection"], request.match_info["id"]))

    def _admit(self, request: web.Request) -> None:
        if self.settings.require_auth:
            self.tokens.check(request.headers.get("Authorization", ""))


def _refusing(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """Wrap a handler so that errors become replies."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as refusal:
            return refusal.reply()

    return handle


def _filter(text: str) -> Record:
    if not text:
        return {}
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ApiError(422, "filter must be a JSON object")
    return cast("Record", data)


def _size(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ApiError(422, "max_page_size must be a whole number of at least 0")
    return int(text[:9])


def _wrap(page: Page, shape: ListShape) -> Any:
    if shape is ListShape.ARRAY:
        return page.results
    body: Record = {} if page.next_page_token is None else {"next_page_token": page.next_page_token}
    if shape is ListShape.MISSING:
        return body
    name = "resources" if shape is ListShape.RESOURCES else "results"
    return {name: None if shape is ListShape.NULL else page.results} | body
