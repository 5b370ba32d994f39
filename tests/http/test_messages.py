"""The exact wording of the errors of asdk/http and of the transport. Other tests assert facts, not sentences."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from asdk.errors import AsdkError
from asdk.http.bodies import Upload, make_body, raw_body
from asdk.http.headers import Headers
from asdk.http.link_header import parse_links, resolve_next_link
from asdk.http.redirects import check_rule
from asdk.http.request import Request
from asdk.http.urls import BaseURL, QueryStyle, parse_url, path_template
from asdk.transports._aiohttp_errors import convert_error
from asdk.transports.aiohttp import AiohttpTransport
from asdk.transports.proxies import Proxy

ANY: Any = 5

MESSAGES: dict[str, Callable[[], object]] = {
    # URLs
    "invalid URL 'ftp://h': it must start with http:// or https:// and contain a host": lambda: parse_url("ftp://h"),
    "invalid URL 'https://********@h': it must not contain credentials": lambda: parse_url("https://u:p@h"),
    "invalid URL 'https://h/ ': it contains a space, a control character, a backslash or a lone surrogate": (
        lambda: parse_url("https://h/ ")
    ),
    "base_url is missing: set it on the class, pass base_url=, or set the environment variable": (
        lambda: BaseURL.parse("")
    ),
    "base_url must not have a query or a fragment, got 'https://h'": lambda: BaseURL.parse("https://h?x=1"),
    "path_params must match the template's ['x']: missing ['x'], unknown ['y']": (
        lambda: path_template("/{x}").expand({"y": 1})
    ),
    "path parameter 'x' is empty, which would change the route": lambda: path_template("/{x}").expand({"x": ""}),
    "path parameter 'x' contains a lone surrogate": lambda: path_template("/{x}").expand({"x": "\ud800"}),
    "invalid path template '/{x': it has an unmatched brace": lambda: path_template("/{x"),
    "parameter 'a' contains a lone surrogate": lambda: QueryStyle().encode({"a": "\ud800"}),
    # headers
    "header X-A must be ASCII without line breaks and control characters": lambda: Headers({"X-A": "a\n"}),
    "header X-A must not start or end with whitespace": lambda: Headers({"X-A": " a"}),
    "a header name must be a token of visible ASCII (RFC 9110, section 5.1), got 'a b'": lambda: Headers({"a b": "c"}),
    "header TE must not be set: it frames the message, and the transport sets it": lambda: Headers().merge({"TE": "x"}),
    # bodies
    "a request has only one body: pass either json=, form= (with files=), or content=": (
        lambda: make_body(1, {}, None, None)
    ),
    "length must be the size of the source, 3 bytes, got 4": lambda: Upload(b"abc", length=4),
    "the file to send could not be read: FileNotFoundError: [Errno 2] No such file or directory: 'no-such-file'": (
        lambda: raw_body(Path("no-such-file"))
    ),
    # links and redirects
    "invalid Link header at character 0, 'x': it is unknown whether there is a next page": lambda: parse_links("x"),
    "the link to the next page cannot be followed: its origin is https://b, that of the page is https://a": (
        lambda: resolve_next_link("https://b", "https://a")
    ),
    'follow_redirects must be "same-origin", "any" or None, got 5': lambda: check_rule(ANY),
    # the transport
    "connections must be a positive integer, got 0": lambda: AiohttpTransport(limit=0),
    "proxy must be the URL of an HTTP proxy, or None, got 'socks5://********@h'": lambda: Proxy("socks5://u:p@h"),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        MESSAGES[message]()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ssl.SSLCertVerificationError(1, "no"), "the server's certificate was rejected"),
        (ssl.SSLError(1, "no"), "the TLS handshake failed"),
        (aiohttp.ConnectionTimeoutError("no"), "could not connect within timeout.connect"),
        (aiohttp.ServerTimeoutError("no"), "no data arrived for timeout.idle seconds"),
        (aiohttp.InvalidURL("no"), "the URL is invalid"),
        (aiohttp.ClientPayloadError("no"), "the server closed the connection before the response was complete"),
        (RuntimeError("no"), "the request failed"),
    ],
)
def test_messages_for_exceptions_of_aiohttp(error: Exception, message: str) -> None:
    converted = convert_error(error, Request("GET", "https://h/x", "/x", Headers()))
    assert converted.message.partition(" (")[0] == message


def test_an_unrelated_attribute_error_propagates() -> None:
    with pytest.raises(AttributeError):
        convert_error(AttributeError("a bug"), Request("GET", "https://h/x", "/x", Headers()))
