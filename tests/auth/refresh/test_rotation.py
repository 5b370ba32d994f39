"""What may be sent: every row of the table, and what follows from it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.auth import Token
from asdk.auth.refresh.rotation import Facts, Way, choose, print_of
from asdk.auth.stores.record import RefreshIntent, TokenRecord
from asdk.concurrency.process import current_process_id, is_local, is_running

NOW = 1_000_000.0
GONE = current_process_id().rpartition("/")[0] + "/999999999@1"
FAR = "another-machine/pid:[1]/7@1"


def token(value: str = "a", *, life: float = 100.0, refresh: str | None = "r") -> Token:
    return Token(value=value, issued_at=NOW, lifetime=life, refresh_token=refresh)


A, ENDED, B = token(), token(life=-1.0), token("b", refresh="rb")


def entry(
    held: Token | None = A, *, announced: str | None = None, age: float = 1.0, of: Token | None = None
) -> TokenRecord:
    intent = None
    if announced is not None:
        used = print_of(of or held) or "seed"
        intent = RefreshIntent(refresh_token=used, holder=announced, written_at=NOW - age)
    return TokenRecord(origin="https://login.example.org", token=held, intent=intent)


def facts(**changes: Any) -> Facts:
    plain = Facts(
        entry=entry(),
        reachable=True,
        held=A,
        private=False,
        rejected=None,
        rotates_refresh_tokens=True,
        renews=True,
        can_login=True,
        seed="seed",
        inherited=False,
        now=NOW,
    )
    return attrs.evolve(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "with_login", "without"),
    [
        # Somebody asks for a login.
        ({"log_in": True}, Way.FETCH, Way.REFRESH),
        ({"log_in": True, "entry": entry(B)}, Way.FETCH, Way.ADOPT),
        ({"log_in": True, "reachable": False, "entry": None}, Way.FETCH, Way.WAIT),
        # The store holds another token.
        ({"entry": entry(B)}, Way.ADOPT, Way.ADOPT),
        ({"entry": entry(B), "held": None}, Way.ADOPT, Way.ADOPT),
        ({"entry": entry(B), "rejected": A}, Way.ADOPT, Way.ADOPT),
        ({"entry": entry(B), "rejected": B, "held": B}, Way.REFRESH, Way.REFRESH),
        ({"entry": entry(token("b", life=-1))}, Way.REFRESH, Way.REFRESH),
        # Nothing anywhere.
        ({"entry": None, "held": None}, Way.FETCH, Way.FETCH),
        ({"entry": entry(None), "held": None}, Way.FETCH, Way.FETCH),
        ({"entry": None, "held": None, "inherited": True}, Way.FETCH, Way.STUCK),
        # The store lost what it had, or is away.
        ({"entry": None}, Way.FETCH, Way.STUCK),
        ({"entry": entry(token(refresh=None)), "held": token(refresh=None)}, Way.REFRESH, Way.STUCK),
        ({"entry": None, "reachable": False}, Way.WAIT, Way.WAIT),
        ({"entry": None, "reachable": False, "held": ENDED}, Way.FETCH, Way.STUCK),
        ({"entry": None, "reachable": False, "held": None}, Way.FETCH, Way.STUCK),
        ({"entry": None, "reachable": False, "rejected": A}, Way.FETCH, Way.STUCK),
        # A token of this process alone.
        ({"entry": None, "reachable": False, "private": True}, Way.REFRESH, Way.REFRESH),
        ({"entry": entry(B), "private": True}, Way.REFRESH, Way.REFRESH),
        # What renews freely.
        ({"rotates_refresh_tokens": False, "entry": None, "reachable": False, "held": ENDED}, Way.REFRESH, Way.REFRESH),
        ({"rotates_refresh_tokens": False, "entry": None, "held": None, "reachable": False}, Way.FETCH, Way.FETCH),
        (
            {"rotates_refresh_tokens": False, "entry": entry(A, announced=current_process_id())},
            Way.REFRESH,
            Way.REFRESH,
        ),
        ({"entry": None, "held": token(refresh=None)}, Way.REFRESH, Way.STUCK),
        ({"entry": None, "held": token(refresh=None), "rotates_refresh_tokens": False}, Way.REFRESH, Way.REFRESH),
        ({"renews": False}, Way.FETCH, Way.STUCK),
        # A refresh token of one use.
        ({}, Way.REFRESH, Way.REFRESH),
        ({"held": None, "entry": entry(ENDED)}, Way.REFRESH, Way.REFRESH),
        # ... whose use was announced.
        ({"entry": entry(A, announced=FAR)}, Way.FETCH, Way.WAIT),
        ({"entry": entry(ENDED, announced=FAR), "held": None}, Way.FETCH, Way.WAIT),
        ({"entry": entry(ENDED, announced=FAR, age=61), "held": None}, Way.FETCH, Way.REFRESH),
        ({"entry": entry(A, announced=GONE)}, Way.FETCH, Way.WAIT),
        ({"entry": entry(A, announced=GONE), "rejected": A}, Way.FETCH, Way.REFRESH),
        ({"entry": entry(A, announced=GONE), "rejected": A, "by_hand": True}, Way.FETCH, Way.WAIT),
        (
            {"entry": entry(ENDED, announced=GONE), "held": ENDED, "rejected": ENDED, "by_hand": True},
            Way.FETCH,
            Way.REFRESH,
        ),
        ({"entry": entry(ENDED, announced=GONE), "held": None}, Way.FETCH, Way.REFRESH),
        ({"entry": entry(ENDED, announced=current_process_id()), "held": ENDED}, Way.FETCH, Way.REFRESH),
        ({"entry": entry(A, announced=GONE, of=B)}, Way.REFRESH, Way.REFRESH),
        ({"entry": entry(None, announced=FAR), "held": None}, Way.FETCH, Way.WAIT),
        ({"entry": entry(None, announced=GONE), "held": None}, Way.FETCH, Way.FETCH),
    ],
)
def test_each_row(changes: dict[str, Any], with_login: Way, without: Way) -> None:
    assert choose(facts(**changes)) is with_login
    assert choose(facts(**changes, can_login=False)) is without


TOKENS = st.sampled_from([None, A, ENDED, B])


@given(
    st.builds(
        facts,
        entry=st.one_of(
            st.none(), st.builds(entry, TOKENS, announced=st.sampled_from([None, FAR, GONE, current_process_id()]))
        ),
        reachable=st.booleans(),
        held=TOKENS,
        private=st.booleans(),
        rejected=TOKENS,
        rotates_refresh_tokens=st.booleans(),
        renews=st.booleans(),
        can_login=st.booleans(),
        inherited=st.booleans(),
    )
)
def test_what_is_shared_is_never_sent_unless_the_store_says_that_it_was_not(known: Facts) -> None:
    way = choose(known)
    used = known.one_time_print(way)
    if used is None or known.private or way not in {Way.REFRESH, Way.FETCH}:
        return
    assert known.reachable or known.entry is not None
    announced = known.entry is not None and known.entry.intent is not None and known.entry.intent.refresh_token == used
    if announced:
        assert not known.can_login
        assert not known.is_usable(known.held)
    if way is Way.REFRESH:
        assert known.stored is not None


def test_a_process_is_named_so_that_its_end_is_seen() -> None:
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
def test_a_name_that_nobody_wrote_is_nobody_alive(name: str) -> None:
    assert not is_running(name)
