"""Bloom Growth's errors: `APIError` for every refused call, as the guide catches it, and why a password buys no key.

Each error is of its class in asdk's tree as well: ``except NotFoundError`` of asdk catches a 404 of this client too.
"""

from __future__ import annotations

from asdk import errors
from asdk.errors import StatusError, TokenRefusedError


class APIError(StatusError):
    """The server refused a call."""

    @property
    def status_code(self) -> int:
        """The status, by the name that the guide uses."""
        return self.status


class BadRequestError(APIError, errors.BadRequestError):
    """400: the server did not understand the request."""


class AuthenticationError(APIError, errors.AuthenticationError):
    """401: the key is wrong, revoked or older than two weeks; get a new one with `Configuration.configure_api_key`."""


class PermissionDeniedError(APIError, errors.PermissionDeniedError):
    """403: the owner of the key may not do this."""


class NotFoundError(APIError, errors.NotFoundError):
    """404: there is no such thing in the organisation of the key."""


class ConflictError(APIError, errors.ConflictError):
    """409: the request does not fit the present state of the thing."""


class GoneError(APIError, errors.GoneError):
    """410: the thing existed and is no more."""


class UnprocessableError(APIError, errors.UnprocessableError):
    """422: the values are refused."""


class RateLimitError(APIError, errors.RateLimitError):
    """429: too many requests; ``retry_after`` says how long to wait, if the server did."""


class ServerError(APIError, errors.ServerError):
    """5xx: the server failed."""


class IncompleteMeetingError(APIError):
    """A meeting was created, but not everybody could be added: add the others, or delete it.

    Attributes:
        meeting_id: of the meeting that stays.
        missing: the ids of the users who are not in it.
    """

    meeting_id: int = 0
    missing: tuple[int, ...] = ()


class WrongPasswordError(TokenRefusedError):
    """There is no account with this name and password."""


class AccountLockedError(TokenRefusedError):
    """Too many wrong passwords: the account is locked for a while, also for the right one."""


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
    403: "ask an administrator of the organisation",
    404: "check the id: a key sees its own organisation only",
}
_TWO_WEEKS = "a key lives two weeks, and Configuration().configure_api_key() gets the next one"


def api_error(error: StatusError, *, bought: bool) -> APIError:
    """The same error as one of these, with what to do about it.

    Args:
        error: what the server said.
        bought: whether the client buys its keys with a password.
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
