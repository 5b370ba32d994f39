"""JSON Web Tokens signed with HS256 (RFC 7515, RFC 7519), implemented with the standard library.

The sandbox's servers issue and check their access tokens with it; the tokens are valid in any JWT debugger.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, cast


class InvalidTokenError(Exception):
    """Text that is not a token signed with this secret."""


def encode(claims: Mapping[str, Any], secret: bytes) -> str:
    """Sign the claims."""
    payload = f"{_HEADER}.{_b64(json.dumps(claims, separators=(',', ':')).encode())}"
    return f"{payload}.{_signature(payload, secret)}"


def decode(token: str, secret: bytes) -> dict[str, Any]:
    """Verify the signature and return the claims; the caller checks whether they have expired.

    Raises:
        InvalidTokenError: not a JWT, another algorithm, or signed with another secret.
    """
    payload, _, signature = token.rpartition(".")
    # `isascii` first: compare_digest raises TypeError for other text.
    if not token.isascii() or not hmac.compare_digest(_signature(payload, secret), signature):
        raise InvalidTokenError("bad signature")
    header, _, body = payload.partition(".")
    if header != _HEADER:
        raise InvalidTokenError("unknown header")
    try:
        claims: object = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        raise InvalidTokenError("unreadable claims") from None
    if not isinstance(claims, dict):
        raise InvalidTokenError("claims are not an object")
    return cast("dict[str, Any]", claims)


def _signature(payload: str, secret: bytes) -> str:
    return _b64(hmac.digest(secret, payload.encode("ascii"), hashlib.sha256))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


_HEADER = _b64(b'{"alg":"HS256","typ":"JWT"}')
