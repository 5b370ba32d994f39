"""`ApalaKeyExchange`: the API key for an access token, renewed by its refresh token. Made by `Apala`."""

from __future__ import annotations

from typing import Any

import attrs

from asdk.auth import Credential, Identity, Token, json_request, read_token, secret_fingerprint, send_token_request
from asdk.clients.apala.errors import InvalidApiKeyError, KeyNotPermittedError
from asdk.config import check_key
from asdk.errors import TokenError, TokenRefusedError, TokenUnavailableError
from asdk.http.response import Response
from asdk.secret import Secret
from asdk.transports.base import Handler

_HINTS: dict[int | None, tuple[type[TokenRefusedError], str]] = {
    401: (InvalidApiKeyError, "check {place}, or ask Apala for a new key"),
    403: (KeyNotPermittedError, "ask Apala to give the key this permission"),
}

# Statuses by which the server asks for patience.
_PATIENCE = frozenset({408, 429})


class ApalaKeyExchange(Credential):
    """Exchanges the key for tokens, and renews them with the refresh token, the newest one if the server rotates it.

    A refresh that is refused, or that the server fails to do, falls back to the key. Tokens say whose they are:
    ``company_id`` and ``company_name`` of ``token.claims``.

    Args:
        base_url: of the server, such as ``"https://lender.example.org"``.
        api_key: the key.
        place: where it was found, for an error that says what to check.

    Raises:
        ConfigurationError: the key is empty, or holds a blank or a character that no key has.

    Source: Apala API, ``POST /api/auth/token`` and ``/api/auth/refresh``.
    """

    refresh_before = 60.0

    def __init__(self, base_url: str, api_key: str | Secret, *, place: str = "the API key") -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = check_key("the API key", Secret(api_key))
        self._place = place

    @property
    def identity(self) -> Identity:
        account = secret_fingerprint(self._api_key, "apala key")
        return Identity(url=f"{self._base_url}/api/auth/token", kind="apala key", account=account)

    async def fetch(self, send: Handler) -> Token:
        request = json_request(f"{self._base_url}/api/auth/token", {"api_key": self._api_key})
        response = await send_token_request(send, request)
        return attrs.evolve(read_token(response), claims=_whose(response))

    async def refresh(self, token: Token, send: Handler) -> Token:
        if token.refresh_token is None:
            return await self.fetch(send)
        request = json_request(f"{self._base_url}/api/auth/refresh", {"refresh_token": token.refresh_token})
        try:
            response = await send_token_request(send, request)
            # Where the reply brings no refresh token, the one that was sent stays good.
            return attrs.evolve(read_token(response, token.refresh_token), claims=token.claims)
        except TokenUnavailableError as error:
            # What never arrived, or came too often, would fare no better with the key.
            if error.status is None or error.status in _PATIENCE:
                raise
        return await self.fetch(send)

    def map_error(self, error: TokenError) -> TokenError:
        if not isinstance(error, TokenRefusedError):
            return error
        kind, hint = _HINTS.get(error.status, (TokenRefusedError, "check {place} and the base URL"))
        return error.convert_to(kind, hint=hint.format(place=self._place))

    def __repr__(self) -> str:
        return f"ApalaKeyExchange({self._base_url!r})"


def _whose(response: Response) -> dict[str, str]:
    """The company that a reply names. Here, where nothing holds the reply's tokens for longer."""
    data: dict[str, Any] = response.json()
    return {name: data[name] for name in ("company_id", "company_name") if isinstance(data.get(name), str)}
