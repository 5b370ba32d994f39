"""Accounts, session tokens and API keys: the responses of `Auth`, `Users` and `ApiKeys`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from asdk import OpenEnum, Secret, model
from asdk.models import Subscriptable


class Role(OpenEnum):
    """Role of an account, which sets its permissions."""

    ADMIN = "admin"
    USER = "user"


class Scope(OpenEnum):
    """Permitted use of an API key."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@model
class User:
    """User account."""

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
    """Wrapper of an account in some responses."""

    user: User


@model
class LoginResult(Subscriptable):
    """Tokens of a new session. The access token is valid for ``expires_in`` seconds, the refresh token for 30 days."""

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret
    user: User


@model
class RefreshResult(Subscriptable):
    """Refreshed access token of a session, valid for ``expires_in`` seconds.

    Attributes:
        refresh_token: None because the server does not rotate it: the refresh token that was sent remains valid.
    """

    access_token: Secret
    token_type: str
    expires_in: int
    refresh_token: Secret | None = None


@model
class CreatedApiKey(Subscriptable):
    """New API key. ``api_key`` is shown only once; lists show its ``prefix``."""

    other_names: ClassVar[Mapping[str, str]] = {"id": "key_id", "key": "api_key"}

    key_id: str
    api_key: Secret
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None = None


@model
class ApiKeySummary(Subscriptable):
    """API key in lists. Without ``expires_at`` it does not expire."""

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
    """Revoked API key, which the server now rejects."""

    key_id: str
    message: str
