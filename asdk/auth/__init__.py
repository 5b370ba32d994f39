"""Tokens: what gets them, keeps them and shares them. A fresh look from outside: `TokenSource` and the credentials."""

from asdk.auth.credentials.base import Credential, exchange, json_request, token_lifetime
from asdk.auth.credentials.static import ApiKey, BearerToken, NoCredential
from asdk.auth.entries import Entry
from asdk.auth.identity import Identity, fingerprint
from asdk.auth.source import TokenSource
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.tokens import Token

__all__ = [
    "ApiKey",
    "BearerToken",
    "Credential",
    "Entry",
    "Identity",
    "MemoryTokenStore",
    "NoCredential",
    "Token",
    "TokenSource",
    "TokenStore",
    "exchange",
    "fingerprint",
    "json_request",
    "token_lifetime",
]
