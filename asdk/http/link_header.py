"""The parser of the ``Link`` header (RFC 8288), and the rule for the origin of a page's links.

Called by the page strategies and by `BaseClient.paginate`. Pure functions. Unlike in a browser, an invalid header is an
error: if the link to the next page were ignored, iteration would stop early and silently miss items.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import unquote

import attrs

from asdk.errors import PaginationError
from asdk.http.urls import Origin, parse_url, resolve_reference
from asdk.redaction import show

_WHITESPACE = " \t"
_NAME_END = re.compile(r"[ \t=;,]")
_VALUE_END = re.compile(r"[;,]")

# How many characters of the header an error quotes.
_QUOTED = 60


@attrs.frozen
class Link:
    """One link of a ``Link`` header.

    Attributes:
        target: the URL as the server wrote it, possibly relative.
        params: the parameters in their order, with lower-case names; values of names that end in ``*`` are decoded.
    """

    target: str
    params: tuple[tuple[str, str], ...] = ()

    def param(self, name: str) -> str | None:
        """Return the value of the first parameter with this name; later ones are ignored (RFC 8288, section 3)."""
        return next((value for known, value in self.params if known == name), None)

    @property
    def relations(self) -> frozenset[str]:
        """Return the relation types in lower case, since they are compared case-insensitively."""
        return frozenset((self.param("rel") or "").lower().split())


# A page has a few links; a field of thousands is an attempt to keep the event loop busy.
_MOST_LINKS = 1000


def parse_links(text: str) -> list[Link]:
    """Parse the links of a ``Link`` field, in their order.

    Args:
        text: the value of one field line, or of several, joined by commas.

    Returns:
        The links, of which those after the thousandth are ignored.

    Raises:
        PaginationError: the text is not a list of links.

    Source: RFC 8288, section 3 and appendix B.
    """
    links: list[Link] = []
    position = 0
    while True:
        position = _skip(text, position, _WHITESPACE + ",")  # a list may have empty members (RFC 9110, section 5.6.1)
        if position == len(text) or len(links) == _MOST_LINKS:
            return links
        end = text.find(">", position)
        if text[position] != "<" or end < 0:
            raise _unreadable(text, position)
        target = text[position + 1 : end]
        params, position = _parse_params(text, end + 1)
        links.append(Link(target, params))


def _parse_params(text: str, position: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return the parameters from this position on, and the end of the link: a comma, or the end of the text."""
    params: list[tuple[str, str]] = []
    while True:
        position = _skip(text, position, _WHITESPACE)
        if position == len(text) or text[position] == ",":
            return tuple(params), position
        if text[position] != ";":
            raise _unreadable(text, position)
        position = _skip(text, position + 1, _WHITESPACE)
        end = _end(_NAME_END, text, position)
        name, value = text[position:end].lower(), ""
        position = _skip(text, end, _WHITESPACE)
        if text[position : position + 1] == "=":
            position = _skip(text, position + 1, _WHITESPACE)
            if text[position : position + 1] == '"':
                value, position = _parse_quoted(text, position)
            else:
                end = _end(_VALUE_END, text, position)
                value, position = text[position:end].rstrip(_WHITESPACE), end
        if name:  # otherwise a surplus semicolon
            params.append((name, _decode(value) if name.endswith("*") else value))


def _parse_quoted(text: str, position: int) -> tuple[str, int]:
    """Return the quoted string at this position, and the position after it."""
    value: list[str] = []
    start = position
    position += 1
    while position < len(text):
        char = text[position]
        if char == '"':
            return "".join(value), position + 1
        if char == "\\":
            position += 1
            char = text[position : position + 1]
        value.append(char)
        position += 1
    raise _unreadable(text, start)


def _decode(value: str) -> str:
    """Decode a value with charset and language, such as ``UTF-8'de'letztes%20Kapitel`` (RFC 8187); keep others."""
    charset, _, rest = value.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote or charset.lower() not in {"utf-8", "iso-8859-1"}:
        return value
    return unquote(encoded, charset)


def _skip(text: str, position: int, chars: str) -> int:
    while position < len(text) and text[position] in chars:
        position += 1
    return position


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.search(text, position)
    return len(text) if found is None else found.start()


def _unreadable(text: str, position: int) -> PaginationError:
    quoted = show(text[position:], None, limit=_QUOTED)
    return PaginationError(
        f"invalid Link header at character {position}, {quoted!r}: it is unknown whether there is a next page"
    )


def find_link(
    fields: Iterable[str],
    relation: str,
    page_url: str,
    *,
    end_param: tuple[str, str] | None = None,
    trusted: Collection[Origin] = (),
) -> str | None:
    """Return the URL of a page's first link with a relation, or None.

    Args:
        fields: the values of the ``Link`` field lines.
        relation: the relation type, such as ``"next"``.
        page_url: the absolute URL of the page. A link whose ``anchor`` names another resource is ignored.
        end_param: the name and value of the parameter that marks a link to an empty page, which is not returned.
        trusted: as for `resolve_next_link`.

    Raises:
        PaginationError: a field is invalid, or the link has another origin, see `resolve_next_link`.
    """
    for text in fields:
        for link in parse_links(text):
            anchor = link.param("anchor")
            if relation.lower() in link.relations and (anchor is None or _is_same(anchor, page_url)):
                if end_param is not None and link.param(end_param[0]) == end_param[1]:
                    return None
                return resolve_next_link(link.target, page_url, trusted)
    return None


def _is_same(anchor: str, page_url: str) -> bool:
    return resolve_reference(page_url, anchor) == parse_url(page_url)


def resolve_next_link(target: str, page_url: str, trusted: Collection[Origin] = ()) -> str:
    """Return the absolute URL of a link on a page. Its origin must be trusted, since the request carries a token.

    Args:
        target: the URL, absolute or relative to the page.
        page_url: the absolute URL of the page, whose origin is trusted.
        trusted: other trusted origins: those of the client and of its ``servers=``.

    Raises:
        PaginationError: the link has another origin, uses http although the page used https, or is not a valid URL.
    """
    resolved = resolve_reference(page_url, target)
    if isinstance(resolved, str):
        problem = resolved
    else:
        origin, rest = resolved
        home, _ = parse_url(page_url)
        downgraded = (home.scheme, origin.scheme) == ("https", "http")
        if origin == home or (origin in trusted and not downgraded):
            return f"{origin}{rest}"
        problem = f"its origin is {origin}, that of the page is {home}"
        if downgraded:
            problem += "; check whether the server behind a proxy knows that it is reached by https"
    raise PaginationError(f"the link to the next page cannot be followed: {problem}")
