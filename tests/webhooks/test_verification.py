"""`verify`: the time, the body, the shapes of headers, and what comes back."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from asdk import DecodeError, InvalidRequestError, WebhookError, model
from asdk.testing import VirtualClock
from asdk.webhooks import GitHubWebhooks, SlackWebhooks, StandardWebhooks, StripeWebhooks, Webhook, verify

SCHEME = StripeWebhooks("whsec_secret")


@model
class Event:
    id: str
    amount: int | None = None


@pytest.mark.parametrize(("age", "accepted"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_time_within_the_tolerance_is_accepted(age: int, accepted: bool) -> None:
    clock = VirtualClock()
    headers = SCHEME.sign(b"{}", clock=clock)
    clock.set_wall_clock(age)
    if accepted:
        assert verify(b"{}", headers, SCHEME, clock=clock).body == b"{}"
    else:
        with pytest.raises(WebhookError, match="tolerance of 300 s"):
            verify(b"{}", headers, SCHEME, clock=clock)
    assert verify(b"{}", headers, SCHEME, tolerance=None, clock=clock).body == b"{}"
    assert verify(b"{}", headers, SCHEME, tolerance=1000, clock=clock).body == b"{}"


@pytest.mark.parametrize("time", ["", "x", "1e3", "-5", "١٢٣", "1" * 12, "9" * 400, "1.5", " 5", "0x10"])
@pytest.mark.parametrize("tolerance", [None, 300])
def test_a_malformed_time_is_a_webhook_error(time: str, tolerance: float | None) -> None:
    slack = {"X-Slack-Request-Timestamp": time, "X-Slack-Signature": f"v0={'0' * 64}"}
    with pytest.raises(WebhookError):
        verify(b"{}", slack, SlackWebhooks("secret"), tolerance=tolerance)
    with pytest.raises(WebhookError):
        verify(b"{}", {"Stripe-Signature": f"t={time},v1={'0' * 64}"}, SCHEME, tolerance=tolerance)


def test_two_times_are_rejected() -> None:
    clock = VirtualClock()
    value = SCHEME.sign(b"{}", clock=clock)["Stripe-Signature"]
    with pytest.raises(WebhookError, match="one t="):
        verify(b"{}", {"Stripe-Signature": f"{value},t=1"}, SCHEME, clock=clock)


def test_many_signatures_are_not_tried() -> None:
    headers = {"Stripe-Signature": "t=1," + ",".join([f"v1={'0' * 64}"] * 500)}
    with pytest.raises(WebhookError, match="500 signatures"):
        verify(b"{}", headers, SCHEME, tolerance=None)


@pytest.mark.parametrize("body", ["{}", {"id": 1}, None, [b"{}"]])
def test_a_body_that_is_not_raw_is_rejected(body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="raw bytes"):
        verify(body, {}, SCHEME)


@pytest.mark.parametrize("scheme", [StripeWebhooks, "secret", None])
def test_a_scheme_without_its_secret_is_rejected(scheme: Any) -> None:
    with pytest.raises(InvalidRequestError, match="WebhookScheme with its secret"):
        verify(b"{}", {}, scheme)


def test_headers_of_any_framework_are_read() -> None:
    clock, scheme = VirtualClock(), GitHubWebhooks("secret")
    headers = scheme.sign(b"{}", id="d-1", clock=clock)
    shapes: list[Any] = [
        headers,
        {name.upper(): value for name, value in headers.items()},
        list(headers.items()),
        [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        iter(headers.items()),
    ]
    for shape in shapes:
        assert verify(b"{}", shape, scheme, clock=clock).id == "d-1"


def test_a_repeated_signature_header_has_the_signatures_of_both() -> None:
    clock = VirtualClock()
    scheme = StandardWebhooks("whsec_" + "QUJD" * 8)
    headers = scheme.sign(b"{}", clock=clock)
    repeated = [*headers.items(), ("webhook-signature", "v1,AAAA")]
    with pytest.raises(WebhookError):  # a field that is joined by a comma is not a list of this scheme
        verify(b"{}", [*repeated, ("webhook-id", "msg_2")], scheme, clock=clock)


def test_a_verified_webhook_decodes_its_body() -> None:
    clock = VirtualClock()
    body = b'{"id": "evt_1", "amount": 5}'
    webhook = verify(body, SCHEME.sign(body, clock=clock), SCHEME, clock=clock)
    assert webhook.decode(Event) == Event(id="evt_1", amount=5)
    assert webhook.json() == {"id": "evt_1", "amount": 5}
    assert b"evt_1".decode() not in repr(webhook)
    with pytest.raises(DecodeError, match="id"):
        Webhook(b'{"amount": 5}').decode(Event)
    with pytest.raises(DecodeError):
        Webhook(b"<html>").json()
    assert pickle.loads(pickle.dumps(webhook)) == webhook


def test_an_error_has_neither_secret_nor_right_signature() -> None:
    clock = VirtualClock()
    right = SCHEME.sign(b"{}", clock=clock)["Stripe-Signature"]
    wrong = right[:-8] + "00000000"
    with pytest.raises(WebhookError) as caught:
        verify(b"{}", {"Stripe-Signature": wrong}, SCHEME, clock=clock)
    assert "whsec_secret" not in str(caught.value)
    assert right[-64:] not in str(caught.value)
