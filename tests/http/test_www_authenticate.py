"""Tests of ``WWW-Authenticate``: the grammar of RFC 9110, and what servers send."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.http.www_authenticate import Challenge, parse_challenges


def challenge(scheme: str, token68: str | None = None, **parameters: str) -> Challenge:
    return Challenge(scheme, parameters, token68)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], []),
        (["Basic"], [challenge("basic")]),
        (['Basic realm="simple"'], [challenge("basic", realm="simple")]),
        # RFC 9110, section 11.6.1
        (
            ['Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'],
            [challenge("basic", realm="simple"), challenge("newauth", realm="apps", type="1", title='Login to "apps"')],
        ),
        (
            ['Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"'],
            [challenge("newauth", realm="apps", type="1", title='Login to "apps"'), challenge("basic", realm="simple")],
        ),
        (["Negotiate", 'Basic realm="a"'], [challenge("negotiate"), challenge("basic", realm="a")]),
        (["Negotiate, NTLM, Basic"], [challenge("negotiate"), challenge("ntlm"), challenge("basic")]),
        (["Negotiate YII=, Basic realm=a"], [challenge("negotiate", "YII="), challenge("basic", realm="a")]),
        (["Negotiate a+b/c-d._~9=="], [challenge("negotiate", "a+b/c-d._~9==")]),
        (["Negotiate abc"], [challenge("negotiate", "abc")]),
        # RFC 6750, section 3
        (
            ['Bearer realm="example", error="insufficient_scope", error_description="a, b = c", scope="x y"'],
            [
                challenge(
                    "bearer", realm="example", error="insufficient_scope", error_description="a, b = c", scope="x y"
                )
            ],
        ),
        (
            ['Digest realm="a", qop="auth, auth-int", algorithm=SHA-256, nonce="n,\\\\", opaque=""'],
            [challenge("digest", realm="a", qop="auth, auth-int", algorithm="SHA-256", nonce="n,\\", opaque="")],
        ),
        (["BEARER Error=invalid_token, SCOPE=x"], [challenge("bearer", error="invalid_token", scope="x")]),
        (['Bearer realm = "a" , error\t=\tb'], [challenge("bearer", realm="a", error="b")]),
        ([', ,Basic realm="a",, ,Bearer,'], [challenge("basic", realm="a"), challenge("bearer")]),
        (['Basic realm="a", realm="b"'], [challenge("basic", realm="a")]),
        (['Basic realm="Basic realm=\\"x\\", Bearer"'], [challenge("basic", realm='Basic realm="x", Bearer')]),
        # Malformed text, alone and next to a challenge.
        ([""], []),
        (["  ,, \t,"], []),
        (['"just text"'], []),
        (["=, =a, ;;"], []),
        (['Bearer error="never closed'], [challenge("bearer")]),
        (["Bearer @, Basic realm=a"], [challenge("bearer"), challenge("basic", realm="a")]),
        (['Bearer realm="a"; error="b", Basic'], [challenge("bearer", realm="a"), challenge("basic")]),
    ],
)
def test_each_form_of_a_challenge(fields: list[str], expected: list[Challenge]) -> None:
    assert parse_challenges(fields) == expected


# --- round trips ------------------------------------------------------------------------------------------------------

TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
tokens = st.text(TCHAR, min_size=1, max_size=8)
token68s = st.builds(
    "{}{}".format, st.text("abcXYZ0189-._~+/", min_size=1, max_size=8), st.sampled_from(["", "=", "=="])
)
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("\t\xe4"), max_size=12)
blanks = st.sampled_from(["", " ", "\t", "  "])


@st.composite
def parameters(draw: st.DrawFn) -> tuple[str, str, str]:
    """Generate a name, a value and one of their spellings."""
    name = draw(tokens)
    if draw(st.booleans()):
        value = written = draw(tokens)
    else:
        value = draw(texts)
        written = '"' + "".join(
            f"\\{letter}" if letter in '"\\' or draw(st.integers(0, 9)) == 0 else letter for letter in value
        )
        written += '"'
    return name, value, f"{name}{draw(blanks)}={draw(blanks)}{written}"


@st.composite
def challenges(draw: st.DrawFn) -> tuple[Challenge, str]:
    scheme = draw(tokens)
    kind = draw(st.sampled_from(["bare", "token68", "parameters"]))
    if kind == "bare":
        return Challenge(scheme.lower()), scheme
    if kind == "token68":
        value = draw(token68s)
        return Challenge(scheme.lower(), {}, value), f"{scheme} {value}"
    given_ones = draw(st.lists(parameters(), min_size=1, max_size=4, unique_by=lambda one: one[0].lower()))
    comma = draw(st.sampled_from([",", ", ", " , ", ",,"]))
    found = {name.lower(): value for name, value, _ in given_ones}
    return Challenge(scheme.lower(), found), f"{scheme} {comma.join(written for _, _, written in given_ones)}"


@given(st.lists(st.lists(challenges(), min_size=1, max_size=3), max_size=3), st.sampled_from([",", ", ", " ,, "]))
def test_challenges_round_trip(fields: list[list[tuple[Challenge, str]]], comma: str) -> None:
    written = [comma.join(text for _, text in field) for field in fields]
    assert parse_challenges(written) == [one for field in fields for one, _ in field]


@given(st.lists(st.text() | st.text('ab=," \\\t;~'), max_size=3))
def test_any_field_is_parsed_without_an_error(fields: list[str]) -> None:
    for found in parse_challenges(fields):
        assert found.scheme == found.scheme.lower() != ""


@given(challenges(), st.text(max_size=10))
def test_malformed_text_after_a_challenge_does_not_hide_it(one: tuple[Challenge, str], garbage: str) -> None:
    expected, written = one
    assert parse_challenges([f"{written}, {garbage}"])[0].scheme == expected.scheme


@pytest.mark.parametrize(
    "text", ['"' * 50_000, "\\" * 50_000, "a=" * 25_000, 'a "' * 20_000, "a " * 30_000, "=," * 30_000]
)
def test_a_hostile_field_is_parsed_quickly(text: str) -> None:
    began = time.process_time()
    parse_challenges([f"Bearer {text}"])
    assert time.process_time() - began < 2


def test_a_challenge_is_immutable() -> None:
    one: Any = challenge("basic")
    with pytest.raises(AttributeError):
        one.scheme = "bearer"
