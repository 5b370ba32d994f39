"""`WebhookScheme`, how an API signs its webhooks, and the parts of schemes; used by `asdk.webhooks.schemes`."""

from __future__ import annotations

import base64
import binascii
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final, Protocol

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.errors import ConfigurationError, WebhookError, describe_type
from asdk.secret import Secret

# The longest time in seconds since the epoch that is read from a header, in digits: the year 5138.
_MAX_DIGITS: Final = 11


@attrs.frozen
class Claim:
    """What the headers of a request say about its signature.

    Attributes:
        signed: the bytes that the sender signed, if the request is authentic.
        signatures: the signatures in the headers; one of them has to match.
        id: names the delivery.
        timestamp: when it was signed, in seconds since the epoch.
    """

    signed: bytes = attrs.field(repr=False)
    signatures: tuple[bytes, ...]
    id: str | None = None
    timestamp: int | None = None


class WebhookScheme(ABC):
    """How an API signs its webhooks. Subclass it for a scheme that `HmacWebhooks` does not cover.

    Args:
        secrets: the signing secrets. While a secret is replaced there are two, and a signature by either is accepted.

    Raises:
        ConfigurationError: there is no secret, or one is empty or malformed.
    """

    def __init__(self, *secrets: str | Secret) -> None:
        if not secrets:
            raise ConfigurationError(f"{type(self).__name__} must have a secret")
        for secret in secrets:
            if not isinstance(secret, str | Secret) or not secret:
                found = "an empty one" if isinstance(secret, str | Secret) else describe_type(secret)
                raise ConfigurationError(f"a secret of {type(self).__name__} must be a non-empty str, got {found}")
        self.keys: tuple[Key, ...] = tuple(self.key(Secret(secret)) for secret in secrets)

    def key(self, secret: Secret) -> Key:
        """Return the key of a secret: its text in UTF-8."""
        return HmacKey(secret.reveal().encode())

    @abstractmethod
    def read(self, body: bytes, headers: Mapping[str, str]) -> Claim:
        """Return what the headers claim.

        Args:
            body: the raw body.
            headers: by name in lower case.

        Raises:
            WebhookError: a header is missing or malformed.
        """

    @abstractmethod
    def headers(self, body: bytes, *, id: str, timestamp: int) -> dict[str, str]:
        """Return the header fields that a sender with the first secret adds to a body."""

    def matches(self, claim: Claim) -> bool:
        """Return whether a signature is right, in a time that does not depend on its value."""
        found = False
        for key in self.keys:
            for signature in claim.signatures:
                found |= key.verify(claim.signed, signature)
        return found

    def sign(self, body: bytes, *, id: str = "msg_1", clock: Clock = SYSTEM_CLOCK) -> dict[str, str]:
        """Return the header fields of a request with this body, signed now: for tests of a receiver.

        Args:
            body: the raw body.
            id: names the delivery, if the scheme has an id.
            clock: tells the time, if the scheme signs it.
        """
        return self.headers(body, id=id, timestamp=int(clock.time()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.keys)} secret{'s' if len(self.keys) > 1 else ''})"


class Key(Protocol):
    """A key that verifies, and signs unless it is public."""

    def sign(self, signed: bytes) -> bytes:
        """Return the signature of these bytes."""
        ...

    def verify(self, signed: bytes, signature: bytes) -> bool:
        """Return whether a signature is that of these bytes."""
        ...


class HmacKey:
    """The key of an HMAC."""

    __slots__ = ("_algorithm", "_value")

    def __init__(self, value: bytes, algorithm: str = "sha256") -> None:
        self._value = value
        self._algorithm = algorithm

    def sign(self, signed: bytes) -> bytes:
        """Return the signature of these bytes."""
        return hmac.digest(self._value, signed, self._algorithm)

    def verify(self, signed: bytes, signature: bytes) -> bool:
        """Return whether a signature is right, in constant time."""
        return hmac.compare_digest(self.sign(signed), signature)


class Ed25519Key:
    """A public Ed25519 key."""

    __slots__ = ("_key",)

    def __init__(self, value: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self._key = Ed25519PublicKey.from_public_bytes(value)

    def sign(self, signed: bytes) -> bytes:
        """Reject the use of a public key for signing."""
        raise ConfigurationError("a public key cannot sign")

    def verify(self, signed: bytes, signature: bytes) -> bool:
        """Return whether a signature is right."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True


def header_field(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a header; raise a `WebhookError` if it is missing."""
    value = headers.get(name.lower())
    if value is None:
        raise WebhookError(f"the request has no {name} header")
    return value


def all_signatures(signatures: list[bytes]) -> tuple[bytes, ...]:
    """Return the signatures that were found; raise a `WebhookError` if there are no signatures."""
    if not signatures:
        raise WebhookError("the request has no signature of a known version")
    return tuple(signatures)


def parse_seconds(header: str, text: str) -> int:
    """Return a time in seconds since the epoch; raise a `WebhookError` if it is malformed."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise WebhookError(f"{header} must contain a time in seconds since the epoch")
    return int(text)


def from_hex(text: str) -> bytes:
    """Return the bytes of a signature; empty, which never matches, if it is malformed."""
    try:
        return binascii.unhexlify(text.encode("ascii", "replace"))
    except ValueError:
        return b""


def from_base64(text: str) -> bytes:
    """Return the bytes of a signature or key; empty, which never matches, if it is malformed."""
    try:
        return base64.b64decode(text.encode("ascii", "replace"), validate=True)
    except ValueError:
        return b""
