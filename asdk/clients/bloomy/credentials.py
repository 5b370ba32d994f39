"""Credentials for Bloom Growth: `BloomyLogin` gets keys with a password, `FoundKey` rereads a configured key."""

from __future__ import annotations

from collections.abc import Callable

from asdk import Config, ConfigurationError, Secret, TokenError, TokenRefusedError
from asdk.auth import (
    Credential,
    Handler,
    Identity,
    Token,
    form_request,
    read_token,
    secret_fingerprint,
    send_token_request,
)
from asdk.clients.bloomy.errors import AccountLockedError, WrongPasswordError
from asdk.http import parse_url


class BloomyLogin(Credential):
    """A login with the password grant.

    A key is valid for two weeks. There are no refresh tokens: shortly before a key expires, the client logs in again.

    Args:
        base_url: the base URL of the API; the token endpoint is ``/Token`` at the root of its host.
        username: the e-mail address of the account.
        password: the password of the account.

    Source: Bloom Growth API, ``POST /Token``; RFC 6749, section 4.3, with ``userName`` for ``username``.
    """

    rotates_refresh_tokens = False

    def __init__(self, base_url: str, username: str, password: str | Secret) -> None:
        self._url = f"{parse_url(base_url)[0]}/Token"
        self._username = username
        self._password = Secret(password)

    @property
    def identity(self) -> Identity:
        """Return the identity of the account at this server."""
        seed = secret_fingerprint(self._password, "bloomy login", short=True)
        return Identity(url=self._url, kind="bloomy login", account=self._username, seed=seed)

    async def fetch(self, send: Handler) -> Token:
        """Log in and return the key as a token."""
        fields = {"grant_type": "password", "userName": self._username, "password": self._password}
        return read_token(await send_token_request(send, form_request(self._url, fields)))

    def map_error(self, error: TokenError) -> TokenError:
        """Convert a rejected login to an error of this client, with a hint."""
        if not isinstance(error, TokenRefusedError):
            return error
        if "locked" in error.message.lower():
            return error.convert_to(AccountLockedError, hint="wait, and check the password before the next try")
        if error.code != "invalid_grant":
            return error.convert_to(TokenRefusedError, hint="check the base URL")
        hint = f"check the user name ({self._username}) and the password (BLOOMY_USERNAME, BLOOMY_PASSWORD)"
        return error.convert_to(WrongPasswordError, hint=hint)

    def __repr__(self) -> str:
        return f"BloomyLogin({self._url!r}, {self._username!r})"


def login_of(config: Config, base_url: str, username: str | None, password: Secret | None) -> BloomyLogin | None:
    """Return the login for a user name and password; None if both are missing.

    Raises:
        ConfigurationError: one of them is missing.
    """
    if username is not None and password is not None:
        return BloomyLogin(base_url, username, password)
    if username is None and password is None:
        return None
    missing = "password" if password is None else "username"
    raise ConfigurationError(
        f"{missing} is missing: a login requires username and password; not found in {config.looked_for(missing)}"
    )


class FoundKey(Credential):
    """A key from the environment or a file, which is read again when the server rejects it.

    A key that was rotated there is used without a restart.

    Args:
        look: returns the current key; None if it was removed.
        place: the source of the key, for error messages.
    """

    storable = False

    def __init__(self, look: Callable[[], Secret | None], place: str) -> None:
        self._look = look
        self._place = place

    async def fetch(self, send: Handler) -> Token:
        """Return the current key as a token."""
        key = self._look()
        if key is None:
            raise ConfigurationError(f"the API key was removed from {self._place}")
        return Token(value=key)

    def __repr__(self) -> str:
        return f"FoundKey({self._place!r})"
