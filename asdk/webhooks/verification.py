"""`verify`: whether a request that reached us was sent by the API, and not long ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

import attrs
from typing_extensions import TypeForm

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.errors import InvalidRequestError, WebhookError, describe_type
from asdk.limits import DEFAULT_LIMITS
from asdk.models.decoding import decoder_for
from asdk.webhooks.base import WebhookScheme

T = TypeVar("T")

#: The headers of a request, as any web framework has them: a mapping, or pairs of str or bytes.
HeaderFields: TypeAlias = "Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]"

# A sender puts a handful of signatures into a header. More would only cost time.
_MAX_SIGNATURES: Final = 20


@attrs.frozen
class Webhook:
    """A webhook that was verified.

    Attributes:
        body: the raw body.
        id: names the delivery, None if the scheme has no id. A sender repeats a delivery with the same id: remember the
            ids of the last few minutes, and ignore one that came before.
        sent_at: when it was signed, None if the scheme does not sign a time.
    """

    body: bytes = attrs.field(repr=False)
    id: str | None = None
    sent_at: datetime | None = None

    def json(self) -> Any:
        """Return the body as plain JSON data.

        Raises:
            DecodeError: the body is not JSON.
        """
        return self.decode(Any)

    def decode(self, model: TypeForm[T]) -> T:
        """Return the body as a typed value, as `Response.decode` does.

        Raises:
            DecodeError: the body is not JSON, or does not match the model.
        """
        return decoder_for(model)(self.body, DEFAULT_LIMITS)


def verify(
    body: bytes | bytearray | memoryview,
    headers: HeaderFields,
    scheme: WebhookScheme,
    *,
    tolerance: float | None = 300.0,
    clock: Clock = SYSTEM_CLOCK,
) -> Webhook:
    """Return a webhook if it is authentic and recent.

    ::

        scheme = StripeWebhooks(os.environ["STRIPE_WEBHOOK_SECRET"])

        async def receive(request: web.Request) -> web.Response:
            try:
                webhook = verify(await request.read(), request.headers, scheme)
            except WebhookError:
                return web.Response(status=400)
            event = webhook.decode(Event)

    Args:
        body: the body as it arrived, before anything parsed it: JSON that is written again has another signature.
        headers: of the request.
        scheme: how the API signs, with the secret.
        tolerance: how many seconds the time of the signature may be from now, in both directions; None for any time.
            Schemes that sign no time ignore it.
        clock: tells the time.

    Raises:
        WebhookError: a header is missing or malformed, the signature is wrong, or its time is too far from now.
        InvalidRequestError: the body is not bytes.
    """
    if not isinstance(body, bytes | bytearray | memoryview):
        raise InvalidRequestError(f"body must be the raw bytes of the request, got {describe_type(body)}")
    if not isinstance(scheme, WebhookScheme):
        raise InvalidRequestError(f"scheme must be a WebhookScheme with its secret, got {describe_type(scheme)}")
    raw = bytes(body)
    claim = scheme.read(raw, _lower(headers))
    if len(claim.signatures) > _MAX_SIGNATURES:
        raise WebhookError(f"the request has {len(claim.signatures)} signatures, more than {_MAX_SIGNATURES}")
    if not scheme.matches(claim):
        raise WebhookError("no signature of the request matches its body and the secret")
    if claim.timestamp is None:
        return Webhook(raw, claim.id)
    distance = clock.time() - claim.timestamp
    if tolerance is not None and not -tolerance <= distance <= tolerance:
        when = f"{distance:.0f} s ago" if distance > 0 else f"{-distance:.0f} s in the future"
        raise WebhookError(f"the request was signed {when}, which is more than the tolerance of {tolerance:g} s")
    return Webhook(raw, claim.id, datetime.fromtimestamp(claim.timestamp, UTC))


def _lower(headers: HeaderFields) -> dict[str, str]:
    """Return header fields by name in lower case. A repeated one is joined by commas (RFC 9110, section 5.3)."""
    found: dict[str, str] = {}
    pairs: Iterable[tuple[Any, Any]] = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        key, text = (part.decode("latin-1") if isinstance(part, bytes) else str(part) for part in (name, value))
        key = key.lower()
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
