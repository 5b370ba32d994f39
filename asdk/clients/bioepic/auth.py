"""``client.auth``: whether there are credentials, and the token itself for those who need it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.resources import Resource
from asdk.secret import MaskedStr

if TYPE_CHECKING:
    from asdk.clients.bioepic.client import BioEPIC


class Auth(Resource["BioEPIC"]):
    """The token of the client. Calls of the client get it by themselves."""

    __slots__ = ()

    def has_credentials(self) -> bool:
        """Whether the client could get a token. Nothing is sent, and nothing is said of whether they are right."""
        return self._client.has_credentials()

    async def get_token(self) -> MaskedStr:
        """The access token, got or renewed if it has to be: five minutes before its end, or a tenth of a short life.

        Returns:
            The token as text. Only its repr is masked: what is printed or sliced is the token itself.

        Raises:
            MissingCredentialsError: the client has no credentials.
            WrongCredentialsError: they are wrong; a ``RuntimeError``, as is the next one.
            LoginUnavailableError: the token endpoint cannot be asked now.

        Source: BioEPIC API, ``POST /token``.
        """
        return MaskedStr((await self._client.get_token()).value.reveal())
