"""Every transition of a token, from plain facts."""

from __future__ import annotations

import pytest

from asdk import Token, TokenRefusedError, TokenUnavailableError
from asdk.auth.refresh.policy import Failure, Held, Move, cool_down, decide, refusal_pause, refused


def held(*, renew_at: float = 90.0, expires_at: float = 100.0, after_refusal: bool = False, value: str = "a") -> Held:
    token = Token(value=value, lifetime=100.0)
    return Held(token, 0.0, renew_at, renew_at, expires_at, expires_at, after_refusal)


TRANSIENT = Failure(TokenUnavailableError("later"), until=50.0, count=1, lasting=False)
REFUSED = Failure(TokenRefusedError("no"), until=50.0, count=1, lasting=True)
A = Token(value="a", lifetime=100.0)


@pytest.mark.parametrize(
    ("state", "move"),
    [
        # token, failure, in flight, rejected, now
        ((held(), None, False, None, 10.0), Move.USE),
        ((held(), None, True, None, 10.0), Move.USE),
        ((held(), REFUSED, False, None, 10.0), Move.USE),
        ((held(), None, False, None, 95.0), Move.USE_AND_RENEW),
        ((held(), None, True, None, 95.0), Move.USE),
        ((held(renew_at=5), TRANSIENT, False, None, 10.0), Move.USE),
        ((held(renew_at=5), REFUSED, False, None, 10.0), Move.USE),
        ((held(renew_at=5), TRANSIENT, False, None, 51.0), Move.USE_AND_RENEW),
        ((held(), None, False, None, 100.0), Move.LEAD),
        ((held(), None, True, None, 100.0), Move.JOIN),
        ((None, None, False, None, 10.0), Move.LEAD),
        ((None, None, True, None, 10.0), Move.JOIN),
        ((None, TRANSIENT, False, None, 10.0), Move.PAUSE),
        ((None, TRANSIENT, True, None, 10.0), Move.JOIN),
        ((None, TRANSIENT, False, None, 50.0), Move.LEAD),
        ((None, REFUSED, False, None, 10.0), Move.FAIL),
        ((None, REFUSED, False, None, 50.0), Move.LEAD),
        ((held(), None, False, A, 10.0), Move.LEAD),
        ((held(), None, True, A, 10.0), Move.JOIN),
        ((held(), TRANSIENT, False, A, 10.0), Move.PAUSE),
        ((held(), REFUSED, False, A, 10.0), Move.FAIL),
        ((held(value="b"), None, False, A, 10.0), Move.USE),
        ((held(after_refusal=True), None, False, A, 10.0), Move.USE),
        ((held(after_refusal=True), None, False, A, 31.0), Move.LEAD),
    ],
)
def test_each_transition(state: tuple[Held | None, Failure | None, bool, Token | None, float], move: Move) -> None:
    token, failure, flying, rejected, now = state
    assert decide(token, failure, flying=flying, rejected=rejected, now=now, wall=now) is move


def test_a_renewal_by_hand_is_no_young_token_business() -> None:
    young = held(after_refusal=True)
    assert decide(young, None, flying=False, rejected=A, by_hand=True, now=10.0, wall=10.0) is Move.LEAD
    assert decide(young, None, flying=True, rejected=A, by_hand=True, now=10.0, wall=10.0) is Move.JOIN
    assert decide(young, REFUSED, flying=False, rejected=A, by_hand=True, now=10.0, wall=10.0) is Move.FAIL


def test_the_cool_down_never_undercuts_what_the_endpoint_asks_and_never_passes_an_hour() -> None:
    asked = TokenUnavailableError("later", retry_after=30.0)
    assert cool_down(asked, None, 100.0, lasting=False).until == 130.0
    absurd = TokenUnavailableError("later", retry_after=1e9)
    assert cool_down(absurd, None, 100.0, lasting=False).until == 3700.0


def test_a_refusal_cools_down_for_a_minute_and_up_to_a_quarter_of_an_hour() -> None:
    for count, longest in enumerate((60, 120, 240, 480, 900, 900), 1):
        assert 0.8 * longest <= refusal_pause(TokenRefusedError("no"), count) <= longest
    assert refusal_pause(TokenRefusedError("no", retry_after=2000.0), 1) == 2000.0
    assert refusal_pause(TokenRefusedError("no"), 10**6) <= 900


def test_the_reason_of_a_refusal_is_looked_at_once_a_second() -> None:
    failure = refused(TokenRefusedError("no"), 60.0, 1, now=10.0)
    for now, flying, move in (
        (10.5, False, Move.FAIL),
        (11.0, False, Move.LEAD),
        (11.0, True, Move.FAIL),
        (70.0, False, Move.LEAD),
        (70.0, True, Move.JOIN),
    ):
        assert decide(None, failure, flying=flying, rejected=None, now=now, wall=now) is move


def test_a_failure_of_another_kind_starts_the_count_anew() -> None:
    failure = cool_down(TokenUnavailableError("later"), None, 0.0, lasting=True)
    assert cool_down(TokenUnavailableError("later"), failure, 0.0, lasting=True).count == 2
    assert cool_down(TokenUnavailableError("later"), failure, 0.0, lasting=False).count == 1
