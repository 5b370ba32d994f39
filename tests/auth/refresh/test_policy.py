"""Every transition of a token, from plain facts."""

from __future__ import annotations

import pytest

from asdk import Token, TokenRefusedError, TokenUnavailableError
from asdk.auth.refresh.policy import (
    Action,
    CachedToken,
    RefreshFailure,
    RefreshRequest,
    cool_down,
    next_action,
    refusal_pause,
    refused,
)


def held(
    *, refresh_at: float = 90.0, expires_at: float = 100.0, after_rejection: bool = False, value: str = "a"
) -> CachedToken:
    token = Token(value=value, lifetime=100.0)
    return CachedToken(token, 0.0, refresh_at, refresh_at, expires_at, expires_at, after_rejection)


TRANSIENT = RefreshFailure(TokenUnavailableError("later"), until=50.0, count=1, lasting=False)
REFUSED = RefreshFailure(TokenRefusedError("no"), until=50.0, count=1, lasting=True)
A = Token(value="a", lifetime=100.0)


@pytest.mark.parametrize(
    ("state", "action"),
    [
        # token, failure, in flight, rejected, now
        ((held(), None, False, None, 10.0), Action.USE),
        ((held(), None, True, None, 10.0), Action.USE),
        ((held(), REFUSED, False, None, 10.0), Action.USE),
        ((held(), None, False, None, 95.0), Action.USE_AND_REFRESH),
        ((held(), None, True, None, 95.0), Action.USE),
        ((held(refresh_at=5), TRANSIENT, False, None, 10.0), Action.USE),
        ((held(refresh_at=5), REFUSED, False, None, 10.0), Action.USE),
        ((held(refresh_at=5), TRANSIENT, False, None, 51.0), Action.USE_AND_REFRESH),
        ((held(), None, False, None, 100.0), Action.START),
        ((held(), None, True, None, 100.0), Action.JOIN),
        ((None, None, False, None, 10.0), Action.START),
        ((None, None, True, None, 10.0), Action.JOIN),
        ((None, TRANSIENT, False, None, 10.0), Action.WAIT),
        ((None, TRANSIENT, True, None, 10.0), Action.JOIN),
        ((None, TRANSIENT, False, None, 50.0), Action.START),
        ((None, REFUSED, False, None, 10.0), Action.FAIL),
        ((None, REFUSED, False, None, 50.0), Action.START),
        ((held(), None, False, A, 10.0), Action.START),
        ((held(), None, True, A, 10.0), Action.JOIN),
        ((held(), TRANSIENT, False, A, 10.0), Action.WAIT),
        ((held(), REFUSED, False, A, 10.0), Action.FAIL),
        ((held(value="b"), None, False, A, 10.0), Action.USE),
        ((held(after_rejection=True), None, False, A, 10.0), Action.USE),
        ((held(after_rejection=True), None, False, A, 31.0), Action.START),
    ],
)
def test_each_transition(
    state: tuple[CachedToken | None, RefreshFailure | None, bool, Token | None, float], action: Action
) -> None:
    token, failure, in_flight, rejected, now = state
    assert next_action(token, failure, RefreshRequest(rejected), in_flight=in_flight, now=now, wall=now) is action


def test_a_forced_refresh_ignores_the_age_of_the_token() -> None:
    young, forced = held(after_rejection=True), RefreshRequest(A, forced=True)
    assert next_action(young, None, forced, in_flight=False, now=10.0, wall=10.0) is Action.START
    assert next_action(young, None, forced, in_flight=True, now=10.0, wall=10.0) is Action.JOIN
    assert next_action(young, REFUSED, forced, in_flight=False, now=10.0, wall=10.0) is Action.FAIL


def test_the_cool_down_is_at_least_retry_after_and_at_most_an_hour() -> None:
    asked = TokenUnavailableError("later", retry_after=30.0)
    assert cool_down(asked, None, 100.0, lasting=False).until == 130.0
    absurd = TokenUnavailableError("later", retry_after=1e9)
    assert cool_down(absurd, None, 100.0, lasting=False).until == 3700.0


def test_the_cool_down_of_a_refusal_is_1_to_15_minutes() -> None:
    for count, longest in enumerate((60, 120, 240, 480, 900, 900), 1):
        assert 0.8 * longest <= refusal_pause(TokenRefusedError("no"), count) <= longest
    assert refusal_pause(TokenRefusedError("no", retry_after=2000.0), 1) == 2000.0
    assert refusal_pause(TokenRefusedError("no"), 10**6) <= 900


def test_the_reason_of_a_refusal_is_checked_once_a_second() -> None:
    failure = refused(TokenRefusedError("no"), 60.0, 1, now=10.0)
    for now, in_flight, action in (
        (10.5, False, Action.FAIL),
        (11.0, False, Action.START),
        (11.0, True, Action.FAIL),
        (70.0, False, Action.START),
        (70.0, True, Action.JOIN),
    ):
        assert next_action(None, failure, RefreshRequest(), in_flight=in_flight, now=now, wall=now) is action


def test_a_refusal_restarts_the_count_of_failures() -> None:
    failure = cool_down(TokenUnavailableError("later"), None, 0.0)
    assert cool_down(TokenUnavailableError("later"), failure, 0.0).count == 2
    refusal = refused(TokenRefusedError("no"), 60.0, 3, now=0.0)
    assert cool_down(TokenUnavailableError("later"), refusal, 0.0).count == 1


MISSING = TokenUnavailableError("connection refused", endpoint_missing=True)
NOT_FOUND = TokenUnavailableError("not found", endpoint_missing=True, status=404)
BUSY = TokenUnavailableError("busy", status=503)


@pytest.mark.parametrize(
    ("error", "reached", "lasting"),
    [
        (MISSING, False, [False, False, True, True]),
        (MISSING, True, [False, False, False, False]),
        (NOT_FOUND, False, [False, False, True, True]),
        (NOT_FOUND, True, [False, False, False, False]),
        (BUSY, False, [False, False, False, False]),
    ],
)
def test_callers_wait_only_for_an_endpoint_that_exists(
    error: TokenUnavailableError, reached: bool, lasting: list[bool]
) -> None:
    failure, seen = None, []
    for _ in range(4):
        failure = cool_down(error, failure, 0.0, reached=reached)
        seen.append(failure.lasting)
    assert seen == lasting


@pytest.mark.parametrize(
    ("failure", "now", "action"),
    [
        (None, 100.0, Action.START),
        (TRANSIENT, 49.0, Action.USE),
        (TRANSIENT, 50.0, Action.USE_AND_REFRESH),
        (refused(TokenRefusedError("no"), 90.0, 1, now=0.0), 60.0, Action.START),
        (refused(TokenRefusedError("no"), 90.0, 1, now=0.0), 0.5, Action.FAIL),
    ],
)
def test_a_stale_token_is_used_in_an_outage_only(failure: RefreshFailure | None, now: float, action: Action) -> None:
    ended = held(refresh_at=-10.0, expires_at=0.0)
    assert next_action(ended, failure, RefreshRequest(), in_flight=False, now=now, wall=now, serve_stale=80.0) is action
    late = next_action(ended, TRANSIENT, RefreshRequest(), in_flight=False, now=49.0, wall=49.0, serve_stale=10.0)
    assert late is Action.WAIT
    rejected = RefreshRequest(ended.token)
    assert next_action(ended, TRANSIENT, rejected, in_flight=False, now=49, wall=49, serve_stale=80) is Action.WAIT
