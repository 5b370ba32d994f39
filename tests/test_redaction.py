"""`show` and its parts: what is found, what is shown, what the search costs, and what stays of a traceback."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk.redaction import (
    contains_secret,
    mask_userinfo,
    printable,
    scrub_later,
    secrets_of_header,
    show,
    show_data,
    strip_frames,
)
from asdk.secret import MASK

SECRET = "CANARY+base64/key==&pass<word>"


class Sent:
    """A request that has sent these secrets."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    def sent_secrets(self) -> Iterable[str]:
        return self._secrets


def by_code_point(form: str) -> Callable[[str], str]:
    return lambda text: "".join(form.format(ord(character)) for character in text)


#: What servers do to a text that they quote.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "json": lambda text: json.dumps(text)[1:-1],
    "json with slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json of .NET": lambda text: "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in text),
    "json, all escaped": by_code_point("\\u{:04x}"),
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "ECMAScript": by_code_point("\\u{{{:x}}}"),
    "Python": by_code_point("\\x{:02x}"),
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").lower(),
    "percent, all": by_code_point("%{:02x}"),
    "percent of percent": lambda text: quote(quote(text, safe=""), safe=""),
    "percent, three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "percent of JavaScript": by_code_point("%u{:04x}"),
    "form": quote_plus,
    "html": html.escape,
    "html, all decimal": by_code_point("&#{};"),
    "html, all hexadecimal": by_code_point("&#x{:X};"),
    "html of html": lambda text: html.escape(html.escape(text)),
    "html in json": lambda text: json.dumps(html.escape(text)),
    "hex": lambda text: text.encode().hex(),
    "hex, upper case": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind one byte": lambda text: base64.b64encode(b":" + text.encode() + b"!").decode(),
    "base64 behind two bytes": lambda text: base64.b64encode(b"u:" + text.encode() + b"!?").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: base64.encodebytes(text.encode() * 3).decode(),
    "UTF-16": lambda text: "\0".join(text),
    "spaced": " ".join,
    "the middle": lambda text: text[5:17],
    "the end": lambda text: text[-12:],
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_an_echoed_secret_is_found_in_any_encoding(encode: Callable[[str], str]) -> None:
    text = f"not valid: {encode(SECRET)} (see the manual)"
    assert contains_secret(text, ["another-secret", SECRET])
    assert show(text, Sent(SECRET)).startswith(MASK)
    assert scrub_later(text.encode(), Sent(SECRET), 65536)() == MASK.encode()


WHOLE = [name for name in ENCODINGS if name not in ("the middle", "the end")]


@settings(deadline=None, max_examples=200)
@given(
    secret=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4, max_size=40).filter(
        lambda text: len(text.encode()) >= 5 and text == text.strip()
    ),
    name=st.sampled_from(["plain", "json", "json with slashes", "percent", "form", "html", "hex", "base64"]),
    before=st.text(st.characters(categories=["L", "N"]), max_size=5),
)
def test_any_secret_is_found_in_common_encodings(secret: str, name: str, before: str) -> None:
    assert contains_secret(f"{before} {ENCODINGS[name](secret)} ", [secret])


@given(secret=st.text(st.sampled_from("abcdefABCDEF0123456789-_.~+/="), min_size=20, max_size=2000), data=st.data())
@settings(deadline=None)
def test_any_piece_of_twelve_characters_is_found(secret: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(secret) - 1))
    piece = secret[start : start + 12]
    if len(piece) >= 12:
        assert contains_secret("x" * data.draw(st.integers(0, 20)) + piece, [secret])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("a cat sat", "sat"),
        ("the same thing again", "hing-a"),
        ("no such user", "another-token-0123456789"),
        ("a token of another user: 0123-4567", "0123-45678901"),
        ("wrong: CANARY+base", SECRET),
        ("", "secret"),
        ("anything", ""),
        ("status 31323334", "5678"),
    ],
)
def test_other_text_is_left_alone(text: str, secret: str) -> None:
    assert not contains_secret(text, [secret])
    assert show(text, Sent(secret)) == text


def test_a_short_secret_is_found_with_its_punctuation() -> None:
    assert contains_secret("wrong password: Hunter2", ["hunter2"])
    assert contains_secret("wrong password: p%26s%26", ["p&s&"])
    assert not contains_secret("the cat sat", ["c@t-s"])


def test_a_secret_without_ascii_is_found() -> None:
    for encode in (str, quote, lambda text: json.dumps(text)[1:-1], lambda text: text.encode().hex()):
        assert contains_secret(f"wrong: {encode('пароль')}", ["пароль"])


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;owned\x07\x1b[2Jb", "a ]0;owned [2Jb"),
        ("a\x9b31mb", "a 31mb"),
        ("first\r\nsecond\x0bthird\u2028fourth\x85fifth", "first second third fourth fifth"),
        ("user\u202egnp.exe\u2066\u2069\u200f\u061c", "usergnp.exe"),
        ("hidden\U000e0041\U000e007f\ufffb text", "hidden text"),
        ("\ud800 lone", "? lone"),
        ("  tabs\t and   blanks ", "tabs and blanks"),
        ("häßlich 文字 👩‍💻", "häßlich 文字 👩‍💻"),
        ("nul\0 byte \x7f", "nul byte"),
    ],
)
def test_what_is_shown_is_one_printable_line(text: str, shown: str) -> None:
    assert printable(text) == show(text, None) == shown


@given(text=st.text())
def test_no_text_drives_a_terminal(text: str) -> None:
    shown = show(text, None)
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert show(shown, None) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://h.example/reset/abc?sig=1#x now", "see https://h.example now"),
        ("<https://h.example:8443/a>", "<https://h.example:8443>"),
        ("(HTTPS://H.example/x)", "(HTTPS://H.example)"),
        ("https://ada:pass@h.example/x", "https://h.example"),
        ("http://ada:pa/ss@h.example", f"http://{MASK}"),
        ("http://ada:12/34@h.example", f"http://{MASK}"),
        ("redis://:pa?ss@h:6379/0", f"redis://{MASK}"),
        ("wss://[::1]:80/x", "wss://[::1]:80"),
        ("https://h.example/@scope/package", "https://h.example"),
        ("at https://h.example, or http://h.example/x.", "at https://h.example, or http://h.example."),
        ("(https://h.example:8443/a)", "(https://h.example:8443)"),
        ("http://ada:pa,ss@h.example", "http://h.example"),
    ],
)
def test_an_absolute_url_is_shown_by_its_origin(text: str, shown: str) -> None:
    assert show(text, None) == shown
    assert show(text, None, keep_urls=True) == text


def test_a_text_is_searched_before_it_is_cut() -> None:
    assert show("x" * 490 + SECRET, Sent(SECRET)).startswith(MASK)
    assert show("x" * 600, Sent(SECRET)) == "x" * 500
    assert show("x" * 600, None, limit=80) == "x" * 80


def test_a_body_is_scrubbed_when_it_is_read_and_not_before() -> None:
    body = b"x" * 100_000
    assert scrub_later(body, Sent(SECRET), 65536)() == body[:65536]
    later = scrub_later(b"a" * 65530 + SECRET.encode(), Sent(SECRET), 65536)
    cells = [cell.cell_contents for cell in later.__closure__ or ()]
    assert SECRET not in repr(cells)
    assert later() == MASK.encode()


def test_the_members_of_json_data_are_hidden_one_by_one() -> None:
    data = {"detail": f"no {SECRET}", "status": 4, "more": ["fine", {SECRET: None}]}
    assert show_data(data, Sent(SECRET)) == {"detail": MASK, "status": 4, "more": ["fine", {MASK: None}]}
    assert show_data({"detail": "fine\x1b"}, Sent(SECRET)) == {"detail": "fine\x1b"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:CANARY/x@proxy.example:3128", f"http://{MASK}@proxy.example:3128"),
        ("http://user:12/CANARY@proxy.example", f"http://{MASK}@proxy.example"),
        ("user:CANARY@proxy.example", f"{MASK}@proxy.example"),
        ("redis://:CANARY?#@h:1/0", f"redis://{MASK}@h:1/0"),
        ("socks5://u:CANARY@x@h", f"socks5://{MASK}@h"),
        ("http://h/path", "http://h/path"),
    ],
)
def test_a_password_in_a_setting_is_masked_to_the_last_at(url: str, shown: str) -> None:
    assert mask_userinfo(url) == shown


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("production", []),
        ("application/json", []),
        ("2022-11-28", []),
        ("Tue, 15 Nov 1994 08:12:31 GMT", []),
        ("123456789012", []),
        ("short1", []),
        ("a1b2c3d4e5", ["a1b2c3d4e5"]),
        ("sk-0123456789", ["sk-0123456789"]),
    ],
)
def test_a_header_of_a_user_is_a_secret_unless_it_is_plain(value: str, secrets: list[str]) -> None:
    assert secrets_of_header(value, sensitive=False) == secrets


def test_credentials_in_a_header_are_secrets_with_their_parts() -> None:
    assert "t0k" in secrets_of_header("Bearer t0k", sensitive=True)
    assert {"ada:pw", "pw", "YWRhOnB3"} <= set(secrets_of_header("Basic YWRhOnB3", sensitive=True))
    assert "abc123def456" in secrets_of_header("theme=dark; sid=abc123def456", sensitive=True)
    assert "dark" not in secrets_of_header("theme=dark; sid=abc123def456", sensitive=True)


# --- cost -------------------------------------------------------------------------------------------------------------

_SIZE = 64 * 1024
_TOKEN = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", k=1500))
WORST = {
    "letters": "a",
    "grams of the secret": "".join(_TOKEN[at : at + 6] + "!" for at in range(1400)),
    "backslashes": "\\",
    "nested unicode escapes": "\\u005c",
    "percent": "%41",
    "nested percent": "%2525252541",
    "alternating escapes": "\\n%41",
    "ampersands": "&",
    "entities": "&aa;",
    "unknown entities": "&" + "a" * 31,
    "character references": "&#65;",
    "one nested escape": "\\u005cu005cu005cu0041" + "a " * 30_000,
    "urls": "http://",
    "ats": "a://@",
    "controls": "\x1b",
    "words": "a.a.",
    "hex": random.Random(2).randbytes(_SIZE).hex(),
    "base64": base64.b64encode(random.Random(3).randbytes(_SIZE)).decode(),
}


@pytest.mark.parametrize("text", WORST.values(), ids=WORST)
def test_the_search_of_64_kib_is_cheap(text: str) -> None:
    """It takes under 30 ms on an idle machine; the bound is for a busy one, and still far below a quadratic search."""
    text = (text * (_SIZE // len(text) + 1))[:_SIZE]
    began = time.process_time()
    show(text, Sent(_TOKEN, SECRET))
    assert time.process_time() - began < 0.5


# --- tracebacks -------------------------------------------------------------------------------------------------------


def internal(code: str, name: str = "asdk.something") -> Callable[..., object]:
    """Return the function ``f`` of some code, as if it were in a module of this name."""
    scope: dict[str, object] = {"__name__": name}
    exec(code, scope)
    function = scope["f"]
    assert callable(function)
    return function


def locals_of(error: BaseException) -> str:
    """Return the traceback with the locals of each frame but the first, the one of the test."""
    trace = error.__traceback__ and error.__traceback__.tb_next
    return "".join(traceback.TracebackException(type(error), error, trace, capture_locals=True).format())


def test_frames_of_asdk_keep_their_lines_and_lose_their_locals() -> None:
    deep = internal("def f(word):\n    body = word * 2\n    raise ValueError('no')")
    with pytest.raises(ValueError, match="no") as caught:
        internal("def f(deep, word):\n    deep(word)")(deep, "".join(["plain", "text"]))
    assert "plaintextplaintext" in locals_of(caught.value)
    strip_frames(caught.value)
    assert "plaintext" not in locals_of(caught.value)
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][1:] == ["f", "f"]


@pytest.mark.parametrize("module", ["aiohttp.client", "asyncio.tasks", "aiohappyeyeballs", "yarl._url", "tenacity"])
def test_frames_of_other_libraries_are_removed(module: str) -> None:
    user = internal("def f():\n    raise ValueError('no')", "middleware_of_a_user")
    library = internal("def f(inner):\n    url = 'https://h/?sig=s3cr3t'\n    inner()", module)
    for call in (partial(library, user), partial(library, partial(library, user))):
        with pytest.raises(ValueError, match="no") as caught:
            call()
        strip_frames(caught.value)
        shown = locals_of(caught.value)
        assert "s3cr3t" not in shown
        assert "in f\n" in shown, "the frame of the user's code stays"


def test_a_context_that_is_not_ours_keeps_its_frames() -> None:
    library = internal("def f():\n    raise KeyError('of the caller')", "asyncio.tasks")
    outer = caught = None
    try:
        library()
    except KeyError as error:
        outer = error
        with pytest.raises(ValueError, match="no") as caught:
            internal("def f():\n    raise ValueError('no')")()
    assert outer is not None
    assert caught is not None
    strip_frames(caught.value)
    assert caught.value.__context__ is outer
    assert len(traceback.extract_tb(outer.__traceback__)) == 2


def test_an_internal_cause_is_stripped_too() -> None:
    library = internal("def f():\n    url = 's3cr3t'\n    raise KeyError('inner')", "aiohttp.client")
    code = (
        "def f(library):\n    try:\n        library()\n"
        "    except KeyError as error:\n        raise ValueError('no') from error"
    )
    with pytest.raises(ValueError, match="no") as caught:
        internal(code)(library)
    strip_frames(caught.value)
    assert "s3cr3t" not in locals_of(caught.value)


async def test_a_frame_that_is_suspended_or_running_is_not_disturbed() -> None:
    namespace = SimpleNamespace(strip=strip_frames, error=None)
    code = (
        "async def f(state, raising):\n    kept = 'kept'\n    try:\n        raising()\n"
        "    except ValueError as error:\n        state.strip(error)\n        state.error = error\n    return kept"
    )
    made = internal(code)(namespace, internal("def f():\n    raise ValueError('no')"))
    assert asyncio.iscoroutine(made)
    assert await made == "kept"
    assert sys.exc_info() == (None, None, None)
