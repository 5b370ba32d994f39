"""`BioEPICAuth`: a client by its token, as the vendor's guide begins. The client itself is `BioEPIC`."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk.client.options import ClientOptions
from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.client import BioEPIC
from asdk.secret import Secret


class BioEPICAuth(Auth):
    """``BioEPIC(...).auth``, for code that is written after the guide; `client` makes calls with this token.

    Args:
        client_id: as for `BioEPIC`, with what follows.
        client_secret: see there.
        username: see there.
        password: see there.
        env: see there.
        options: see there.

    Raises:
        MissingCredentialsError: half a pair was passed.
        ConfigurationError: ``env`` is neither of them.
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
        """The client whose token it is; close that one."""
        return self._client
