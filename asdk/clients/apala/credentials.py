"""`ApalaKeyExchange`: the credential that exchanges an API key for access tokens. Created by `Apala`."""

from __future__ import annotations

from typing import Any

import attrs

from asdk import Response, Secret, TokenError, TokenRefusedError, TokenUnavailableError
from asdk.auth import (
    Credential,
    Handler,
    Identity,
    Token,
    json_request,
    read_token,
    secret_fingerprint,
    send_token_request,
)
from asdk.client import check_key
from asdk.clients.apala.errors import InvalidApiKeyError, KeyNotPermittedError

_HINTS: dict[int | None, tuple[type[TokenRefusedError], str]] = {
    401: (InvalidApiKeyError, "check {place}, or ask Apala for a new key"),
    403: (KeyNotPermittedError, "ask Apala to give the key this permission"),
}

# Statuses with which the server asks the client to wait.
_TEMPORARY = frozenset({408, 429})


class ApalaKeyExchange(Credential):
    """The exchange of an API key for access tokens, which are refreshed with the newest refresh token.

    If a refresh is rejected or fails on the server, the API key is exchanged again. ``token.claims`` contains the
    company of the key: ``company_id`` and ``company_name``.

    Args:
        base_url: the base URL of the server, such as ``"https://lender.example.org"``.
        api_key: the API key.
        place: the setting that the key came from, for error messages.

    Raises:
        ConfigurationError: the key is empty, or contains a space or another invalid character.

    Source: Apala API, ``POST /api/auth/token`` and ``/api/auth/refresh``.
    """

    refresh_before: float = 60.0

    def __init__(self, base_url: str, api_key: str | Secret, *, place: str = "the API key") -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = check_key("the API key", Secret(api_key))
        self._place = place

    @property
    def identity(self) -> Identity:
        """Return the identity of the API key at this server."""
        account = secret_fingerprint(self._api_key, "apala key")
        return Identity(url=f"{self._base_url}/api/auth/token", kind="apala key", account=account)

    async def fetch(self, send: Handler) -> Token:
        """Exchange the API key for a token."""
        request = json_request(f"{self._base_url}/api/auth/token", {"api_key": self._api_key})
        response = await send_token_request(send, request)
        return attrs.evolve(read_token(response), claims=_read_company(response))

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Refresh the token, or exchange the API key if that fails."""
        if token.refresh_token is None:
            return await self.fetch(send)
        request = json_request(f"{self._base_url}/api/auth/refresh", {"refresh_token": token.refresh_token})
        try:
            response = await send_token_request(send, request)
            # Without a refresh token in the reply, the current one remains valid.
            return attrs.evolve(read_token(response, token.refresh_token), claims=token.claims)
        except TokenUnavailableError as error:
            # After a network error or a rate limit, exchanging the key would fail too.
            if error.status is None or error.status in _TEMPORARY:
                raise
        return await self.fetch(send)

    def map_error(self, error: TokenError) -> TokenError:
        """Convert a rejection to an error of this client, with a hint."""
        if not isinstance(error, TokenRefusedError):
            return error
        kind, hint = _HINTS.get(error.status, (TokenRefusedError, "check {place} and the base URL"))
        return error.convert_to(kind, hint=hint.format(place=self._place))

    def __repr__(self) -> str:
        return f"ApalaKeyExchange({self._base_url!r})"


def _read_company(response: Response) -> dict[str, str]:
    """Return the company in a reply. This is a separate function so that no frame keeps the tokens in the reply."""
    data: dict[str, Any] = response.json()
    return {name: data[name] for name in ("company_id", "company_name") if isinstance(data.get(name), str)}
