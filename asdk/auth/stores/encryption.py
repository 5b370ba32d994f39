"""`Cipher`: encrypts what a store gives out of its hands: who reads the store gets no token, who writes it places none.

Imported by the first `RedisTokenStore` with a key, since it needs the ``crypto`` extra. AES-256-GCM (NIST SP 800-38D)
with a random 96-bit nonce; the name under which a text is kept is authenticated with it, so an entry that is moved
under another name does not open.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from asdk.errors import ConfigurationError
from asdk.secret import Secret

_NONCE = 12
_KEY = 32


class Cipher:
    """Closes and opens texts with one key.

    Args:
        key: 32 bytes, or their base64 in the alphabet for URLs, as ``secrets.token_urlsafe(32)`` makes it.

    Raises:
        ConfigurationError: this is no such key.
    """

    def __init__(self, key: str | bytes | Secret) -> None:
        self._cipher = AESGCM(_key(key))

    def close(self, text: Secret, name: str) -> bytes:
        """The text, encrypted, in ASCII."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.reveal().encode(), name.encode()))

    def open(self, sealed: bytes, name: str) -> Secret:
        """The text that was closed under this name.

        Raises:
            ValueError: it was not, or with another key. The message says so.
        """
        try:
            data = base64.b64decode(sealed, validate=True)
            return Secret(self._cipher.decrypt(data[:_NONCE], data[_NONCE:], name.encode()).decode())
        except (InvalidTag, ValueError):
            pass
        raise ValueError("it was encrypted with another key, or changed, or moved here from elsewhere")


def _key(key: str | bytes | Secret) -> bytes:
    given = Secret(key).reveal().encode() if isinstance(key, str | Secret) else key
    if len(given) == _KEY:
        return given
    try:
        plain = base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        plain = b""
    if len(plain) == _KEY:
        return plain
    raise ConfigurationError(
        "encryption_key is neither 32 bytes nor their base64: "
        "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
    )
