"""How BioEPIC says no: ``{"detail": ...}`` with any status, and a challenge beside a 401."""

import json
from http import HTTPStatus

from aiohttp import web


class ApiError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail

    def reply(self) -> web.Response:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return json_reply({"detail": self.detail}, self.status, headers)


def reply_for(status: int) -> web.Response:
    """The server's own reply with any status, for faults that say no more."""
    if status < 400:
        return web.Response(status=status)
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return ApiError(status, "Not authenticated" if status == 401 else phrase).reply()


def json_reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)
