"""`ApiKey` and `BearerToken`, which are tokens already, and `NoCredential`, for a client without a credential."""

from __future__ import annotations

from asdk.auth.credentials.base import Credential
from asdk.auth.token import Token
from asdk.config import check_key
from asdk.errors import ConfigurationError
from asdk.http.headers import check_name
from asdk.secret import Secret
from asdk.transports.base import Handler


class ApiKey(Credential):
    """A key that every request sends in a header. It is never stored.

    Args:
        key: the key.
        header: the name of the header field.
        scheme: precedes the key; empty for the bare key.

    Raises:
        ConfigurationError: the key is empty, or contains a blank or an invalid character.
    """

    storable = False

    def __init__(self, key: str | Secret, *, header: str = "X-API-Key", scheme: str = "") -> None:
        key = Secret(key)  # before the checks, whose tracebacks may show local variables
        self._header = header
        self._scheme = scheme
        self._value = check_key("the API key", key)
        check_name(header)

    async def fetch(self, send: Handler) -> Token:
        """Return the key as a token, without a request."""
        return Token(value=self._value, header=self._header, scheme=self._scheme)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(header={self._header!r})"


class BearerToken(ApiKey):
    """An existing access token, sent as ``Authorization: Bearer``.

    It cannot be refreshed: when the server no longer accepts it, calls fail with `AuthenticationError`.

    Source: RFC 6750, section 2.1.
    """

    def __init__(self, token: str | Secret) -> None:
        token = Secret(token)
        super().__init__(token, header="Authorization", scheme="Bearer")


class NoCredential(Credential):
    """A placeholder if no credential was found: a call that needs a token fails with the reason, before it is sent.

    Calls with ``authenticate=False``, such as a login, work.

    Args:
        reason: the message of the error, such as which settings were looked for and where.
    """

    storable = False

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def fetch(self, send: Handler) -> Token:
        """Raise a `ConfigurationError` with the reason."""
        raise ConfigurationError(self._reason)
