"""Tests of the ``Link`` header: parsed by RFC 8288, and followed only within the origin."""

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
    """Generate a link and one of its valid spellings."""
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
def test_links_of_the_grammar_round_trip(written: list[tuple[str, Link]], comma: str) -> None:
    assert parse_links(comma.join(text for text, _ in written)) == [link for _, link in written]


@given(st.text() | st.text("<>;,=\"\\ \trel*n'%", max_size=30))
@example('<a>; rel="\\')
@example("<a>;x*=utf-8''%ff%")
def test_any_text_is_parsed_or_a_pagination_error(text: str) -> None:
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
def test_edge_cases_of_the_grammar(text: str, expected: list[Link]) -> None:
    assert parse_links(text) == expected


@pytest.mark.parametrize(
    ("text", "position"), [("a", 0), ("<a", 0), ("<a> b", 4), ("<a>, b", 5), ('<a>; rel="next', 9), ("<a>rel=next", 3)]
)
def test_the_error_for_an_invalid_field_has_its_position(text: str, position: int) -> None:
    with pytest.raises(PaginationError, match=f"at character {position},"):
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
        ("</my list?q=a b&page=2>; rel=next", "https://api.example.org/my%20list?q=a%20b&page=2"),
        ("< /x?page=2 >; rel=next", "https://api.example.org/x?page=2"),
        ("<https://api.example.org/x?q= >; rel=next", "https://api.example.org/x?q="),
        ("<?q=a  b>; rel=next", "https://api.example.org/v1/things?q=a%20%20b"),
        ("<x y#a b>; rel=next", "https://api.example.org/v1/x%20y"),
        ('<x>; rel=next; anchor="https://[bad"', None),
    ],
)
def test_the_link_of_a_relation(field: str, target: str | None) -> None:
    assert find_link([field], "next", HOME) == target
    assert find_link(["<a>; rel=prev", field], "Next", HOME) == target


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (
            "https://evil.example.org/x",
            "origin is https://evil.example.org, that of the page is https://api.example.org",
        ),
        ("//evil.example.org/x", "origin is https://evil.example.org"),
        ("https://api.example.org.evil.org/x", "that of the page is https://api.example.org"),
        ("https://api.example.org:8443/x", "origin is https://api.example.org:8443"),
        ("http://api.example.org/x", "knows that it is reached by https"),
        ("javascript:alert(1)", "must start with http"),
        ("file:///etc/passwd", "must start with http"),
        ("https://api.example.org@evil.org/x", "credentials"),
        ("https://user:secret@api.example.org/x", "credentials"),
        ("https://us er:secret@api.example.org/x", "credentials"),
        ("https://api.example.org /x", "not a valid name"),
        ("//api.example.org .evil.org/x", "not a valid name"),
        (" https://evil.example.org/x y", "origin is https://evil.example.org"),
        ("https://[::1/x", "host or port is invalid"),
        ("\\\\evil.example.org\\x", "a backslash"),
        ("/\t/evil.example.org/x", "a control character"),
    ],
)
def test_a_link_to_another_origin_is_rejected(target: str, reason: str) -> None:
    with pytest.raises(PaginationError, match="cannot be followed") as caught:
        resolve_next_link(target, HOME)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_an_anchor_with_a_blank_may_name_the_page() -> None:
    page = "https://api.example.org/my%20list?q=a%20b"
    assert find_link(['<?page=2>; rel=next; anchor="/my list?q=a b"'], "next", page) is not None
    assert find_link(['<?page=2>; rel=next; anchor="/my list?q=c"'], "next", page) is None


def test_a_link_from_http_to_http_is_followed() -> None:
    assert (
        resolve_next_link("http://127.0.0.1:8080/x?a=%2F", "http://127.0.0.1:8080/") == "http://127.0.0.1:8080/x?a=%2F"
    )
    with pytest.raises(PaginationError, match=r"https://127\.0\.0\.1:8080, that of the page is http://127"):
        resolve_next_link("https://127.0.0.1:8080/x", "http://127.0.0.1:8080/")


def test_the_error_truncates_a_long_field() -> None:
    with pytest.raises(PaginationError) as caught:
        parse_links("x" * 10_000)
    assert len(str(caught.value)) < 250


def test_the_error_shows_an_absolute_url_by_its_origin() -> None:
    with pytest.raises(PaginationError) as caught:
        parse_links('x <https://api.example.org/private?key=1>; rel="next"')
    assert "https://api.example.org" in caught.value.message
    assert "private" not in caught.value.message
