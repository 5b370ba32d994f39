"""``client.auth``: the credentials check, and the access token for use outside the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk import Resource
from asdk.client import MaskedStr

if TYPE_CHECKING:
    from asdk.clients.bioepic.client import BioEPIC


class Auth(Resource["BioEPIC"]):
    """The client's token. The client adds it to its own calls."""

    __slots__ = ()

    def has_credentials(self) -> bool:
        """Return whether credentials are configured. They are not sent, so they may still be wrong."""
        return self._client.has_credentials()

    async def get_token(self) -> MaskedStr:
        """Return the access token, fetching or refreshing it if necessary.

        It is refreshed five minutes before it expires, or a tenth of its lifetime before if that is shorter.

        Returns:
            The token as text. Only its repr is masked: printing or slicing it shows the token.

        Raises:
            MissingCredentialsError: the client has no credentials.
            WrongCredentialsError: the credentials are wrong; a ``RuntimeError``, like the next one.
            LoginUnavailableError: the token endpoint is unavailable.

        Source: BioEPIC API, ``POST /token``.
        """
        return MaskedStr((await self._client.get_token()).value.reveal())
