"""Every row of the table of steps, and its consequences."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.auth import Token
from asdk.auth.identity import Identity
from asdk.auth.refresh.rotation import NextStep, RotationState, choose_step, refresh_token_fingerprint
from asdk.auth.stores.record import RefreshIntent
from asdk.concurrency.process import current_process_id, is_local, is_running

NOW = 1_000_000.0
GONE = current_process_id().rpartition("/")[0] + "/999999999@1"
FAR = "another-machine/pid:[1]/7@1"


def token(value: str = "a", *, life: float = 100.0, refresh: str | None = "r") -> Token:
    return Token(value=value, issued_at=NOW, lifetime=life, refresh_token=refresh)


A, ENDED, B = token(), token(life=-1.0), token("b", refresh="rb")


Entry: TypeAlias = tuple[Token | None, RefreshIntent | None]


def entry(
    stored: Token | None = A,
    *,
    sent_by: str | None = None,
    age: float = 20.0,
    of: Token | None = None,
    unanswered: int = 1,
) -> Entry:
    """Return the contents of a store: a token, and the intent of a process to send its refresh token."""
    if sent_by is None:
        return stored, None
    used = refresh_token_fingerprint(of or stored) or "seed"
    return stored, RefreshIntent(refresh_token=used, process=sent_by, written_at=NOW - age, unanswered=unanswered)


def state_of(**changes: Any) -> RotationState:
    known: dict[str, Any] = {
        "identity": Identity(url="https://login.example.org/token", kind="test", seed="seed"),
        "entry": entry(),
        "held": A,
        "rotates_refresh_tokens": True,
        "has_refresh": True,
        "can_login": True,
        "now": NOW,
        **changes,
    }
    stored, intent = known.pop("entry") or (None, None)
    return RotationState(stored=stored, intent=intent, **known)


@pytest.mark.parametrize(
    ("changes", "with_login", "without"),
    [
        # A login was requested.
        ({"log_in": True}, NextStep.FETCH, NextStep.REFRESH),
        ({"log_in": True, "entry": entry(B)}, NextStep.FETCH, NextStep.ADOPT),
        ({"log_in": True, "reachable": False, "entry": None}, NextStep.FETCH, NextStep.WAIT),
        # The store has another token.
        ({"entry": entry(B)}, NextStep.ADOPT, NextStep.ADOPT),
        ({"entry": entry(B), "held": None}, NextStep.ADOPT, NextStep.ADOPT),
        ({"entry": entry(B), "rejected": A}, NextStep.ADOPT, NextStep.ADOPT),
        ({"entry": entry(B), "rejected": B, "held": B}, NextStep.REFRESH, NextStep.REFRESH),
        ({"entry": entry(token("b", life=-1))}, NextStep.REFRESH, NextStep.REFRESH),
        # Nothing anywhere.
        ({"entry": None, "held": None}, NextStep.FETCH, NextStep.FETCH),
        ({"entry": entry(None), "held": None}, NextStep.FETCH, NextStep.FETCH),
        ({"entry": None, "held": None, "after_fork": True}, NextStep.FETCH, NextStep.BLOCKED),
        # The store lost the token, or is unavailable.
        ({"entry": None}, NextStep.FETCH, NextStep.BLOCKED),
        ({"entry": entry(token(refresh=None)), "held": token(refresh=None)}, NextStep.REFRESH, NextStep.BLOCKED),
        ({"entry": None, "reachable": False}, NextStep.WAIT, NextStep.WAIT),
        ({"entry": None, "reachable": False, "held": ENDED}, NextStep.FETCH, NextStep.BLOCKED),
        ({"entry": None, "reachable": False, "held": None}, NextStep.FETCH, NextStep.BLOCKED),
        ({"entry": None, "reachable": False, "rejected": A}, NextStep.FETCH, NextStep.BLOCKED),
        # A token of this process alone.
        ({"entry": None, "reachable": False, "unshared": True}, NextStep.REFRESH, NextStep.REFRESH),
        ({"entry": entry(B), "unshared": True}, NextStep.REFRESH, NextStep.REFRESH),
        # Reusable refresh tokens.
        (
            {"rotates_refresh_tokens": False, "entry": None, "reachable": False, "held": ENDED},
            NextStep.REFRESH,
            NextStep.REFRESH,
        ),
        (
            {"rotates_refresh_tokens": False, "entry": None, "held": None, "reachable": False},
            NextStep.FETCH,
            NextStep.FETCH,
        ),
        (
            {"rotates_refresh_tokens": False, "entry": entry(A, sent_by=current_process_id())},
            NextStep.REFRESH,
            NextStep.REFRESH,
        ),
        ({"entry": None, "held": token(refresh=None)}, NextStep.REFRESH, NextStep.BLOCKED),
        (
            {"entry": None, "held": token(refresh=None), "rotates_refresh_tokens": False},
            NextStep.REFRESH,
            NextStep.REFRESH,
        ),
        ({"has_refresh": False}, NextStep.FETCH, NextStep.BLOCKED),
        # A single-use refresh token.
        ({}, NextStep.REFRESH, NextStep.REFRESH),
        ({"held": None, "entry": entry(ENDED)}, NextStep.REFRESH, NextStep.REFRESH),
        # ... that a process intended to send.
        ({"entry": entry(A, sent_by=FAR)}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(ENDED, sent_by=FAR), "held": None}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(ENDED, sent_by=FAR, age=61), "held": None}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(A, sent_by=GONE)}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(A, sent_by=GONE), "rejected": A}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(A, sent_by=GONE), "rejected": A, "forced": True}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(ENDED, sent_by=GONE, age=9), "held": None}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(ENDED, sent_by=GONE, age=-60), "held": None}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(ENDED, sent_by=GONE, unanswered=2), "held": None}, NextStep.FETCH, NextStep.BLOCKED),
        ({"entry": entry(ENDED, sent_by=GONE, unanswered=0, age=1), "held": None}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(ENDED, sent_by=GONE), "held": None, "resends_lost": False}, NextStep.FETCH, NextStep.BLOCKED),
        (
            {"entry": entry(ENDED, sent_by=GONE), "held": ENDED, "rejected": ENDED, "forced": True},
            NextStep.FETCH,
            NextStep.REFRESH,
        ),
        ({"entry": entry(ENDED, sent_by=GONE), "held": None}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(ENDED, sent_by=current_process_id()), "held": ENDED}, NextStep.FETCH, NextStep.REFRESH),
        ({"entry": entry(A, sent_by=GONE, of=B)}, NextStep.REFRESH, NextStep.REFRESH),
        ({"entry": entry(None, sent_by=FAR), "held": None}, NextStep.FETCH, NextStep.WAIT),
        ({"entry": entry(None, sent_by=GONE), "held": None}, NextStep.FETCH, NextStep.FETCH),
    ],
)
def test_each_row(changes: dict[str, Any], with_login: NextStep, without: NextStep) -> None:
    assert choose_step(state_of(**changes)) is with_login
    assert choose_step(state_of(**changes, can_login=False)) is without


TOKENS = st.sampled_from([None, A, ENDED, B])


@given(
    st.builds(
        state_of,
        entry=st.one_of(
            st.none(), st.builds(entry, TOKENS, sent_by=st.sampled_from([None, FAR, GONE, current_process_id()]))
        ),
        reachable=st.booleans(),
        held=TOKENS,
        unshared=st.booleans(),
        rejected=TOKENS,
        rotates_refresh_tokens=st.booleans(),
        has_refresh=st.booleans(),
        can_login=st.booleans(),
        after_fork=st.booleans(),
    )
)
def test_a_shared_refresh_token_is_sent_only_if_the_store_says_it_is_unused(known: RotationState) -> None:
    step = choose_step(known)
    used = known.single_use_fingerprint(step)
    if used is None or known.unshared or step not in {NextStep.REFRESH, NextStep.FETCH}:
        return
    assert known.reachable or known.stored is not None
    if known.intent is not None and known.intent.refresh_token == used:
        assert not known.can_login
        assert not known.is_usable(known.held)
    if step is NextStep.REFRESH:
        assert known.stored is not None


def test_a_process_id_tells_whether_the_process_is_running() -> None:
    assert is_running(current_process_id()) is True
    assert is_running(GONE) is False
    assert is_running(FAR) is None
    assert is_local(GONE)
    assert not is_local(FAR)
    again = current_process_id().rpartition("@")[0] + "@1"  # the same number, given to a process that began later
    assert is_running(again) is False
    code = "from asdk.concurrency.process import current_process_id; print(current_process_id())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert is_local(ran.stdout.strip())
    assert is_running(ran.stdout.strip()) is False


@pytest.mark.parametrize("name", ["", "x", "/", current_process_id().rpartition("/")[0] + "/x@y"])
def test_an_invalid_process_name_is_not_running(name: str) -> None:
    assert not is_running(name)
