"""Verification of webhooks: the requests that an API sends to us.

`verify` compares the signature in the headers with that of the raw body, for the scheme of an API: `StripeWebhooks`,
`GitHubWebhooks`, `SlackWebhooks`, `StandardWebhooks`, or `HmacWebhooks` for others. A scheme also signs, for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.errors import WebhookError as WebhookError
    from asdk.webhooks.base import Claim as Claim
    from asdk.webhooks.base import WebhookScheme as WebhookScheme
    from asdk.webhooks.schemes import GitHubWebhooks as GitHubWebhooks
    from asdk.webhooks.schemes import HmacWebhooks as HmacWebhooks
    from asdk.webhooks.schemes import SlackWebhooks as SlackWebhooks
    from asdk.webhooks.schemes import StandardWebhooks as StandardWebhooks
    from asdk.webhooks.schemes import StripeWebhooks as StripeWebhooks
    from asdk.webhooks.verification import Webhook as Webhook
    from asdk.webhooks.verification import verify as verify
