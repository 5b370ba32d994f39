"""What a store keeps, written down and read again, whatever somebody made of it meanwhile."""

from __future__ import annotations

import contextlib
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.auth import Token, TokenRecord
from asdk.auth.stores.record import CachedRefusal, RefreshIntent

moments = st.floats(0, 4e9)
text = st.text(max_size=20)
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)
tokens = st.builds(
    Token,
    value=visible,
    issued_at=moments,
    lifetime=st.none() | moments,
    refresh_token=st.none() | text,
    refresh_expires_at=st.none() | moments,
    scheme=st.sampled_from(["Bearer", ""]),
    claims=st.dictionaries(text, st.none() | st.integers(-9, 9) | text, max_size=3),
)
intents = st.builds(RefreshIntent, refresh_token=text, process=text, written_at=moments)
refusals = st.builds(
    CachedRefusal,
    until=moments,
    count=st.integers(0, 99),
    message=text,
    status=st.none() | st.integers(100, 599),
    code=st.none() | text,
    seed=st.none() | text,
)
entries = st.builds(
    TokenRecord,
    origin=text,
    account=text,
    seed=st.none() | text,
    token=st.none() | tokens,
    intent=st.none() | intents,
    refusal=st.none() | refusals,
    revision=st.integers(1, 10**9),
)


@given(entries)
def test_what_was_written_is_read_again(entry: TokenRecord) -> None:
    again = TokenRecord.loads(entry.dumps())
    assert again == entry
    assert again.token is None or entry.token is None or again.token.claims == entry.token.claims
    assert TokenRecord.loads(entry.dumps().reveal().encode()) == entry


@given(entries, st.data())
def test_what_was_cut_off_is_no_entry(entry: TokenRecord, data: st.DataObject) -> None:
    whole = entry.dumps().reveal()
    with pytest.raises(ValueError, match=r"^it is"):
        TokenRecord.loads(whole[: data.draw(st.integers(0, len(whole) - 1))])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)


@given(entries, st.data())
def test_what_was_changed_is_an_entry_or_none_and_never_another_exception(
    entry: TokenRecord, data: st.DataObject
) -> None:
    changed: Any = json.loads(entry.dumps().reveal())
    where = changed
    for part in ("token", "intent", "refusal"):
        if isinstance(changed[part], dict) and data.draw(st.booleans()):
            where = changed[part]
    name = data.draw(st.sampled_from(sorted(where)))
    if data.draw(st.booleans()):
        where[name] = data.draw(JSON)
    else:
        del where[name]
    read: TokenRecord | None = None
    with contextlib.suppress(ValueError):
        read = TokenRecord.loads(json.dumps(changed))
    assert read is None or TokenRecord.loads(read.dumps()) == read


def test_a_token_is_not_lost_because_the_refusal_beside_it_was_written_by_an_older_asdk() -> None:
    refusal = CachedRefusal(
        until=5.0, count=1, message="no", status=401, method="POST", template="/token", request_id="8f3c"
    )
    entry = TokenRecord(origin="https://x", token=Token(value="t", refresh_token="r"), refusal=refusal)
    data = json.loads(entry.dumps().reveal())
    for name in ("method", "template", "request_id"):
        del data["refusal"][name]
    read = TokenRecord.loads(json.dumps(data))
    assert read.token == entry.token
    assert read.refusal == CachedRefusal(until=5.0, count=1, message="no", status=401)


@given(st.binary(max_size=100) | text)
def test_anything_at_all_is_no_entry(anything: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^it is") as caught:
        TokenRecord.loads(anything)
    assert caught.value.__context__ is None  # what json says may quote a token


def test_a_very_large_file_is_not_parsed() -> None:
    with pytest.raises(ValueError, match=r"^it is"):
        TokenRecord.loads(" " * 2**21 + "{}")


def test_an_entry_shows_no_secret_and_does_not_pickle() -> None:
    entry = TokenRecord(origin="https://x", token=Token(value="s3cr3t-access", refresh_token="s3cr3t-refresh"))
    for shown in (repr(entry), str(entry), f"{entry}", repr(entry.dumps())):
        assert "s3cr3t" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(entry)
