"""Errors of BioEPIC: ``{"detail": ...}`` with any status, and a challenge with a 401."""

import json
from http import HTTPStatus

from aiohttp import web


class ApiError(Exception):
    """Request that is answered with an error."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.detail = detail

    def reply(self) -> web.Response:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return json_reply({"detail": self.detail}, self.status, headers)


def reply_for(status: int) -> web.Response:
    """Return the server's own reply with any status, for faults that specify nothing else."""
    if status < 400:
        return web.Response(status=status)
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return ApiError(status, "Not authenticated" if status == 401 else phrase).reply()


def json_reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)
