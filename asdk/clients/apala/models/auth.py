"""Results of `Apala.authenticate` and `Apala.refresh_access_token`."""

from __future__ import annotations

from asdk import Secret, model
from asdk.models import Subscriptable


@model
class AuthResult(Subscriptable):
    """A token and the company that it belongs to.

    Attributes:
        access_token: the access token.
        expires_in: the remaining lifetime in whole seconds; None if the token does not expire.
        refresh_token: the refresh token; None if the server did not issue one.
        company_id: the UUID of the company of the API key.
        company_name: the name of that company.
        token_type: the scheme in the ``Authorization`` header.
    """

    access_token: Secret
    expires_in: int | None
    refresh_token: Secret | None = None
    company_id: str | None = None
    company_name: str | None = None
    token_type: str = "Bearer"


@model
class RefreshResult(Subscriptable):
    """A refreshed access token. ``expires_in`` is its lifetime in whole seconds; None if it does not expire."""

    access_token: Secret
    expires_in: int | None
