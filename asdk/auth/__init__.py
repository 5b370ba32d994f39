"""Tokens: what gets them, keeps them and shares them. A fresh look from outside: `TokenSource` and the credentials.

The stores that need an extra are resolved when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from asdk.auth.credentials.base import Credential, exchange, json_request, token_lifetime
from asdk.auth.credentials.static import ApiKey, BearerToken, NoCredential
from asdk.auth.entries import Entry
from asdk.auth.identity import Identity, fingerprint
from asdk.auth.source import TokenSource
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.tokens import Token

if TYPE_CHECKING:
    from asdk.auth.stores.file import FileTokenStore
    from asdk.auth.stores.keyring import KeyringTokenStore
    from asdk.auth.stores.redis import RedisTokenStore

_LATE = {
    "FileTokenStore": "asdk.auth.stores.file",
    "KeyringTokenStore": "asdk.auth.stores.keyring",
    "RedisTokenStore": "asdk.auth.stores.redis",
}

__all__ = [
    "ApiKey",
    "BearerToken",
    "Credential",
    "Entry",
    "FileTokenStore",
    "Identity",
    "KeyringTokenStore",
    "MemoryTokenStore",
    "NoCredential",
    "RedisTokenStore",
    "Token",
    "TokenSource",
    "TokenStore",
    "exchange",
    "fingerprint",
    "json_request",
    "token_lifetime",
]


def __getattr__(name: str) -> object:
    home = _LATE.get(name)
    if home is None:
        raise AttributeError(f"module 'asdk.auth' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
