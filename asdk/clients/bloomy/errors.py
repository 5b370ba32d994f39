"""Errors of the Bloom Growth client: `APIError` for every rejected call, as in the guide, and login errors.

Each error also belongs to its class in asdk: ``except NotFoundError`` of asdk catches a 404 of this client too.
"""

from __future__ import annotations

import asdk
from asdk import StatusError, TokenRefusedError


class APIError(StatusError):
    """The server rejected a call."""

    @property
    def status_code(self) -> int:
        """Return the status, under the name used in the guide."""
        return self.status


class BadRequestError(APIError, asdk.BadRequestError):
    """400: the server did not understand the request."""


class AuthenticationError(APIError, asdk.AuthenticationError):
    """401: the key is wrong, revoked or older than two weeks. Get a new one with `Configuration.configure_api_key`."""


class PermissionDeniedError(APIError, asdk.PermissionDeniedError):
    """403: the owner of the key may not do this."""


class NotFoundError(APIError, asdk.NotFoundError):
    """404: the object does not exist in the organization of the key."""


class ConflictError(APIError, asdk.ConflictError):
    """409: the request conflicts with the current state of the object."""


class GoneError(APIError, asdk.GoneError):
    """410: the object no longer exists."""


class UnprocessableError(APIError, asdk.UnprocessableError):
    """422: the server rejects the values."""


class RateLimitError(APIError, asdk.RateLimitError):
    """429: too many requests. ``retry_after`` is the time to wait, if the server stated it."""


class ServerError(APIError, asdk.ServerError):
    """5xx: the server failed."""


class IncompleteMeetingError(APIError):
    """A meeting was created, but some users could not be added: add them, or delete the meeting.

    Attributes:
        meeting_id: the id of the new meeting.
        missing: the ids of the users who were not added.
    """

    meeting_id: int = 0
    missing: tuple[int, ...] = ()


class WrongPasswordError(TokenRefusedError):
    """The user name or the password is wrong."""


class AccountLockedError(TokenRefusedError):
    """The account is locked for a time after too many wrong passwords, even for the correct one."""


_KINDS: dict[type[StatusError], type[APIError]] = {
    kind.__mro__[2]: kind
    for kind in (
        BadRequestError,
        AuthenticationError,
        PermissionDeniedError,
        NotFoundError,
        ConflictError,
        GoneError,
        UnprocessableError,
        RateLimitError,
        ServerError,
    )
}


_HINTS = {
    403: "ask an administrator of the organization",
    404: "check the id: an API key can access only its own organization",
}
_TWO_WEEKS = "a key expires after two weeks; get a new one with Configuration().configure_api_key()"


def api_error(error: StatusError, *, bought: bool) -> APIError:
    """Convert an error to a class of this module, with a hint.

    Args:
        error: the error.
        bought: whether the client gets its keys with a password.
    """
    kind = _KINDS.get(type(error), APIError)
    hint = [error.hint, _HINTS.get(error.status), _TWO_WEEKS if error.status == 401 and not bought else None]
    return kind(
        error.message,
        method=error.method,
        template=error.template,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
        attempts=error.attempts,
        hint="; ".join(filter(None, hint)) or None,
        code=error.code,
        problem=error.problem,
        body=error.body,
    )
