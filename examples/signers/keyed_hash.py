"""An HMAC over method, path, time and body in one header, as many payment and exchange APIs want it."""

import hmac
from urllib.parse import urlsplit

from asdk import Request, Secret, Signer, Token


class KeyedHash(Signer):
    """Sets ``X-Timestamp`` and ``X-Signature``; a body that is not bytes is signed by its digest."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    async def prepare(self, request: Request) -> None:
        digest = await request.body_digest("sha256")
        request.headers["X-Content-SHA256"] = "stream" if digest is None else digest.hex()

    def sign(self, request: Request, token: Token | None) -> None:
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        now = str(int(request.clock.time()))
        lines = [request.method, target, now, request.headers["X-Content-SHA256"]]
        signed = "\n".join(lines).encode()
        request.headers["X-Timestamp"] = now
        request.headers["X-Signature"] = hmac.new(self._key.reveal().encode(), signed, "sha256").hexdigest()
