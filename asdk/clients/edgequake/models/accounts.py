"""Accounts, the tokens of a session, API keys: the replies of `Auth`, `Users` and `ApiKeys`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models import OpenEnum, model
from asdk.secret import Secret


class Role(OpenEnum):
    """What an account may do."""

    ADMIN = "admin"
    USER = "user"


class Scope(OpenEnum):
    """What an API key may be used for."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@model
class User:
    """An account."""

    user_id: str
    username: str
    email: str
    role: Role
    is_active: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None = None
    is_anonymous: bool | None = None


@model
class UserReply:
    """How some replies wrap an account."""

    user: User


class _Subscriptable:
    """Fields by name in brackets too, as the guide has them: ``result["access_token"]``."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self, name):
            raise KeyError(name)
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """The field of this name, or the default where it is not there or empty."""
        return default if (value := getattr(self, name, None)) is None else value


@model
class LoginResult(_Subscriptable):
    """Tokens of a new session. The access token lives ``expires_in`` seconds, the refresh token 30 days."""

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret
    user: User


@model
class RefreshResult(_Subscriptable):
    """The next access token of a session, good for ``expires_in`` seconds.

    Attributes:
        refresh_token: None, since the server does not rotate it: the one that was sent stays good.
    """

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret | None = None


@model
class CreatedApiKey:
    """A new API key. ``api_key`` is shown this once; lists show its ``prefix``."""

    key_id: str
    api_key: Secret
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None = None


@model
class ApiKeySummary:
    """An API key as lists show it. Without ``expires_at`` it does not expire."""

    key_id: str
    prefix: str
    scopes: list[Scope]
    is_active: bool
    created_at: datetime
    name: str | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None


@model
class RevokedApiKey:
    """An API key that is refused from now on."""

    key_id: str
    message: str
