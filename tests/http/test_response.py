"""Tests of `Response`: buffered and open bodies, and the facts of its errors."""

from __future__ import annotations

import encodings.aliases
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from asdk.errors import DecodeError, ProtocolError, StreamError
from asdk.http.headers import Headers
from asdk.http.options import Options
from asdk.http.request import CallState, Request
from asdk.http.response import Response
from asdk.limits import ResponseLimits
from asdk.models.declaration import model
from asdk.secret import MASK, Secret


@model
class User:
    id: int


def request(**options: Any) -> Request:
    return Request("GET", "https://h/users/5", "/users/{id}", Headers(), **options)


def response(content: bytes = b"", headers: Any = (), status: int = 200, **options: Any) -> Response:
    return Response(status, headers, content, request=request(**options))


class Stream:
    """The open body of a response; an error among the chunks is raised."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = list(chunks)
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.chunks:
            chunk = self.chunks.pop(0)
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        self.closed += 1


def streamed(*chunks: bytes | Exception) -> tuple[Response, Stream]:
    stream = Stream(*chunks)
    return Response(200, {}, request=request(), stream=stream), stream


# --- the head ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{"X-A": "1"}, [("X-A", "1")], Headers({"X-A": "1"})], ids=lambda h: type(h).__name__
)
def test_headers_are_accepted_in_any_form(headers: Any) -> None:
    made = response(headers=headers)
    assert made.headers["x-a"] == "1"
    assert made.headers is made.headers


def test_repeated_fields_are_kept() -> None:
    assert response(headers=[("Link", "a"), ("link", "b")]).headers.getall("link") == ["a", "b"]


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({}, None),
        ({"X-Amzn-RequestId": "d"}, "d"),
        ({"X-Amzn-RequestId": "d", "X-Correlation-ID": "c"}, "c"),
        ({"X-Correlation-ID": "c", "Request-Id": "b"}, "b"),
        ({"Request-Id": "b", "X-REQUEST-ID": "a"}, "a"),
    ],
)
def test_the_request_id_is_found_in_order_of_preference(headers: dict[str, str], request_id: str | None) -> None:
    assert response(headers=headers).request_id == request_id


def test_a_response_has_its_request() -> None:
    made = response(status=299, state=CallState(attempts=3))
    assert (made.is_success, made.attempts) == (True, 3)
    assert not response(status=300).is_success
    assert not response(status=199).is_success
    assert repr(made) == "<Response 299 GET /users/{id}>"


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        (None, "é".encode(), "é"),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=iso-8859-1", "é".encode("latin-1"), "é"),
        ('text/plain; Charset="UTF-16"', "é".encode("utf-16"), "é"),
        ("text/plain; charset='utf-8'", "é".encode(), "é"),
        ("text/plain; charset=utf-8", b"\xff", "\ufffd"),
        ("text/plain; charset=nothing-of-the-sort", "é".encode(), "é"),
        ("text/plain; charset=", "é".encode(), "é"),
        ("text/plain; charset=hex", b"6161", "6161"),
        ("text/plain; charset=idna", b"\xff.-a", "\ufffd.-a"),
        ("text/plain; charset=undefined", b"a", "a"),
    ],
)
def test_text_uses_the_charset_of_the_response(content_type: str | None, content: bytes, text: str) -> None:
    assert response(content, {} if content_type is None else {"Content-Type": content_type}).text == text


@pytest.mark.parametrize("charset", sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined"}))
def test_an_invalid_charset_does_not_break_text(charset: str) -> None:
    for content in (b"", b"plain", b"\xff\xfe\x00\x80a"):
        assert isinstance(response(content, {"Content-Type": f"text/plain; charset={charset}"}).text, str)


# --- data -------------------------------------------------------------------------------------------------------------


def test_the_body_as_data_and_as_a_typed_value() -> None:
    assert response(b'{"id": 5}').json() == {"id": 5}
    assert response(b'{"id": 5}').decode(User) == User(id=5)
    assert response(b"[]").decode(list[User]) == []


@pytest.mark.parametrize(
    ("read", "path"),
    [
        (lambda made: made.json(), None),
        (lambda made: made.decode(User), None),
    ],
)
def test_a_decode_error_has_the_facts_of_the_response(read: Callable[[Response], Any], path: Any) -> None:
    made = response(b"<html>", {"X-Request-ID": "8f3c"}, state=CallState(attempts=2))
    with pytest.raises(DecodeError) as caught:
        read(made)
    error = caught.value
    assert (error.method, error.template, error.status, error.path) == ("GET", "/users/{id}", 200, path)
    assert (error.request_id, error.attempts, error.body) == ("8f3c", 2, b"<html>")
    assert str(error).startswith("200 GET /users/{id}: ")
    assert str(error).endswith("(2 attempts, request 8f3c)")


JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain; charset=iso-8859-1"}


@pytest.mark.parametrize(
    ("tp", "content", "headers", "value"),
    [
        (str, b'"a"', JSON, "a"),
        (str, b'"a"', {"Content-Type": "application/problem+json; charset=utf-8"}, "a"),
        (str, b'"a"', {"Content-Type": "Text/JSON"}, "a"),
        (str, b'"a"', TEXT, '"a"'),
        (str, b"caf\xe9", TEXT, "café"),
        (str, b"123", TEXT, "123"),
        (str, b"null", TEXT, "null"),
        (str, b"<a/>", {"Content-Type": "application/xml"}, "<a/>"),
        (str, b"a,b\r\n", {"Content-Type": "text/csv"}, "a,b\r\n"),
        (str, b"text", {}, "text"),
        (str, b"", {}, ""),
        (str | None, b"123", TEXT, "123"),
        (str | None, b"null", TEXT, "null"),
        (str | None, b"null", JSON, None),
        (str | None, b"", TEXT, None),
        (str | None, b"", JSON, None),
        (bytes, b'"a"', JSON, b'"a"'),
        (bytes, b"\xff\r\n", TEXT, b"\xff\r\n"),
        (bytes, b"", {}, b""),
        (bytes | None, b"a", TEXT, b"a"),
        (bytes | None, b"", {}, None),
        (User | None, b"", JSON, None),
        (User | None, b"\r\n", JSON, None),
        (list[User] | None, b" ", {}, None),
        (User, b'{"id": 5}', TEXT, User(id=5)),
    ],
    ids=str,
)
def test_text_bytes_and_empty_bodies(tp: Any, content: bytes, headers: dict[str, str], value: Any) -> None:
    assert response(content, headers).decode(tp) == value


@pytest.mark.parametrize("content", [b"OK", b'"unfinished', b"ok: true"])
def test_a_text_in_the_place_of_json_is_called_by_its_media_type(content: bytes) -> None:
    read: list[Callable[[Response], Any]] = [
        lambda made: made.json(),
        lambda made: made.decode(User),
        lambda made: made.decode(list[str]),
    ]
    for call in read:
        with pytest.raises(DecodeError) as caught:
            call(response(content, TEXT))
        assert "expected JSON, but the body is text/plain; model=str gives its text" in str(caught.value)
        for headers in ({}, JSON):
            with pytest.raises(DecodeError, match="not valid JSON"):
                call(response(content, headers))


def test_the_limits_of_the_request_apply_to_its_response() -> None:
    made = response(b"[[], []]", options=Options(response_limits=ResponseLimits(json_containers=2)))
    for call in (made.json, lambda: made.decode(list[Any])):
        with pytest.raises(DecodeError, match="json_containers"):
            call()


def test_a_decode_error_has_path_and_template() -> None:
    with pytest.raises(DecodeError) as caught:
        response(b'{"id": "x"}').decode(User)
    assert str(caught.value) == "200 GET /users/{id}: id: expected an integer, found the string 'x'"


def test_an_echoed_secret_is_not_in_a_decode_error() -> None:
    made = response(b'{"id": "s3cr3t-value"}', secrets=[Secret("s3cr3t-value")])
    with pytest.raises(DecodeError) as caught:
        made.decode(User)
    assert "s3cr3t" not in str(caught.value) + repr(caught.value.args)
    assert MASK in str(caught.value)
    made = response(b"x" * 1020 + b"s3cr3t-value" + b"y" * 100, secrets=[Secret("s3cr3t-value")])
    with pytest.raises(DecodeError) as caught:
        made.json()
    assert caught.value.body == MASK.encode()


# --- bodies that are still open ---------------------------------------------------------------------------------------


async def test_a_stream_yields_chunks_and_closes_at_its_end() -> None:
    made, stream = streamed(b"a", b"", b"b")
    assert [chunk async for chunk in made.iter_bytes()] == [b"a", b"", b"b"]
    assert stream.closed == 1
    with pytest.raises(StreamError, match="closed unread"):
        _ = made.content


async def test_an_unread_stream_has_no_content_yet() -> None:
    made, stream = streamed(b'{"id":', b"5}")
    reads: list[Callable[[], Any]] = [lambda: made.content, lambda: made.text, made.json, lambda: made.decode(User)]
    for read in reads:
        with pytest.raises(StreamError, match="has not been read"):
            read()
    assert await made.read() == b'{"id":5}' == made.content
    assert made.decode(User) == User(id=5)
    assert stream.closed == 1
    assert await made.read() == b'{"id":5}'
    assert [chunk async for chunk in made.iter_bytes()] == [b'{"id":5}']


async def test_read_returns_the_rest_of_a_stream() -> None:
    made, stream = streamed(b"a", b"b", b"c")
    async for chunk in made.iter_bytes():
        assert chunk == b"a"
        break
    assert await made.read() == b"bc"
    assert stream.closed == 1


async def test_leaving_the_loop_early_does_not_close() -> None:
    made, stream = streamed(b"a", b"b")
    async for _ in made.iter_bytes():
        break
    assert stream.closed == 0
    await made.aclose()
    await made.aclose()
    assert stream.closed == 1
    with pytest.raises(StreamError, match="closed unread"):
        await made.read()


async def test_a_broken_stream_raises_and_can_be_closed() -> None:
    made, stream = streamed(b"a", ProtocolError("broken"))
    with pytest.raises(ProtocolError):
        await made.read()
    with pytest.raises(StreamError):
        _ = made.content
    await made.aclose()
    assert stream.closed == 1


async def test_a_buffered_body_is_one_chunk_or_none() -> None:
    assert [chunk async for chunk in response(b"ab").iter_bytes()] == [b"ab"]
    assert [chunk async for chunk in response().iter_bytes()] == []
    assert await response(b"ab").read() == b"ab"


async def test_close_callbacks_run_once_in_reverse_order() -> None:
    called: list[str] = []
    made, _ = streamed(b"a")
    made.on_close(lambda: called.append("first"))
    made.on_close(lambda: called.append("second"))
    assert called == []
    await made.read()
    await made.aclose()
    assert called == ["first", "second"]
    made.on_close(lambda: called.append("late"))
    response(b"x").on_close(lambda: called.append("buffered"))
    assert called[2:] == ["late", "buffered"]


async def test_a_failing_callback_does_not_stop_the_others() -> None:
    called: list[str] = []

    def fail() -> None:
        called.append("failed")
        raise RuntimeError

    made, stream = streamed(b"a")
    made.on_close(lambda: called.append("first"))
    made.on_close(fail)
    made.on_close(lambda: called.append("last"))
    with pytest.raises(RuntimeError):
        await made.aclose()
    assert called == ["first", "failed", "last"]
    assert stream.closed == 1


async def test_callbacks_run_if_closing_the_stream_fails() -> None:
    class Stubborn(Stream):
        async def aclose(self) -> None:
            raise ProtocolError("stuck")

    called: list[str] = []
    made = Response(200, {}, request=request(), stream=Stubborn())
    made.on_close(lambda: called.append("closed"))
    with pytest.raises(ProtocolError):
        await made.aclose()
    assert called == ["closed"]
    await made.aclose()
