"""What `Apala.authenticate` and `Apala.refresh_access_token` give."""

from __future__ import annotations

from asdk.models.declaration import model
from asdk.models.subscriptable import Subscriptable
from asdk.secret import Secret


@model
class AuthResult(Subscriptable):
    """A token, and whose it is.

    Attributes:
        access_token: what calls carry.
        expires_in: whole seconds that it still lives; None if it does not expire.
        refresh_token: what buys the next one; None if the server gave none.
        company_id: the UUID of the company that the key belongs to.
        company_name: its name.
        token_type: how calls present it.
    """

    access_token: Secret
    expires_in: int | None
    refresh_token: Secret | None = None
    company_id: str | None = None
    company_name: str | None = None
    token_type: str = "Bearer"


@model
class RefreshResult(Subscriptable):
    """The next access token, and the whole seconds that it lives; None if it does not expire."""

    access_token: Secret
    expires_in: int | None
