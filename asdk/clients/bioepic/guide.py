"""`BioEPICAuth`: the entry point of the vendor's guide, which starts with a token. The client is `BioEPIC`."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import ClientOptions, Secret
from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.client import BioEPIC


class BioEPICAuth(Auth):
    """The equivalent of ``BioEPIC(...).auth`` for code that follows the guide; `client` makes calls with this token.

    Args:
        client_id: see `BioEPIC`.
        client_secret: see `BioEPIC`.
        username: see `BioEPIC`.
        password: see `BioEPIC`.
        env: see `BioEPIC`.
        options: see `BioEPIC`.

    Raises:
        MissingCredentialsError: only one half of a pair was passed.
        ConfigurationError: ``env`` is unknown.
    """

    __slots__ = ()

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        env: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(
            BioEPIC(
                client_id=client_id,
                client_secret=client_secret,
                username=username,
                password=password,
                env=env,
                **options,
            )
        )

    @property
    def client(self) -> BioEPIC:
        """Return the client that owns the token; the caller closes it."""
        return self._client
