"""Errors of Bloom Growth: a sentence under ``Message``, and OAuth's own shape at the token endpoint."""

from http import HTTPStatus

from aiohttp import web

from asdk.sandbox.json_io import json_reply


class RefusalError(Exception):
    """Request that is answered with an error: raised by stores and handlers, sent by the guard."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def reply(self) -> web.Response:
        return json_reply({"Message": str(self)}, self.status)


class GrantError(RefusalError):
    """Rejection by the token endpoint (RFC 6749, section 5.2)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(400, description)
        self.code = code

    def reply(self) -> web.Response:
        return json_reply({"error": self.code, "error_description": str(self)}, self.status)


def invalid(problem: str) -> RefusalError:
    """Create the error for an invalid body."""
    return RefusalError(400, f"The request is invalid: {problem}")


def not_found(kind: str, number: int) -> RefusalError:
    return RefusalError(404, f"{kind} {number} was not found")


def unauthorized() -> RefusalError:
    return RefusalError(401, "Authorization has been denied for this request.")


def reply_for(status: int) -> web.Response:
    """Return the server's own reply with any status, for faults that specify nothing else."""
    if status < 400:
        return web.Response(status=status)
    if status == 401:
        return unauthorized().reply()
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return RefusalError(status, phrase).reply()
