"""Errors of MGnify: ``{"detail": ...}`` from handlers, containing a list for bad parameters; HTML for unknown paths.

Stores and handlers raise an `ApiError`; the guard around each handler sends its reply.
"""

import json
from http import HTTPStatus

from aiohttp import web

from asdk.sandbox.mgnify.jsontypes import Json


class ApiError(Exception):
    """Request that is answered with an error."""

    def __init__(self, status: int, detail: object, **more: object) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.body: Json = {"detail": detail, **more}

    def reply(self) -> web.Response:
        return json_reply(self.body, self.status)


def invalid(place: str, name: str, kind: str, message: str, **context: object) -> ApiError:
    """Create a 422 for one invalid parameter or member. The detail is a list, here with one entry."""
    problem: Json = {"type": kind, "loc": [place, name] if place == "query" else [place, "payload", name]}
    problem["msg"] = message
    if context:
        problem["ctx"] = context
    return ApiError(422, [problem])


def unknown() -> ApiError:
    """Create the error for an object that does not exist."""
    return ApiError(404, "Not Found")


def hidden() -> ApiError:
    """Create the error for another account's private object: only its period tells it from a missing one."""
    return ApiError(404, "Not found.")


def refused_token() -> ApiError:
    """Create the token endpoints' error for an invalid token."""
    return ApiError(401, "Token is invalid or expired", code="token_not_valid")


def refused_bearer() -> ApiError:
    """Create the other routes' error for an invalid token."""
    reason = {"token_class": "SlidingToken", "token_type": "sliding", "message": "Token is invalid or expired"}
    return ApiError(401, "Given token not valid for any token type", code="token_not_valid", messages=[reason])


def scripted(status: int) -> ApiError:
    """Return the server's own text for a status, for tests that need one."""
    if status == 401:
        return refused_bearer()
    return ApiError(status, "Too many requests." if status == 429 else _phrase(status))


def reply_for(status: int) -> web.Response:
    """Return the server's own reply with any status, for faults that specify nothing else."""
    return web.Response(status=status) if status < 400 else scripted(status).reply()


def html_page(status: int) -> web.Response:
    """Return the web framework's own page, sent before the API handles a request."""
    title = _phrase(status)
    text = "The requested resource was not found on this server." if status == 404 else title
    page = f'<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n'
    page += f"<body>\n  <h1>{title}</h1><p>{text}</p>\n</body>\n</html>\n"
    return web.Response(status=status, text=page, content_type="text/html")


def json_reply(body: object, status: int = 200) -> web.Response:
    data = json.dumps(body).encode()
    return web.Response(status=status, body=data, content_type="application/json", charset="utf-8")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
