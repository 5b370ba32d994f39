"""Errors of Apala: a code and a sentence in JSON. Stores and handlers raise them, the guard sends them."""

from typing import Any

from aiohttp import web

from asdk.sandbox.json_io import json_reply

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    410: "gone",
    413: "payload_too_large",
    422: "unprocessable_entity",
    429: "rate_limited",
    503: "service_unavailable",
}


class ApiError(Exception):
    """Request that is answered with an error.

    Args:
        status: of the reply.
        code: the member ``error``.
        message: for a person.
        further: other members of the reply.
    """

    def __init__(self, status: int, code: str, message: str, **further: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.further = further

    def reply(self) -> web.Response:
        return json_reply({"error": self.code, "message": self.message} | self.further, self.status)


def invalid(problem: str) -> ApiError:
    """Create the error for an invalid body."""
    return ApiError(400, "invalid_request", problem)


def reply_for(status: int, message: str = "This reply was scripted") -> web.Response:
    """Return the server's own reply with any status."""
    if status < 400:
        return web.Response(status=status)
    return ApiError(status, _CODES.get(status, "internal_error" if status >= 500 else "bad_request"), message).reply()
