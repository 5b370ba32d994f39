"""`Signer`: signs each request of a client just before it is sent. Users pass one as ``signer=``.

`SigningMiddleware`, above the limits, awaits `Signer.prepare`. `signing_step` makes the step of ``on_send`` that calls
`Signer.sign`, after the one that writes the token. The twin for what an API sends to us is `asdk.webhooks`.
"""

from __future__ import annotations

from asdk.auth.token import Token
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.auth import presented_token
from asdk.middleware.chain import SendStep, StackOrder
from asdk.transports.base import Handler


class Signer:
    """Signs the requests of a client: subclass it, and set headers in `sign`.

    ::

        class KeyedHash(Signer):
            def sign(self, request: Request, token: Token | None) -> None:
                body = request.body if isinstance(request.body, bytes) else b""
                request.headers["X-Signature"] = hmac.new(key, body, "sha256").hexdigest()

    A request to an origin that is not trusted is never signed, nor is a call with ``authenticate=False``. A signer may
    be used by many calls, event loops and threads at once: keep nothing of a request in the object.
    """

    async def prepare(self, request: Request) -> None:
        """Do what takes time: fetch temporary keys, or set a header with the digest of the body.

        Called for each attempt and each resend, before the request waits for a limit or a connection. The time counts
        toward ``timeout.total``.

        Args:
            request: without a token and without the headers of the tenant, which are set later.
        """

    def sign(self, request: Request, token: Token | None) -> None:
        """Sign the request: set headers, and nothing else.

        Called last, when the request has its token, all of its headers and its body. It is called again if the request
        waits for a connection after that, so it replaces what it has set before and signs none of it.

        Args:
            request: as it will be sent; the URL is absolute and percent-encoded. The transport adds only what is about
                the connection: ``Host``, ``Accept-Encoding`` and the length of the body.
            token: the token that is sent, None for none.

        Raises:
            TokenError: the request cannot be signed now; nothing is sent.
        """
        raise NotImplementedError


class SigningMiddleware:
    """Awaits `Signer.prepare` for each attempt and each resend that is signed.

    Args:
        signer: of the client.
    """

    order = StackOrder.SIGNING

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Prepare the signature and send the request."""
        if request.authenticate and request.same_origin:
            await self._signer.prepare(request)
        return await call_next(request)


def signing_step(signer: Signer) -> SendStep:
    """Return the step of ``on_send`` that signs a request with the token that was written before."""

    def sign(request: Request) -> None:
        if request.authenticate and request.same_origin:
            signer.sign(request, presented_token(request.state.credentials))

    return sign
