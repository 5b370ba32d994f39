"""`CredentialChain`: the first of several credentials that has what it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from asdk.auth.credentials.base import Credential
from asdk.auth.identity import Identity
from asdk.auth.token import Token
from asdk.errors import ConfigurationError
from asdk.http.options import Tenant
from asdk.transports.base import Handler

T = TypeVar("T")


class CredentialChain(Credential):
    """Tries credentials in turn, and stays with the first that brings a token.

    One that lacks something, which is a `ConfigurationError`, makes way for the next. A refusal or a failure of the
    network does not: the credential has what it needs, and another one would be somebody else.

    Args:
        credentials: in the order in which they are tried.

    Raises:
        ConfigurationError: there are none, or only some of them have a token per tenant.
    """

    def __init__(self, *credentials: Credential) -> None:
        self._credentials = credentials
        if not credentials:
            raise ConfigurationError("a CredentialChain needs at least one credential")
        if len({credential.per_tenant for credential in credentials}) > 1:
            raise ConfigurationError("in a CredentialChain all credentials have a token per tenant, or none has")
        self._chosen: Credential | None = None
        self.per_tenant = credentials[0].per_tenant
        self.fetch_timeout = max(credential.fetch_timeout for credential in credentials)

    @property
    def chosen(self) -> Credential | None:
        """The credential that this chain stays with; None before the first token."""
        return self._chosen

    @property
    def identity(self) -> Identity | None:
        """That of the chosen credential; before, of the first that knows whose it is."""
        for credential in (self._chosen,) if self._chosen is not None else self._credentials:
            try:
                identity = credential.identity
            except ConfigurationError:
                continue
            if identity is not None:
                return identity
        return None

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        if self._chosen is not None:
            return await self._chosen.run(ask)
        reasons: list[str] = []
        for credential in self._credentials:
            try:
                outcome = await credential.run(ask)
            except ConfigurationError as error:
                reasons.append(f"{type(credential).__name__}: {error.message}")
            else:
                self._stay_with(credential)
                return outcome
        raise ConfigurationError(f"no credential of the chain has what it needs; {'; '.join(reasons)}")

    def _stay_with(self, credential: Credential) -> None:
        if self._chosen is None:  # else another event loop was faster, and two would not share a token
            self._chosen = credential
            self.refresh_before, self.fetch_timeout = credential.refresh_before, credential.fetch_timeout
            self.rotates_refresh_tokens, self.can_login = credential.rotates_refresh_tokens, credential.can_login

    async def fetch(self, send: Handler) -> Token:
        return await self.run(lambda credential: credential.fetch(send))

    async def refresh(self, token: Token, send: Handler) -> Token:
        return await self.run(lambda credential: credential.refresh(token, send))

    def for_tenant(self, tenant: Tenant | None) -> Credential:
        return CredentialChain(*(credential.for_tenant(tenant) for credential in self._credentials))

    def __repr__(self) -> str:
        return f"CredentialChain({', '.join(map(repr, self._credentials))})"
