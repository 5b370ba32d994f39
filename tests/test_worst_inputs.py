"""The worst 64 KiB for every regular expression and every parser of what a server sends: each takes under 50 ms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from asdk import BaseClient
from asdk.auth.token import jwt_claims, read_lifetime
from asdk.errors import AsdkError
from asdk.http.charsets import decode_text
from asdk.http.headers import Headers, http_date, retry_after
from asdk.http.link_header import find_link, parse_links
from asdk.http.rate_limit_headers import FIELDS, asked_to_wait, read_quotas, reset_in
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import BaseURL, origin_of, parse_url
from asdk.http.www_authenticate import parse_challenges
from asdk.middleware import CacheMiddleware
from asdk.models.parsing import parse_json
from asdk.secret import Secret
from asdk.streaming.parsers import EventParser, JsonLinesParser
from asdk.testing import MemoryTransport, Reply
from asdk.transfers.representation import Representation
from tests.support.worst_inputs import (
    LARGEST,
    Expression,
    Input,
    budget,
    cpu_seconds,
    expressions,
    field_inputs,
    worst_inputs,
    worst_of,
)

EXPRESSIONS = list(expressions())

# Functions of the sandbox that compile what they are called with: its own literals, and a filter of the local caller.
ARGUMENTS = {"asdk/sandbox/apala/store/compliance.py", "asdk/sandbox/bioepic/filters.py"}


def test_every_regular_expression_is_a_literal_that_is_tested() -> None:
    assert len(EXPRESSIONS) > 50
    others = {one.where.rpartition(":")[0] for one in EXPRESSIONS if not one.pattern}
    assert others == ARGUMENTS


@pytest.mark.parametrize("one", [one for one in EXPRESSIONS if one.pattern], ids=lambda one: one.where)
def test_a_regular_expression_is_linear(one: Expression) -> None:
    limit = budget()
    for method in sorted(one.methods):
        seconds, given = worst_of(one.apply(method), worst_inputs(one), limit)
        assert seconds <= limit, f"{method}({one.pattern!r}) takes {seconds:.3f} s for {given}"


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"([a-z0-9*_.-]+)=:([A-Za-z0-9+/=]*):", "findall"),  # was used for Repr-Digest
        (r"(a+)+$", "match"),
        (r"(?:a|a)*b", "match"),
        (r"\{[^}]*\}", "sub"),
        (r"[^/]*@", "sub"),
        (r"\d*\.?\d+\Z", "match"),
        (r"\s+$", "search"),
    ],
)
def test_an_expression_that_is_not_linear_is_found(pattern: str, method: str) -> None:
    limit = budget()
    one = Expression("here", pattern, 0, frozenset({method}))
    assert worst_of(one.apply(method), worst_inputs(one), limit)[0] > limit


REQUEST = Request(method="GET", url="https://api.example.org/file", template="/file", headers=Headers())


def _received(*names: str) -> Callable[[str], Headers]:
    return lambda text: Headers.received([(name, text) for name in names])


def _response(*names: str) -> Callable[[str], Response]:
    headers = _received(*names)
    return lambda text: Response(200, headers(text), b"", request=REQUEST)


def _events(text: str) -> None:
    parser = EventParser()
    data = text.encode()
    for start in range(0, len(data), 500):
        list(parser.feed(data[start : start + 500]))


def _json_lines(text: str) -> None:
    parser = JsonLinesParser()
    data = text.encode()
    for start in range(0, len(data), 500):
        list(parser.feed(data[start : start + 500]))
    list(parser.end())


def _after_date(text: str) -> Headers:
    return Headers.received([("Date", text), ("Retry-After", "Mon, 01 Jan 2029 00:00:00 GMT")])


def _waits_for(name: str) -> Callable[[str], object]:
    received = _received(name)
    return lambda text: asked_to_wait(429, received(text), 0)


def _describes(name: str) -> Callable[[str], object]:
    response = _response(name)
    return lambda text: Representation.of(response(text))


REPRESENTATION_FIELDS = ["Repr-Digest", "Content-Digest", "Digest", "Content-MD5", "ETag", "Last-Modified"]
REPRESENTATION_FIELDS += ["Date", "Content-Length", "Content-Encoding", "Content-Type", "Accept-Ranges"]

PARSERS: dict[str, Callable[[str], object]] = {
    "Link": lambda text: parse_links(text),
    "a link by its relation": lambda text: find_link([text], "next", "https://api.example.org/x"),
    "WWW-Authenticate": lambda text: parse_challenges([text]),
    "Retry-After": lambda text: retry_after(_received("Retry-After")(text), 0),
    "Retry-After-Ms": lambda text: retry_after(_received("Retry-After-Ms")(text), 0),
    "a Retry-After that is compared with Date": lambda text: retry_after(_after_date(text), 0),
    **{name: _waits_for(name) for name in sorted(FIELDS)},
    "RateLimit-Policy": lambda text: read_quotas(Headers.received([("RateLimit-Policy", text), ("RateLimit", "a")]), 0),
    "a reset": lambda text: reset_in(text, 0),
    "an HTTP-date": http_date,
    **{name: _describes(name) for name in REPRESENTATION_FIELDS},
    "Content-Range": lambda text: Representation().problem_with(_response("Content-Range", "ETag")(text), 0),
    "Content-Type": lambda text: decode_text(b"\xe4", text),
    "a URL": lambda text: parse_url(text),
    "the origin of a URL": origin_of,
    "the host of a URL": lambda text: parse_url(f"https://{text}/"),
    "a base URL": lambda text: BaseURL.parse(f"https://{text}"),
    "the path of a URL": lambda text: parse_url(f"https://api.example.org/{text}"),
    "JSON": lambda text: parse_json(text.encode()),
    "JSON text": lambda text: parse_json(json.dumps(text).encode()),
    "server-sent events": _events,
    "JSON lines": _json_lines,
    "a JWT": lambda text: jwt_claims(Secret(text)),
    "a lifetime": lambda text: read_lifetime({"expires_in": text}),
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_is_linear(name: str) -> None:
    def parse(text: str) -> None:
        with suppress(AsdkError, ValueError):
            PARSERS[name](text)

    limit = budget()
    seconds, given = worst_of(parse, field_inputs(), limit)
    assert seconds <= limit, f"{seconds:.3f} s for {given}"


@pytest.mark.parametrize("name", ["Cache-Control", "Vary", "Expires", "Age", "Date", "ETag", "Pragma"])
@pytest.mark.parametrize("pump", ["{.", "a,", 'a="', "a=b,", "max-age=1,", ", ", "1 "])
def test_a_cached_response_is_judged_in_linear_time(name: str, pump: str) -> None:
    # 60,000 characters, so that the whole head is within its limit
    value = (pump * 30_000)[:60_000].strip()
    server = MemoryTransport(lambda request: Reply(json=1, headers=[(name, value)]))
    client = BaseClient(base_url="https://api.example.org", auth=None, transport=server, middleware=[CacheMiddleware()])
    asyncio.run(client.request("GET", "/x"))
    limit = 4 * budget()  # a whole call, with its event loop
    assert any(cpu_seconds(lambda: asyncio.run(client.request("GET", "/x"))) <= limit for _ in range(5))


def test_an_input_has_the_length_that_was_asked_for() -> None:
    for given in (Input('a="', "xy", '"'), Input("", "a")):
        text = given.of_length(LARGEST)
        assert len(text) in (LARGEST, LARGEST - len(given.pump) + 1)
        assert text.startswith(given.prefix)
        assert text.endswith(given.suffix)
