"""Accounts, the tokens of a session, API keys: the replies of `Auth`, `Users` and `ApiKeys`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from asdk.models.declaration import OpenEnum, model
from asdk.models.subscriptable import Subscriptable
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


@model
class LoginResult(Subscriptable):
    """Tokens of a new session. The access token lives ``expires_in`` seconds, the refresh token 30 days."""

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret
    user: User


@model
class RefreshResult(Subscriptable):
    """The next access token of a session, good for ``expires_in`` seconds.

    Attributes:
        refresh_token: None, since the server does not rotate it: the one that was sent stays good.
    """

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret | None = None


@model
class CreatedApiKey(Subscriptable):
    """A new API key. ``api_key`` is shown this once; lists show its ``prefix``."""

    other_names: ClassVar[Mapping[str, str]] = {"id": "key_id", "key": "api_key"}

    key_id: str
    api_key: Secret
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None = None


@model
class ApiKeySummary(Subscriptable):
    """An API key as lists show it. Without ``expires_at`` it does not expire."""

    other_names: ClassVar[Mapping[str, str]] = {"id": "key_id"}

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
