"""`Cipher`: encrypts stored tokens, so that reading a store reveals no token and writing to it plants none.

Imported by the first `RedisTokenStore` with a key, since it needs the ``crypto`` extra. AES-256-GCM (NIST SP 800-38D)
with a random 96-bit nonce. The name under which a text is stored is authenticated with it, so that a record that was
moved to another name does not decrypt.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from asdk.errors import ConfigurationError
from asdk.secret import Secret

_NONCE_SIZE = 12
_KEY_SIZE = 32


class Cipher:
    """Authenticated encryption of texts with one key.

    Args:
        key: 32 bytes, or their URL-safe base64, as ``secrets.token_urlsafe(32)`` makes it.

    Raises:
        ConfigurationError: the key has another form.
    """

    def __init__(self, key: str | bytes | Secret) -> None:
        self._cipher = AESGCM(_key(key))

    def encrypt(self, text: Secret, name: str) -> bytes:
        """Encrypt the text for this name, as ASCII."""
        nonce = os.urandom(_NONCE_SIZE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.reveal().encode(), name.encode()))

    def decrypt(self, encrypted: bytes, name: str) -> Secret:
        """Decrypt the text that was encrypted for this name.

        Raises:
            ValueError: it was encrypted for another name or with another key, or was changed. The message says so.
        """
        try:
            data = base64.b64decode(encrypted, validate=True)
            return Secret(self._cipher.decrypt(data[:_NONCE_SIZE], data[_NONCE_SIZE:], name.encode()).decode())
        except (InvalidTag, ValueError):
            pass
        raise ValueError("it was encrypted with another key, changed, or moved here from another name")


def _key(key: str | bytes | Secret) -> bytes:
    given = Secret(key).reveal().encode() if isinstance(key, str | Secret) else key
    if len(given) == _KEY_SIZE:
        return given
    try:
        decoded = base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) == _KEY_SIZE:
        return decoded
    raise ConfigurationError(
        "encryption_key must be 32 bytes or their URL-safe base64; make one with "
        "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
    )
