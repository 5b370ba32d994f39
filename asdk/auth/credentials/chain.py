"""`CredentialChain`: the first of several credentials that is configured."""

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
    """Credentials that are tried in order, until one obtains a token; that one is used from then on.

    A credential that raises `ConfigurationError` lacks something, and the next one is tried. A refusal or a network
    failure is raised instead: that credential is configured, and the next one may belong to another user.

    Args:
        credentials: in the order in which they are tried.

    Raises:
        ConfigurationError: there are no credentials, or only some of them have ``per_tenant`` set.
    """

    def __init__(self, *credentials: Credential) -> None:
        self._credentials = credentials
        if not credentials:
            raise ConfigurationError("credentials must not be empty: a CredentialChain needs at least one")
        if len({credential.per_tenant for credential in credentials}) > 1:
            raise ConfigurationError("per_tenant must be the same for all credentials of a CredentialChain")
        self._chosen: Credential | None = None
        self.per_tenant: bool = credentials[0].per_tenant
        self.fetch_timeout: float = max(credential.fetch_timeout for credential in credentials)

    @property
    def chosen(self) -> Credential | None:
        """Return the credential that obtained the first token, or None before that."""
        return self._chosen

    @property
    def identity(self) -> Identity | None:
        """Return the identity of the chosen credential, or before that, of the first that has one."""
        for credential in (self._chosen,) if self._chosen is not None else self._credentials:
            try:
                identity = credential.identity
            except ConfigurationError:
                continue
            if identity is not None:
                return identity
        return None

    async def run(self, ask: Callable[[Credential], Awaitable[T]]) -> T:
        """Run one refresh with the chosen credential, or with each in order until one is configured."""
        if self._chosen is not None:
            return await self._chosen.run(ask)
        reasons: list[str] = []
        for credential in self._credentials:
            try:
                outcome = await credential.run(ask)
            except ConfigurationError as error:
                reasons.append(f"{type(credential).__name__}: {error.message}")
            else:
                self._choose(credential)
                return outcome
        raise ConfigurationError(f"no credential of the chain is configured: {'; '.join(reasons)}")

    def _choose(self, credential: Credential) -> None:
        if self._chosen is None:  # otherwise another event loop was faster, and two credentials share no token
            self._chosen = credential
            self.refresh_before: float = credential.refresh_before
            self.fetch_timeout = credential.fetch_timeout
            self.rotates_refresh_tokens: bool = credential.rotates_refresh_tokens
            self.can_login: bool = credential.can_login

    async def fetch(self, send: Handler) -> Token:
        """Obtain a token from the first configured credential."""
        return await self.run(lambda credential: credential.fetch(send))

    async def refresh(self, token: Token, send: Handler) -> Token:
        """Obtain the next token from the first configured credential."""
        return await self.run(lambda credential: credential.refresh(token, send))

    def for_tenant(self, tenant: Tenant | None) -> Credential:
        """Return a chain of the credentials for one tenant."""
        return CredentialChain(*(credential.for_tenant(tenant) for credential in self._credentials))

    def __repr__(self) -> str:
        return f"CredentialChain({', '.join(map(repr, self._credentials))})"
