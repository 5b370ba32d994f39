"""How a client gets its key: `BloomyLogin` buys one with a password, `FoundKey` looks again where it was found."""

from __future__ import annotations

from collections.abc import Callable

from asdk.auth import Credential, Identity, Token, form_request, read_token, secret_fingerprint, send_token_request
from asdk.clients.bloomy.errors import AccountLockedError, WrongPasswordError
from asdk.config import Config
from asdk.errors import ConfigurationError, TokenError, TokenRefusedError
from asdk.http.urls import parse_url
from asdk.secret import Secret
from asdk.transports.base import Handler


class BloomyLogin(Credential):
    """The password grant. A key lives two weeks, there is no refresh token: near its end the password buys the next.

    Args:
        base_url: of the API; the token endpoint is ``/Token`` at the root of its host.
        username: the e-mail address of the account.
        password: its password.

    Source: Bloom Growth API, ``POST /Token``; RFC 6749, section 4.3, with ``userName`` for ``username``.
    """

    rotates_refresh_tokens = False

    def __init__(self, base_url: str, username: str, password: str | Secret) -> None:
        self._url = f"{parse_url(base_url)[0]}/Token"
        self._username = username
        self._password = Secret(password)

    @property
    def identity(self) -> Identity:
        seed = secret_fingerprint(self._password, "bloomy login", short=True)
        return Identity(url=self._url, kind="bloomy login", account=self._username, seed=seed)

    async def fetch(self, send: Handler) -> Token:
        fields = {"grant_type": "password", "userName": self._username, "password": self._password}
        return read_token(await send_token_request(send, form_request(self._url, fields)))

    def map_error(self, error: TokenError) -> TokenError:
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
    """The login with what was found of one; None if nothing was.

    Raises:
        ConfigurationError: one half of it is missing.
    """
    if username is not None and password is not None:
        return BloomyLogin(base_url, username, password)
    if username is None and password is None:
        return None
    missing = "password" if password is None else "username"
    raise ConfigurationError(
        f"a login needs username and password; no {missing}: looked for {config.looked_for(missing)}"
    )


class FoundKey(Credential):
    """A key from the environment or the file. When the server no longer takes it, the place is looked at again: a key
    that was rotated there is used without a restart.

    Args:
        look: gives the key as it stands there now; None if there is none any more.
        place: where that is, for an error.
    """

    storable = False

    def __init__(self, look: Callable[[], Secret | None], place: str) -> None:
        self._look = look
        self._place = place

    async def fetch(self, send: Handler) -> Token:
        key = self._look()
        if key is None:
            raise ConfigurationError(f"the API key is gone from where it was found: {self._place}")
        return Token(value=key)

    def __repr__(self) -> str:
        return f"FoundKey({self._place!r})"
