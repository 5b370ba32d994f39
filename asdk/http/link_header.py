"""The ``Link`` header, read as RFC 8288 writes it, and the rule where a link of a page may lead.

Called by the page strategies and by `BaseClient.paginate`. Pure functions. What cannot be read is an error here, unlike
in a browser: a link to the next page that is passed over would end a walk early, and nobody would miss the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urljoin

import attrs

from asdk.errors import InvalidRequestError, PaginationError
from asdk.http.urls import parse_url

_BLANKS = " \t"
_NAME_END = re.compile(r"[ \t=;,]")
_VALUE_END = re.compile(r"[;,]")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]").search

# How much of what a server wrote an error quotes.
_QUOTED = 60


@attrs.frozen
class Link:
    """One link of a ``Link`` header.

    Attributes:
        target: where it leads, as it was written: perhaps relative.
        params: its parameters in their order, names in lower case; the value of a name that ends in ``*`` is decoded.
    """

    target: str
    params: tuple[tuple[str, str], ...] = ()

    def param(self, name: str) -> str | None:
        """The value of the first parameter with this name: of several the first counts (RFC 8288, section 3)."""
        return next((value for known, value in self.params if known == name), None)

    @property
    def relations(self) -> frozenset[str]:
        """The relation types, in lower case, which is how they are compared."""
        return frozenset((self.param("rel") or "").lower().split())


def parse_links(text: str) -> list[Link]:
    """The links of one ``Link`` field, in their order.

    Args:
        text: the value of a field line, or of several, joined by commas.

    Raises:
        PaginationError: it is not a list of links.

    Source: RFC 8288, section 3 and appendix B.
    """
    links: list[Link] = []
    place = 0
    while True:
        place = _skip(text, place, _BLANKS + ",")  # a list may have empty members (RFC 9110, section 5.6.1)
        if place == len(text):
            return links
        end = text.find(">", place)
        if text[place] != "<" or end < 0:
            raise _unreadable(text, place)
        target = text[place + 1 : end]
        params, place = _parse_params(text, end + 1)
        links.append(Link(target, params))


def _parse_params(text: str, place: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """The parameters from here to the end of the link, and where it ends: at a comma, or with the text."""
    params: list[tuple[str, str]] = []
    while True:
        place = _skip(text, place, _BLANKS)
        if place == len(text) or text[place] == ",":
            return tuple(params), place
        if text[place] != ";":
            raise _unreadable(text, place)
        place = _skip(text, place + 1, _BLANKS)
        end = _end(_NAME_END, text, place)
        name, value = text[place:end].lower(), ""
        place = _skip(text, end, _BLANKS)
        if text[place : place + 1] == "=":
            place = _skip(text, place + 1, _BLANKS)
            if text[place : place + 1] == '"':
                value, place = _parse_quoted(text, place)
            else:
                end = _end(_VALUE_END, text, place)
                value, place = text[place:end].rstrip(_BLANKS), end
        if name:  # else a semicolon too many
            params.append((name, _decode(value) if name.endswith("*") else value))


def _parse_quoted(text: str, place: int) -> tuple[str, int]:
    """The string between the quote here and the next one, and the place after it."""
    value: list[str] = []
    start = place
    place += 1
    while place < len(text):
        char = text[place]
        if char == '"':
            return "".join(value), place + 1
        if char == "\\":
            place += 1
            char = text[place : place + 1]
        value.append(char)
        place += 1
    raise _unreadable(text, start)


def _decode(value: str) -> str:
    """A value with charset and language, such as ``UTF-8'de'letztes%20Kapitel`` (RFC 8187); others stay as they are."""
    charset, _, rest = value.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote or charset.lower() not in {"utf-8", "iso-8859-1"}:
        return value
    return unquote(encoded, charset)


def _skip(text: str, place: int, chars: str) -> int:
    while place < len(text) and text[place] in chars:
        place += 1
    return place


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.search(text, place)
    return len(text) if found is None else found.start()


def _unreadable(text: str, place: int) -> PaginationError:
    return PaginationError(
        f"the Link header cannot be read from character {place} on, {_shorten(text[place:])!r}: whether there is a "
        "next page is not known"
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def find_link(fields: Iterable[str], relation: str, page_url: str) -> str | None:
    """Where the first link of a relation leads from a page; None if it has none.

    Args:
        fields: the values of its ``Link`` field lines.
        relation: such as ``"next"``.
        page_url: the absolute URL of the page. A link whose ``anchor`` names another resource is not one of this page.

    Raises:
        PaginationError: a field cannot be read, or the link leads elsewhere than its page, see `follow`.
    """
    for text in fields:
        for link in parse_links(text):
            anchor = link.param("anchor")
            if relation.lower() in link.relations and (anchor is None or _same(urljoin(page_url, anchor), page_url)):
                return resolve_next_link(link.target, page_url)
    return None


def _same(url: str, other: str) -> bool:
    return url.partition("#")[0] == other.partition("#")[0]


def resolve_next_link(target: str, page_url: str) -> str:
    """The absolute URL of a link on a page, which must lie on the page's own origin: a token travels with the request.

    Args:
        target: absolute, or relative to the page.
        page_url: the absolute URL of the page.

    Raises:
        PaginationError: it lies on another origin, on http where the page came by https, or is no URL at all.
    """
    problem = "it holds a blank, a control character or a backslash"
    if _UNSAFE(target) is None:
        try:
            home, _ = parse_url(page_url)
            origin, rest = parse_url(urljoin(page_url, target))
        except (InvalidRequestError, ValueError) as error:
            problem = error.message if isinstance(error, InvalidRequestError) else "it is no URL"
        else:
            if origin == home:
                return f"{origin}{rest}"
            problem = f"{origin} is not {home}, where the collection is"
            if (origin.scheme, home.scheme) == ("http", "https"):
                problem += "; does a server behind a proxy not know that it is reached by https?"
    raise PaginationError(f"the link to the next page is not followed: {problem}")
