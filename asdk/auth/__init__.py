"""Tokens: credentials that obtain them, stores that keep them, and `TokenSource`, which shares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.auth.credentials.base import Credential as Credential
    from asdk.auth.credentials.base import form_request as form_request
    from asdk.auth.credentials.base import json_request as json_request
    from asdk.auth.credentials.base import send_token_request as send_token_request
    from asdk.auth.credentials.base import token_lifetime as token_lifetime
    from asdk.auth.credentials.chain import CredentialChain as CredentialChain
    from asdk.auth.credentials.client_credentials import ClientCredentials as ClientCredentials
    from asdk.auth.credentials.device_code import DeviceCode as DeviceCode
    from asdk.auth.credentials.device_code import DeviceInstructions as DeviceInstructions
    from asdk.auth.credentials.device_code import print_instructions as print_instructions
    from asdk.auth.credentials.oauth import OAuthCredential as OAuthCredential
    from asdk.auth.credentials.oauth import read_token as read_token
    from asdk.auth.credentials.password import PasswordGrant as PasswordGrant
    from asdk.auth.credentials.prompt import PromptCredential as PromptCredential
    from asdk.auth.credentials.refresh_token import RefreshToken as RefreshToken
    from asdk.auth.credentials.static import ApiKey as ApiKey
    from asdk.auth.credentials.static import BasicAuth as BasicAuth
    from asdk.auth.credentials.static import BearerToken as BearerToken
    from asdk.auth.credentials.static import HeaderKeys as HeaderKeys
    from asdk.auth.credentials.static import NoCredential as NoCredential
    from asdk.auth.identity import Identity as Identity
    from asdk.auth.identity import secret_fingerprint as secret_fingerprint
    from asdk.auth.stores.base import TokenStore as TokenStore
    from asdk.auth.stores.file import FileTokenStore as FileTokenStore
    from asdk.auth.stores.keyring import KeyringTokenStore as KeyringTokenStore
    from asdk.auth.stores.memory import MemoryTokenStore as MemoryTokenStore
    from asdk.auth.stores.record import TokenRecord as TokenRecord
    from asdk.auth.stores.redis import RedisTokenStore as RedisTokenStore
    from asdk.auth.token import Token as Token
    from asdk.auth.token import jwt_claims as jwt_claims
    from asdk.auth.token import jwt_expiry as jwt_expiry
    from asdk.auth.token import looks_like_jwt as looks_like_jwt
    from asdk.auth.token_source import TokenSource as TokenSource
    from asdk.transports.base import Handler as Handler
