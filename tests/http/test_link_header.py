"""The ``Link`` header: read by RFC 8288, and followed only to where the collection is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asdk.errors import PaginationError
from asdk.http.link_header import Link, find_link, parse_links, resolve_next_link

HOME = "https://api.example.org/v1/things?page=1"

TOKENS = st.text("!#$%&'+-.^_`|~abcXYZ019", min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="latin-1"), max_size=12)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def links(draw: st.DrawFn) -> tuple[str, Link]:
    """A link, and one of the ways in which it may be written."""
    blank = st.sampled_from(["", " ", "\t", " \t "])
    target = draw(st.text("/?&=.,;:\"' abc{}~", max_size=12))
    params: list[tuple[str, str]] = []
    text = f"<{target}>"
    for _ in range(draw(st.integers(0, 4))):
        name = draw(TOKENS)
        token = draw(st.booleans())
        value = draw(TOKENS if token else TEXTS)
        before, around, after = draw(blank), draw(blank), draw(blank)
        text += f"{before};{after}{name}{around}={around}{value if token else quoted(value)}{before}"
        params.append((name.lower(), value))
    return text, Link(target, tuple(params))


@given(st.lists(links(), max_size=4), st.sampled_from([",", ", ", " ,", ",,", " , ,\t"]))
def test_what_is_written_by_the_grammar_is_read_back(written: list[tuple[str, Link]], comma: str) -> None:
    assert parse_links(comma.join(text for text, _ in written)) == [link for _, link in written]


@given(st.text() | st.text("<>;,=\"\\ \trel*n'%", max_size=30))
@example('<a>; rel="\\')
@example("<a>;x*=utf-8''%ff%")
def test_no_text_is_read_as_anything_but_links_or_a_pagination_error(text: str) -> None:
    try:
        found = parse_links(text)
    except PaginationError:
        return
    assert all(isinstance(link, Link) for link in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" , ,", []),
        ("<a>", [Link("a")]),
        ("<>; rel=next", [Link("", (("rel", "next"),))]),
        ("<a>;rel=next;;", [Link("a", (("rel", "next"),))]),
        ("<a>; REL=Next", [Link("a", (("rel", "Next"),))]),
        ('<a,b>; title="x, <c>; rel=next"', [Link("a,b", (("title", "x, <c>; rel=next"),))]),
        ("<a>; crossorigin; rel=next", [Link("a", (("crossorigin", ""), ("rel", "next")))]),
        ('<a>; title="say \\"hi\\""', [Link("a", (("title", 'say "hi"'),))]),
        ("<a>; title*=UTF-8'de'letztes%20Kapitel", [Link("a", (("title*", "letztes Kapitel"),))]),
        ("<a>; title*=utf-8''n%c3%A4chstes", [Link("a", (("title*", "nächstes"),))]),
        ("<a>; title*=klingon'x'q", [Link("a", (("title*", "klingon'x'q"),))]),
        ("<a>; rel=a b, <c>", [Link("a", (("rel", "a b"),)), Link("c")]),
    ],
)
def test_the_corners_of_the_grammar(text: str, expected: list[Link]) -> None:
    assert parse_links(text) == expected


@pytest.mark.parametrize(
    ("text", "place"), [("a", 0), ("<a", 0), ("<a> b", 4), ("<a>, b", 5), ('<a>; rel="next', 9), ("<a>rel=next", 3)]
)
def test_what_cannot_be_read_is_an_error_that_says_where(text: str, place: int) -> None:
    with pytest.raises(PaginationError, match=f"cannot be read from character {place} on"):
        parse_links(text)


@pytest.mark.parametrize(
    ("field", "target"),
    [
        ("<?page=2>; rel=next", "https://api.example.org/v1/things?page=2"),
        ('<?page=2>; rel="NEXT"', "https://api.example.org/v1/things?page=2"),
        ('<x>; rel="last next"', "https://api.example.org/v1/x"),
        ('<x>; rel="prev"; rel="next"', None),  # the first counts
        ('<x>; rel="next"; rel="prev"', "https://api.example.org/v1/x"),
        ("<x>; rel=next, <y>; rel=next", "https://api.example.org/v1/x"),
        ("<x>; rel=nextt", None),
        ("<x>", None),
        ('<x>; rel=next; anchor="/other"', None),
        ('<x>; rel=next; anchor="#rows"', "https://api.example.org/v1/x"),
        ("<//api.example.org/x>; rel=next", "https://api.example.org/x"),
        ("<HTTPS://API.example.org:443/x#y>; rel=next", "https://api.example.org/x"),
        ("<../x>; rel=next", "https://api.example.org/x"),
    ],
)
def test_the_link_of_a_relation(field: str, target: str | None) -> None:
    assert find_link([field], "next", HOME) == target
    assert find_link(["<a>; rel=prev", field], "Next", HOME) == target


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("https://evil.example.org/x", "evil.example.org is not https://api.example.org"),
        ("//evil.example.org/x", "evil.example.org is not"),
        ("https://api.example.org.evil.org/x", "is not https://api.example.org"),
        ("https://api.example.org:8443/x", "8443 is not"),
        ("http://api.example.org/x", "not know that it is reached by https"),
        ("javascript:alert(1)", "cannot be used"),
        ("file:///etc/passwd", "cannot be used"),
        ("https://api.example.org@evil.org/x", "cannot be used"),
        ("https://user:secret@api.example.org/x", "cannot be used"),
        ("https://[::1/x", ""),
        ("\\\\evil.example.org\\x", "a backslash"),
        ("/\t/evil.example.org/x", "a control character"),
        ("a b", "a blank"),
    ],
)
def test_a_link_to_elsewhere_is_refused(target: str, reason: str) -> None:
    with pytest.raises(PaginationError, match="not followed") as caught:
        resolve_next_link(target, HOME)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_http_may_link_to_http() -> None:
    assert (
        resolve_next_link("http://127.0.0.1:8080/x?a=%2F", "http://127.0.0.1:8080/") == "http://127.0.0.1:8080/x?a=%2F"
    )
    with pytest.raises(PaginationError, match=r"https://127\.0\.0\.1:8080 is not http://127"):
        resolve_next_link("https://127.0.0.1:8080/x", "http://127.0.0.1:8080/")


def test_a_long_field_is_quoted_in_part() -> None:
    with pytest.raises(PaginationError) as caught:
        parse_links("x" * 10_000)
    assert len(str(caught.value)) < 250
