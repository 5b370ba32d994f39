"""HTTP message signatures (RFC 9421) by HMAC or Ed25519, with the digest of the body (RFC 9530)."""

import base64
import hmac
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from asdk import Request, Secret, Signer, Token

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

COMPONENTS = ("@method", "@target-uri", "content-digest")


class MessageSignature(Signer):
    """Signs the components of each request that has them.

    Args:
        make: returns the signature of bytes, see `hmac_sha256` and `ed25519`.
        key_id: names the key.
        components: what to sign: derived components, which start with @, and names of header fields in lower case.
        label: names the signature.
    """

    def __init__(
        self,
        make: Callable[[bytes], bytes],
        *,
        key_id: str,
        components: Sequence[str] = COMPONENTS,
        label: str = "sig1",
    ) -> None:
        self._make = make
        self._key_id = key_id
        self._components = components
        self._label = label

    async def prepare(self, request: Request) -> None:
        digest = None if request.body is None else await request.body_digest("sha512")
        if digest is not None:
            request.headers["Content-Digest"] = f"sha-512=:{base64.b64encode(digest).decode()}:"

    def sign(self, request: Request, token: Token | None) -> None:
        found = [(name, value) for name in self._components if (value := component(request, name)) is not None]
        listed = " ".join(f'"{name}"' for name, _ in found)
        parameters = f'({listed});created={int(request.clock.time())};keyid="{self._key_id}"'
        lines = [f'"{name}": {value}' for name, value in found] + [f'"@signature-params": {parameters}']
        signature = base64.b64encode(self._make("\n".join(lines).encode("latin-1"))).decode()
        request.headers["Signature-Input"] = f"{self._label}={parameters}"
        request.headers["Signature"] = f"{self._label}=:{signature}:"


def component(request: Request, name: str) -> str | None:
    """Return the value of a component (RFC 9421, section 2), None if the request does not have it."""
    url = urlsplit(request.url)
    port = {"http": 80, "https": 443}.get(url.scheme)
    authority = url.netloc.lower().removesuffix(f":{port}")
    match name:
        case "@method":
            return request.method
        case "@target-uri":
            return request.url
        case "@authority":
            return request.headers.get("Host", authority)
        case "@scheme":
            return url.scheme
        case "@path":
            return url.path or "/"
        case "@query":
            return f"?{url.query}"
        case "content-length":
            return str(len(request.body)) if isinstance(request.body, bytes) else None
        case _:
            values = request.headers.getall(name)
            return ", ".join(value.strip() for value in values) if values else None


def hmac_sha256(key: Secret) -> Callable[[bytes], bytes]:
    """Return the HMAC with a key that is written in base64."""
    return lambda signed: hmac.digest(base64.b64decode(key.reveal()), signed, "sha256")


def ed25519(key: "Ed25519PrivateKey") -> Callable[[bytes], bytes]:
    """Return the signature with a private key of the package ``cryptography``."""
    return key.sign
