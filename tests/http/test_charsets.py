"""Tests of the decoding of text in the charset that a server names."""

from __future__ import annotations

import encodings.aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk.http.charsets import decode_text

NO_WHATWG_LABELS = sorted({*encodings.aliases.aliases.values(), "punycode", "idna", "undefined", "utf-7", "utf-32"})


@pytest.mark.parametrize(
    ("label", "content", "text"),
    [
        ("iso-8859-1", b"\x80\xe9", "€é"),  # browsers read Latin-1 and ASCII as windows-1252
        ("us-ascii", b"\xe9", "é"),
        ("latin2", "ł".encode("latin2"), "ł"),
        ("KOI8-R", "я".encode("koi8-r"), "я"),
        ("Shift_JIS", "①".encode("cp932"), "①"),
        ("gb2312", "€".encode("gb18030"), "€"),
        ("big5", "臺".encode("big5"), "臺"),
        ("euc-kr", "한".encode("cp949"), "한"),
        ("windows-1251", "я".encode("cp1251"), "я"),
        ("macintosh", "é".encode("mac-roman"), "é"),
        ("utf-16le", "é".encode("utf-16-le"), "é"),
        ("utf-16", "é".encode("utf-16-le"), "é"),
        ("utf-16be", "é".encode("utf-16-be"), "é"),
        ("utf-7", b"+AGE-", "+AGE-"),  # no charset of the WHATWG: read as UTF-8
        ("rot13", b"a", "a"),
        ("hex", b"6161", "6161"),
        ("unicode_escape", rb"\x41", r"\x41"),
        ("punycode", b"a-b", "a-b"),
    ],
)
def test_a_label_is_decoded_as_browsers_do(label: str, content: bytes, text: str) -> None:
    assert decode_text(content, f"text/plain; charset={label}") == text


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("label", ["utf-8", "iso-8859-1", "nothing"])
def test_a_byte_order_mark_wins_over_the_label(mark: str, label: str) -> None:
    assert decode_text("é".encode(mark), f"text/plain; charset={label}") == "é"


@given(st.binary(max_size=200), st.sampled_from(NO_WHATWG_LABELS) | st.text(max_size=20))
def test_any_bytes_under_any_label_are_text(content: bytes, label: str) -> None:
    assert isinstance(decode_text(content, f"text/plain; charset={label}"), str)
