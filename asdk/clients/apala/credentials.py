"""`ApalaKeyExchange`: the API key for an access token, renewed by its refresh token. Made by `Apala`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asdk.auth import Credential, Identity, Token, exchange, fingerprint, json_request, token_lifetime
from asdk.clients.apala.errors import InvalidApiKeyError, KeyNotPermittedError
from asdk.config import check_key
from asdk.errors import TokenRefusedError, TokenUnavailableError
from asdk.response import Response
from asdk.secret import Secret
from asdk.transports.base import Handler

_ADVICE: dict[int | None, tuple[type[TokenRefusedError], str]] = {
    401: (InvalidApiKeyError, "check APALA_API_KEY, or ask Apala for a new key"),
    403: (KeyNotPermittedError, "ask Apala to give the key this permission"),
}


class ApalaKeyExchange(Credential):
    """Exchanges the key for tokens, and renews them with the refresh token, the newest one if the server rotates it.

    A refresh that is refused falls back to the key. Tokens say whose they are: ``company_id`` and ``company_name`` of
    ``token.claims``.

    Args:
        base_url: of the server, such as ``"https://lender.example.org"``.
        api_key: the key.

    Raises:
        ConfigurationError: the key is empty, or holds a blank or a character that no key has.

    Source: Apala API, ``POST /api/auth/token`` and ``/api/auth/refresh``.
    """

    refresh_before = 60.0

    def __init__(self, base_url: str, api_key: str | Secret) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = check_key("the API key", Secret(api_key))

    @property
    def identity(self) -> Identity:
        account = fingerprint(self._api_key, "apala key")
        return Identity(url=f"{self._base_url}/api/auth/token", kind="apala key", account=account)

    async def fetch(self, send: Handler) -> Token:
        request = json_request(f"{self._base_url}/api/auth/token", {"api_key": self._api_key})
        refusal: TokenRefusedError
        try:
            response = await exchange(send, request)
        except TokenRefusedError as error:
            refusal = _advised(error)
        else:
            data: dict[str, Any] = response.json()
            about = {name: data[name] for name in ("company_id", "company_name") if isinstance(data.get(name), str)}
            return _token(response, about, refresh_token=None)
        try:
            raise refusal
        finally:
            del refusal  # a frame that keeps the error it raises makes a cycle

    async def renew(self, token: Token, send: Handler) -> Token:
        if token.refresh_token is None:
            return await self.fetch(send)
        request = json_request(f"{self._base_url}/api/auth/refresh", {"refresh_token": token.refresh_token})
        return _token(await exchange(send, request), token.claims, refresh_token=token.refresh_token)

    def __repr__(self) -> str:
        return f"ApalaKeyExchange({self._base_url!r})"


def _token(response: Response, claims: Mapping[str, Any], *, refresh_token: Secret | None) -> Token:
    """The token in a reply; where the reply brings no refresh token, the one that was sent stays good."""
    data: dict[str, Any] = response.json()
    value, renewed = data.get("access_token"), data.get("refresh_token")
    if not isinstance(value, str) or not value:
        raise TokenUnavailableError("the token endpoint answered without an access_token")
    return Token(
        value=value,
        lifetime=token_lifetime(response, data, Secret(value)),
        refresh_token=Secret(renewed) if isinstance(renewed, str) and renewed else refresh_token,
        claims=claims,
    )


def _advised(error: TokenRefusedError) -> TokenRefusedError:
    """The same refusal, with what to do about it."""
    kind, advice = _ADVICE.get(error.status, (TokenRefusedError, "check the API key and the base URL"))
    return kind(
        f"{error.message}; {advice}",
        method=error.method,
        template=error.template,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
        code=error.code,
    )
