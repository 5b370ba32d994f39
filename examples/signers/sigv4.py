"""AWS Signature Version 4, with the digest of the body, or as an unsigned payload for a stream.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import posixpath
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from asdk import Request, Secret, Signer, Token


class SigV4(Signer):
    """Signs requests for one service in one region. The keys may be temporary: assign others at any time."""

    def __init__(
        self, access_key: str, secret_key: Secret, *, region: str, service: str, session_token: Secret | None = None
    ) -> None:
        self.access_key = access_key
        self.secret_key = secret_key
        self.session_token = session_token
        self._region = region
        self._service = service

    async def prepare(self, request: Request) -> None:
        digest = await request.body_digest("sha256")
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD" if digest is None else digest.hex()

    def sign(self, request: Request, token: Token | None) -> None:
        now = datetime.fromtimestamp(request.clock.time(), UTC)
        request.headers["X-Amz-Date"] = now.strftime("%Y%m%dT%H%M%SZ")
        if self.session_token is not None:
            request.headers["X-Amz-Security-Token"] = self.session_token.reveal()
        scope = f"{now:%Y%m%d}/{self._region}/{self._service}/aws4_request"
        names, canonical = self._canonical(request)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signed = "\n".join(["AWS4-HMAC-SHA256", request.headers["X-Amz-Date"], scope, digest])
        key = f"AWS4{self.secret_key.reveal()}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, signed.encode(), "sha256").hexdigest()
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )

    def _canonical(self, request: Request) -> tuple[str, str]:
        """Return the names of the signed headers, and the canonical request."""
        url = urlsplit(request.url)
        fields = {"host": request.headers.get("Host", url.netloc)}
        for name, value in request.headers.multi_items():
            key = name.lower()
            if key in ("content-type", "date") or key.startswith("x-amz-"):
                text = " ".join(value.split())
                fields[key] = f"{fields[key]},{text}" if key in fields else text
        names = ";".join(sorted(fields))
        headers = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
        path = url.path or "/"
        if self._service != "s3":  # S3 takes a path as it is; other services normalize it, and encode it twice
            normal = posixpath.normpath(path).replace("//", "/")
            path = quote(f"{normal}/" if path.endswith("/") and normal != "/" else normal, safe="/-_.~")
        pairs = parse_qsl(url.query, keep_blank_values=True)
        query = "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))
        return names, "\n".join([request.method, path, query, headers, names, self.payload_digest(request)])

    def payload_digest(self, request: Request) -> str:
        return str(request.headers["X-Amz-Content-SHA256"])
