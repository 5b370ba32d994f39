"""Errors of EdgeQuake: problem documents from handlers, bare objects from middlewares, plain text from the framework.

Stores and handlers raise a `RefusalError`; the guard around each handler sends its reply.
"""

import json
import math
from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import Any

from aiohttp import web

_STATUSES = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "GONE": 410,
    "PAYLOAD_TOO_LARGE": 413,
    "VALIDATION_ERROR": 422,
    "ACCOUNT_LOCKED": 423,
    "RATE_LIMITED": 429,
    "INTERNAL_ERROR": 500,
    "NOT_IMPLEMENTED": 501,
    "LLM_ERROR": 502,
    "SERVICE_UNAVAILABLE": 503,
}
_CODES = {status: code for code, status in _STATUSES.items()}


class RefusalError(Exception, ABC):
    """Request that is answered with an error."""

    @abstractmethod
    def reply(self) -> web.Response: ...


class ApiError(RefusalError):
    """Error of a handler: ``application/problem+json`` with a code."""

    def __init__(self, code: str, message: str, *, details: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def reply(self) -> web.Response:
        return _problem(_STATUSES[self.code], self.code, self.message, self.details)


class UnauthorizedError(RefusalError):
    """Missing or wrong credentials, reported by the middleware before any handler: an object without a code."""

    def reply(self) -> web.Response:
        return _json(401, {"error": "unauthorized", "message": str(self)})


class RejectedError(RefusalError):
    """Request that the web framework rejects before a handler sees it: plain text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def reply(self) -> web.Response:
        return web.Response(status=self.status, text=str(self))


class RateLimitedError(RefusalError):
    """Too many requests of one tenant."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Rate limit exceeded. Retry after {retry_after} seconds.")
        self.retry_after = retry_after

    def reply(self) -> web.Response:
        body = {"error": "rate_limit_exceeded", "message": str(self), "retry_after_seconds": self.retry_after}
        response = _json(429, body)
        response.headers.update({"Retry-After": str(self.retry_after), "X-RateLimit-Remaining": "0"})
        return response


def not_found(kind: str, key: str) -> ApiError:
    return ApiError("NOT_FOUND", f"{kind} not found: {key}")


def reply_for(status: int, retry_after: float | None) -> web.Response:
    """Return the server's own reply with any status, for faults; they set Retry-After themselves."""
    if status == 401:
        return UnauthorizedError("Invalid or expired token").reply()
    if status == 429:
        response = RateLimitedError(math.ceil(retry_after or 1)).reply()
        del response.headers["Retry-After"]
        return response
    if status < 400:
        return web.Response(status=status)
    code = _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    return _problem(status, code, "This reply was scripted", None)


def _problem(status: int, code: str, message: str, details: Any) -> web.Response:
    slug = code.lower().replace("_", "-")
    body = {
        "code": code,
        "message": message,
        "type": f"https://edgequake.dev/problems/{slug}",
        "title": _title(status),
        "status": status,
    }
    if details is not None:
        body["details"] = details
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/problem+json")


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
