"""The schemes of Stripe, Slack and GitHub, Standard Webhooks, and `HmacWebhooks` for others."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Literal

from asdk.errors import ConfigurationError, WebhookError
from asdk.extras import require_extra
from asdk.secret import Secret
from asdk.webhooks.base import (
    Claim,
    Ed25519Key,
    HmacKey,
    Key,
    WebhookScheme,
    all_signatures,
    from_base64,
    from_hex,
    header_field,
    parse_seconds,
)


class StripeWebhooks(WebhookScheme):
    """The scheme of Stripe: ``Stripe-Signature: t=1492774577,v1=...``, over the time and the body.

    Source: https://docs.stripe.com/webhooks/signature
    """

    def read(self, body: bytes, headers: Mapping[str, str]) -> Claim:
        """Return what the headers claim."""
        pairs = [part.strip().partition("=") for part in header_field(headers, "Stripe-Signature").split(",")]
        times = [value for name, _, value in pairs if name == "t"]
        if len(times) != 1:
            raise WebhookError(f"Stripe-Signature must have one t=, got {len(times)}")
        signatures = [from_hex(value) for name, _, value in pairs if name == "v1"]
        timestamp = parse_seconds("Stripe-Signature", times[0])
        return Claim(f"{times[0]}.".encode() + body, all_signatures(signatures), timestamp=timestamp)

    def headers(self, body: bytes, *, id: str, timestamp: int) -> dict[str, str]:
        """Return the header fields that a sender adds."""
        signature = self.keys[0].sign(f"{timestamp}.".encode() + body)
        return {"Stripe-Signature": f"t={timestamp},v1={signature.hex()}"}


class SlackWebhooks(WebhookScheme):
    """The scheme of Slack: ``X-Slack-Signature: v0=...``, over ``X-Slack-Request-Timestamp`` and the body.

    Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    def read(self, body: bytes, headers: Mapping[str, str]) -> Claim:
        """Return what the headers claim."""
        time = header_field(headers, "X-Slack-Request-Timestamp")
        timestamp = parse_seconds("X-Slack-Request-Timestamp", time)
        version, _, value = header_field(headers, "X-Slack-Signature").partition("=")
        signatures = [from_hex(value)] if version == "v0" else []
        return Claim(f"v0:{time}:".encode() + body, all_signatures(signatures), timestamp=timestamp)

    def headers(self, body: bytes, *, id: str, timestamp: int) -> dict[str, str]:
        """Return the header fields that a sender adds."""
        signature = self.keys[0].sign(f"v0:{timestamp}:".encode() + body)
        return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={signature.hex()}"}


class StandardWebhooks(WebhookScheme):
    """The scheme of the Standard Webhooks specification, over the id, the time and the body.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

    Args:
        secrets: ``whsec_`` and base64 for the symmetric signature ``v1``; ``whpk_`` and base64, a public Ed25519 key,
            for the asymmetric ``v1a``, which needs the extra ``crypto``.
        prefix: of the header names; ``"svix"`` for senders that use Svix.
    """

    def __init__(self, *secrets: str | Secret, prefix: str = "webhook") -> None:
        self._prefix = prefix.lower()
        super().__init__(*secrets)

    def key(self, secret: Secret) -> Key:
        """Return the key of a secret: its base64 decoded."""
        text = secret.reveal()
        value = from_base64(text.removeprefix("whpk_").removeprefix("whsec_"))
        if not value:
            raise ConfigurationError("a secret of StandardWebhooks must be whsec_ or whpk_ and base64")
        if not text.startswith("whpk_"):
            return HmacKey(value)
        require_extra("a public key of StandardWebhooks", "crypto", "cryptography")
        if len(value) != 32:
            raise ConfigurationError(f"a public key of StandardWebhooks must have 32 bytes, got {len(value)}")
        return Ed25519Key(value)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Claim:
        """Return what the headers claim."""
        id = header_field(headers, f"{self._prefix}-id")
        time = header_field(headers, f"{self._prefix}-timestamp")
        timestamp = parse_seconds(f"{self._prefix}-timestamp", time)
        pairs = [part.partition(",") for part in header_field(headers, f"{self._prefix}-signature").split()]
        versions = {"v1a" if isinstance(key, Ed25519Key) else "v1" for key in self.keys}
        signatures = [from_base64(value) for version, _, value in pairs if version in versions]
        return Claim(_standard(id, time, body), all_signatures(signatures), id, timestamp)

    def headers(self, body: bytes, *, id: str, timestamp: int) -> dict[str, str]:
        """Return the header fields that a sender adds."""
        signature = self.keys[0].sign(_standard(id, str(timestamp), body))
        return {
            f"{self._prefix}-id": id,
            f"{self._prefix}-timestamp": str(timestamp),
            f"{self._prefix}-signature": f"v1,{base64.b64encode(signature).decode()}",
        }


def _standard(id: str, time: str, body: bytes) -> bytes:
    return f"{id}.{time}.".encode() + body


class HmacWebhooks(WebhookScheme):
    """An HMAC over the body alone, in one header: the scheme of GitHub, Shopify and many others.

    It signs no time: a request that was recorded can be sent again. Remember the ids, see `Webhook`.

    Args:
        secrets: the signing secrets.
        header: the name of the header with the signature.
        prefix: the text before the signature, such as ``"sha256="``.
        encoding: of the signature.
        algorithm: of the HMAC.
        id_header: the name of the header with the id of the delivery, if there is one; it is not signed.
    """

    def __init__(
        self,
        *secrets: str | Secret,
        header: str,
        prefix: str = "",
        encoding: Literal["hex", "base64"] = "hex",
        algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256",
        id_header: str | None = None,
    ) -> None:
        if encoding not in ("hex", "base64"):
            raise ConfigurationError(f'encoding must be "hex" or "base64", got {encoding!r}')
        if algorithm not in ("sha1", "sha256", "sha384", "sha512"):
            raise ConfigurationError(f"algorithm must be sha1, sha256, sha384 or sha512, got {algorithm!r}")
        self._header = header
        self._mark = prefix
        self._encoding = encoding
        self._algorithm = algorithm
        self._id_header = id_header
        super().__init__(*secrets)

    def key(self, secret: Secret) -> Key:
        """Return the key of a secret: its text in UTF-8."""
        return HmacKey(secret.reveal().encode(), self._algorithm)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Claim:
        """Return what the headers claim."""
        value = header_field(headers, self._header).strip()
        if not value.startswith(self._mark):
            raise WebhookError(f"{self._header} must start with {self._mark}")
        text = value[len(self._mark) :]
        signature = from_hex(text) if self._encoding == "hex" else from_base64(text)
        id = None if self._id_header is None else headers.get(self._id_header.lower())
        return Claim(body, all_signatures([signature]), id)

    def headers(self, body: bytes, *, id: str, timestamp: int) -> dict[str, str]:
        """Return the header fields that a sender adds."""
        signature = self.keys[0].sign(body)
        text = signature.hex() if self._encoding == "hex" else base64.b64encode(signature).decode()
        fields = {} if self._id_header is None else {self._id_header: id}
        return {**fields, self._header: f"{self._mark}{text}"}


class GitHubWebhooks(HmacWebhooks):
    """The scheme of GitHub: ``X-Hub-Signature-256: sha256=...`` over the body; ``X-GitHub-Delivery`` is the id.

    Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """

    def __init__(self, *secrets: str | Secret) -> None:
        super().__init__(*secrets, header="X-Hub-Signature-256", prefix="sha256=", id_header="X-GitHub-Delivery")
