"""How Bloom Growth says no: a sentence under ``Message``, and OAuth's own shape at the token endpoint."""

from http import HTTPStatus

from aiohttp import web

from asdk.sandbox.json_io import json_reply


class RefusalError(Exception):
    """A request that is answered with an error: what stores and handlers raise, and the guard sends."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def reply(self) -> web.Response:
        return json_reply({"Message": str(self)}, self.status)


class GrantError(RefusalError):
    """A refusal of the token endpoint (RFC 6749, section 5.2)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(400, description)
        self.code = code

    def reply(self) -> web.Response:
        return json_reply({"error": self.code, "error_description": str(self)}, self.status)


def invalid(problem: str) -> RefusalError:
    """For what is wrong with a body."""
    return RefusalError(400, f"The request is invalid: {problem}")


def not_found(kind: str, number: int) -> RefusalError:
    return RefusalError(404, f"{kind} {number} was not found")


def unauthorized() -> RefusalError:
    return RefusalError(401, "Authorization has been denied for this request.")


def reply_for(status: int) -> web.Response:
    """The server's own reply with any status, for faults that say no more."""
    if status < 400:
        return web.Response(status=status)
    if status == 401:
        return unauthorized().reply()
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return RefusalError(status, phrase).reply()
