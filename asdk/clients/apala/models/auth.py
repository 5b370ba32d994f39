"""What `Apala.authenticate` and `Apala.refresh_access_token` give."""

from __future__ import annotations

from typing import Any

from asdk.models import model
from asdk.secret import Secret


class _Subscriptable:
    """Fields by name in brackets too, as in ``result["company_name"]``."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self, name):
            raise KeyError(name)
        return getattr(self, name)


@model
class AuthResult(_Subscriptable):
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
class RefreshResult(_Subscriptable):
    """The next access token, and the whole seconds that it lives; None if it does not expire."""

    access_token: Secret
    expires_in: int | None
