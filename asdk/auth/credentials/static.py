"""Credentials that are tokens already, such as `ApiKey`; and `NoCredential`, for a client without a credential."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property

import attrs

from asdk.auth.credentials.base import Credential
from asdk.auth.token import Token
from asdk.config import check_key
from asdk.errors import ConfigurationError
from asdk.http.headers import FRAMING, Headers, check_name, framing_error
from asdk.http.urls import has_surrogate
from asdk.secret import MaskedStr, Secret
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


class BasicAuth(Credential):
    """A user name and password that every request sends as ``Authorization: Basic``. They are never stored.

    Args:
        username: without a colon. Some APIs take an API key here, and no password.
        password: may be empty.

    Raises:
        ConfigurationError: the user name is empty or contains a colon, or one of them contains a control character.

    Source: RFC 7617.
    """

    storable = False

    def __init__(self, username: str | Secret, password: str | Secret = "") -> None:
        username, password = (
            Secret(username),
            Secret(password),
        )  # before the checks, whose tracebacks may show variables
        self._value = _basic_value(username, password)

    async def fetch(self, send: Handler) -> Token:
        """Return user name and password as a token, without a request."""
        return Token(value=self._value, scheme="Basic")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _basic_value(username: Secret, password: Secret) -> Secret:
    problem = _basic_problem(username.reveal(), password.reveal())
    if problem is not None:
        raise ConfigurationError(problem)  # raised here, where no local contains the plain text
    return Secret(base64.b64encode(f"{username.reveal()}:{password.reveal()}".encode()).decode())


def _basic_problem(username: str, password: str) -> str | None:
    if not username or ":" in username:
        return "the user name of BasicAuth must not be empty or contain a colon"
    for label, text in (("user name", username), ("password", password)):
        if has_surrogate(text) or not all(character.isprintable() for character in text):
            return f"the {label} of BasicAuth must not contain control characters"
    return None


class HeaderKeys(Credential):
    """Several keys that every request sends, each in a header of its own, such as a client id and a secret.

    Args:
        keys: the keys by header name.

    Raises:
        ConfigurationError: the mapping is empty, or a key is empty or contains a blank or an invalid character.
    """

    storable = False

    def __init__(self, keys: Mapping[str, str | Secret]) -> None:
        if not isinstance(keys, Mapping) or not keys:
            raise ConfigurationError("the keys of HeaderKeys must be a mapping of header names to keys, and not empty")
        hidden = {check_name(header): Secret(key) for header, key in keys.items()}
        for header in hidden:
            if header.lower() in FRAMING:
                raise framing_error(header)
        self._keys = {header: check_key(f"the key for {header}", key) for header, key in hidden.items()}

    async def fetch(self, send: Handler) -> Token:
        """Return the keys as a token, without a request."""
        return _KeysToken(value=next(iter(self._keys.values())), keys=self._keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._keys)})"


@attrs.frozen(kw_only=True, slots=False, repr=False)
class _KeysToken(Token):
    """A token of several header fields."""

    keys: Mapping[str, Secret]

    @cached_property
    def headers(self) -> Headers:
        return Headers({header: MaskedStr(key.reveal()) for header, key in self.keys.items()})


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
