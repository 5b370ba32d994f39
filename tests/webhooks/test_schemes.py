"""Webhook schemes against published signatures and against their own signing half."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk import ConfigurationError, Secret, WebhookError
from asdk.testing import VirtualClock
from asdk.webhooks import (
    GitHubWebhooks,
    HmacWebhooks,
    SlackWebhooks,
    StandardWebhooks,
    StripeWebhooks,
    WebhookScheme,
    verify,
)

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
    b".803a0bc887a14d10d2c447fce8b6703c"
)

#: Scheme, time, body and headers, as published: GitHub and Slack in their documentation (see `asdk.webhooks.schemes`),
#: Standard Webhooks by Svix (https://docs.svix.com/receiving/verifying-payloads/how-manual).
PUBLISHED: dict[str, tuple[WebhookScheme, int, bytes, dict[str, str]]] = {
    "github": (
        GitHubWebhooks("It's a Secret to Everybody"),
        0,
        b"Hello, World!",
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    ),
    "slack": (
        SlackWebhooks("8f742231b10e8888abcd99yyyzzz85a5"),
        1531420618,
        SLACK_BODY,
        {
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "X-Slack-Request-Timestamp": "1531420618",
        },
    ),
    "standard": (
        StandardWebhooks("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", prefix="svix"),
        1614265330,
        b'{"test": 2432232314}',
        {
            "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "svix-timestamp": "1614265330",
            "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
    ),
}

KEY = "whsec_" + base64.b64encode(b"0" * 24).decode()
SCHEMES: list[WebhookScheme] = [
    StripeWebhooks("whsec_stripe"),
    GitHubWebhooks("github-secret"),
    SlackWebhooks("slack-secret"),
    StandardWebhooks(KEY),
    HmacWebhooks("shop-secret", header="X-Shopify-Hmac-Sha256", encoding="base64"),
    HmacWebhooks("hub-secret", header="X-Signature", prefix="sha512=", algorithm="sha512", id_header="X-Request-Id"),
]


def clock_at(seconds: float) -> VirtualClock:
    return VirtualClock(start=seconds)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_signature_is_accepted(name: str) -> None:
    scheme, time, body, headers = PUBLISHED[name]
    assert verify(body, headers, scheme, clock=clock_at(time + 10)).body == body
    with pytest.raises(WebhookError, match="no signature"):
        verify(body + b" ", headers, scheme, clock=clock_at(time + 10))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_scheme_signs_as_published(name: str) -> None:
    scheme, time, body, headers = PUBLISHED[name]
    signed = scheme.sign(body, id=headers.get("svix-id", "1"), clock=clock_at(time))
    assert signed.items() >= headers.items()


def test_stripe_signs_time_and_body_with_the_whole_secret() -> None:
    body, time = b'{"id": "evt_1"}', 1_700_000_000
    signature = hmac.new(b"whsec_abc", f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={time},v1={'0' * 64},v1={signature},v0=unknown"}
    webhook = verify(body, headers, StripeWebhooks(Secret("whsec_abc")), clock=clock_at(time))
    assert webhook.sent_at is not None
    assert webhook.sent_at.timestamp() == time
    with pytest.raises(WebhookError, match="no signature"):
        verify(body, headers, StripeWebhooks("abc"), clock=clock_at(time))


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
@given(body=st.binary(max_size=50))
def test_what_a_scheme_signs_is_accepted(scheme: WebhookScheme, body: bytes) -> None:
    clock = VirtualClock()
    headers = scheme.sign(body, id="msg_7", clock=clock)
    assert verify(body, headers, scheme, clock=clock).body == body
    assert verify(memoryview(body), list(headers.items()), scheme, clock=clock).body == body


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_any_change_of_body_or_header_is_rejected(scheme: WebhookScheme) -> None:
    clock, body = VirtualClock(), b'{"amount": 100}'
    headers = scheme.sign(body, id="msg_7", clock=clock)
    for index in range(len(body)):
        changed = body[:index] + bytes([body[index] ^ 1]) + body[index + 1 :]
        with pytest.raises(WebhookError):
            verify(changed, headers, scheme, clock=clock)
    for name, value in headers.items():
        if name in {"X-Request-Id", "X-GitHub-Delivery"}:  # not signed by these schemes
            continue
        for changed_value in ("", "x", value[:-1], value + "0", value[:-4] + "AAAA", "é" * 9, value.replace("1", "2")):
            if changed_value == value:
                continue
            with pytest.raises(WebhookError):
                verify(body, {**headers, name: changed_value}, scheme, clock=clock)
        with pytest.raises(WebhookError, match=r"no .* header"):
            verify(body, {key: other for key, other in headers.items() if key != name}, scheme, clock=clock)


@pytest.mark.parametrize("make", [StripeWebhooks, GitHubWebhooks, SlackWebhooks], ids=lambda make: str(make.__name__))
def test_old_and_new_secret_are_accepted_while_one_replaces_the_other(make: Any) -> None:
    clock = VirtualClock()
    for secret in ("old-secret", "new-secret"):
        headers = make(secret).sign(b"{}", clock=clock)
        assert verify(b"{}", headers, make("new-secret", "old-secret"), clock=clock).body == b"{}"
    with pytest.raises(WebhookError, match="no signature"):
        verify(b"{}", make("another").sign(b"{}", clock=clock), make("new-secret", "old-secret"), clock=clock)


def test_a_public_key_verifies_the_asymmetric_signature() -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    clock, scheme = VirtualClock(), StandardWebhooks(public)
    time = str(int(clock.time()))
    signature = base64.b64encode(private.sign(f"msg_1.{time}.{{}}".encode())).decode()
    symmetric = StandardWebhooks(KEY).sign(b"{}", clock=clock)["webhook-signature"]
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": time,
        "webhook-signature": f"{symmetric} v1a,{signature}",
    }
    assert verify(b"{}", headers, scheme, clock=clock).id == "msg_1"
    with pytest.raises(WebhookError, match="no signature"):
        verify(b"[]", headers, scheme, clock=clock)
    with pytest.raises(WebhookError, match="known version"):
        verify(b"{}", {**headers, "webhook-signature": symmetric}, scheme, clock=clock)
    with pytest.raises(ConfigurationError, match="cannot sign"):
        scheme.sign(b"{}")
    short = base64.b64encode(private.public_key().public_bytes_raw()[:31]).decode()
    with pytest.raises(ConfigurationError, match="32 bytes"):
        StandardWebhooks(f"whpk_{short}")


@pytest.mark.parametrize(
    "make",
    [
        lambda: GitHubWebhooks(),
        lambda: GitHubWebhooks(""),
        lambda: GitHubWebhooks(Secret("")),
        lambda: StripeWebhooks(b"whsec"),  # type: ignore[arg-type]
        lambda: SlackWebhooks(None),  # type: ignore[arg-type]
        lambda: StandardWebhooks("whsec_not base64"),
        lambda: StandardWebhooks("whsec_"),
        lambda: HmacWebhooks("s", header="X", encoding="base32"),  # type: ignore[arg-type]
        lambda: HmacWebhooks("s", header="X", algorithm="md5"),  # type: ignore[arg-type]
    ],
)
def test_a_malformed_secret_or_option_is_rejected(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_no_secret_is_shown(scheme: WebhookScheme) -> None:
    assert "secret)" in repr(scheme)
    assert not any(word in f"{scheme!r} {vars(scheme)}" for word in ("github-secret", "slack-secret", "shop-secret"))
