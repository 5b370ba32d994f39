"""`ApiKey` and `BearerToken`: credentials that are a token already; `NoCredential`: the lack of one."""

from __future__ import annotations

from asdk.auth.credentials.base import Credential
from asdk.auth.token import Token
from asdk.config import check_key
from asdk.errors import ConfigurationError
from asdk.http.headers import check_name
from asdk.secret import Secret
from asdk.transports.base import Handler


class ApiKey(Credential):
    """A key that every request presents in a header. It is in no store: whoever has it needs none.

    Args:
        key: the key.
        header: the name of the header field.
        scheme: goes before the key; empty for the bare key.

    Raises:
        ConfigurationError: the key is empty, or holds a blank or a character that no key has.
    """

    storable = False

    def __init__(self, key: str | Secret, *, header: str = "X-API-Key", scheme: str = "") -> None:
        key = Secret(key)  # before the checks: the traceback of a refusal may show what is here
        self._header = header
        self._scheme = scheme
        self._value = check_key("the API key", key)
        check_name(header)

    async def fetch(self, send: Handler) -> Token:
        return Token(value=self._value, header=self._header, scheme=self._scheme)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(header={self._header!r})"


class BearerToken(ApiKey):
    """A ready-made access token, presented as ``Authorization: Bearer``. Source: RFC 6750, section 2.1.

    It cannot be renewed: when the server no longer takes it, calls fail with `AuthenticationError`.
    """

    def __init__(self, token: str | Secret) -> None:
        token = Secret(token)
        super().__init__(token, header="Authorization", scheme="Bearer")


class NoCredential(Credential):
    """Stands in where no credential was found: a call that needs a token fails with the reason, before anything is
    sent.

    Calls with ``authenticate=False``, such as a login, work.

    Args:
        reason: says what was looked for and where.
    """

    storable = False

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def fetch(self, send: Handler) -> Token:
        raise ConfigurationError(self._reason)
