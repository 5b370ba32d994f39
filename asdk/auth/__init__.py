"""Tokens: what gets them, keeps them and shares them. A fresh look from outside: `TokenSource` and the credentials.

What not every client needs is resolved when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.auth.credentials.base import Credential, exchange, form_request, json_request, token_lifetime
from asdk.auth.credentials.static import ApiKey, BearerToken, NoCredential
from asdk.auth.entries import Entry
from asdk.auth.identity import Identity, fingerprint
from asdk.auth.source import TokenSource
from asdk.auth.stores.base import TokenStore
from asdk.auth.stores.memory import MemoryTokenStore
from asdk.auth.tokens import Token
from asdk.lazy import lazy_exports

if TYPE_CHECKING:
    from asdk.auth.credentials.chain import CredentialChain
    from asdk.auth.credentials.client_credentials import ClientCredentials
    from asdk.auth.credentials.device_code import DeviceCode, DeviceInstructions, print_instructions
    from asdk.auth.credentials.oauth import OAuthCredential, read_token
    from asdk.auth.credentials.password import PasswordGrant
    from asdk.auth.credentials.prompt import PromptCredential
    from asdk.auth.credentials.refresh_token import RefreshToken
    from asdk.auth.stores.file import FileTokenStore
    from asdk.auth.stores.keyring import KeyringTokenStore
    from asdk.auth.stores.redis import RedisTokenStore

_LATE = {
    "ClientCredentials": "asdk.auth.credentials.client_credentials",
    "CredentialChain": "asdk.auth.credentials.chain",
    "DeviceCode": "asdk.auth.credentials.device_code",
    "DeviceInstructions": "asdk.auth.credentials.device_code",
    "FileTokenStore": "asdk.auth.stores.file",
    "KeyringTokenStore": "asdk.auth.stores.keyring",
    "OAuthCredential": "asdk.auth.credentials.oauth",
    "PasswordGrant": "asdk.auth.credentials.password",
    "PromptCredential": "asdk.auth.credentials.prompt",
    "RedisTokenStore": "asdk.auth.stores.redis",
    "RefreshToken": "asdk.auth.credentials.refresh_token",
    "print_instructions": "asdk.auth.credentials.device_code",
    "read_token": "asdk.auth.credentials.oauth",
}

__all__ = [
    "ApiKey",
    "BearerToken",
    "ClientCredentials",
    "Credential",
    "CredentialChain",
    "DeviceCode",
    "DeviceInstructions",
    "Entry",
    "FileTokenStore",
    "Identity",
    "KeyringTokenStore",
    "MemoryTokenStore",
    "NoCredential",
    "OAuthCredential",
    "PasswordGrant",
    "PromptCredential",
    "RedisTokenStore",
    "RefreshToken",
    "Token",
    "TokenSource",
    "TokenStore",
    "exchange",
    "fingerprint",
    "form_request",
    "json_request",
    "print_instructions",
    "read_token",
    "token_lifetime",
]

__getattr__ = lazy_exports(__name__, _LATE)
