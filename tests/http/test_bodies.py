"""Tests of request bodies: replays restart at the beginning, and no name or value can break out of a form."""

from __future__ import annotations

import asyncio
import io
import os
import re
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl
from uuid import UUID

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdk import BaseClient
from asdk.errors import InvalidRequestError, RequestTimeoutError
from asdk.http.bodies import (
    CHUNK,
    Body,
    FactoryBody,
    FileBody,
    IteratorBody,
    MultipartBody,
    ProgressCallback,
    Upload,
    encode_form,
    form_pairs,
    make_body,
    raw_body,
)
from asdk.secret import Secret
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.unset import UNSET
from tests.support.servers import RawServer, client_of


class OldMode(str, Enum):  # noqa: UP042 - the style before Python 3.11
    FAST = "fast"


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


def put(name: str, content: bytes) -> Path:
    """Create a file in the working directory of the test, which no other test uses."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


async def sent(body: Body) -> bytes:
    return b"".join([chunk async for chunk in body.open()])


class Trickle:
    """A file that can be read only once, like a pipe or a socket."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


# --- one body ---------------------------------------------------------------------------------------------------------

Given = tuple[object, Mapping[str, object] | None, Any, Any]


@pytest.mark.parametrize(
    ("given", "body", "media_type"),
    [
        (({"a": None}, None, None, None), b'{"a":null}', "application/json"),
        ((None, None, None, None), b"null", "application/json"),
        ((UNSET, {"a": 1}, None, None), b"a=1", "application/x-www-form-urlencoded"),
        ((UNSET, {}, None, None), b"", "application/x-www-form-urlencoded"),
        ((UNSET, None, None, b"raw"), b"raw", None),
        ((UNSET, None, None, b""), b"", None),
        ((UNSET, None, None, bytearray(b"raw")), b"raw", None),
        ((UNSET, None, None, memoryview(b"raw")[1:]), b"aw", None),
    ],
)
def test_each_argument_produces_its_body(given: Given, body: bytes, media_type: str | None) -> None:
    assert make_body(*given) == (body, media_type, [])


@pytest.mark.parametrize(
    "given",
    [
        ({}, {}, None, None),
        ({}, None, {}, None),
        ({}, None, None, b""),
        (UNSET, {}, None, b""),
        (UNSET, None, [], b""),
        (None, {"a": 1}, {"f": b""}, b""),
    ],
)
def test_several_bodies_are_rejected(given: Given) -> None:
    with pytest.raises(InvalidRequestError, match="only one body"):
        make_body(*given)


def test_revealed_secrets_are_returned() -> None:
    one, two = Secret("one"), Secret("two")
    assert make_body({"a": [one]}, None, None, None) == (b'{"a":["one"]}', "application/json", [one])
    form: dict[str, object] = {"a": one, "b": [two, "x"], "c": None}
    body, _, opened = make_body(UNSET, form, None, None)
    assert (body, opened) == (b"a=one&b=two&b=x", [one, two])
    assert make_body(UNSET, form, {"f": b"x"}, None)[2] == [one, two]


# --- raw bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["text", 5, {}, {"a": 1}, object(), 1.5, True])
def test_an_unsupported_body_is_rejected(content: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"content must be .* {type(content).__name__}$"):
        raw_body(content)


async def test_each_attempt_sends_a_file_from_its_initial_position() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    body = raw_body(file)
    assert isinstance(body, FileBody)
    assert (body.length, body.replayable) == (6, True)
    assert file.tell() == 4
    assert [await sent(body), await sent(body)] == [b"456789", b"456789"]


async def test_a_path_is_opened_for_each_attempt_and_closed() -> None:
    body = raw_body(put("data.bin", b"x" * (CHUNK + 1)))
    assert isinstance(body, FileBody)
    assert (body.length, body.replayable) == (CHUNK + 1, True)
    chunks = [len(chunk) async for chunk in body.open()]
    assert chunks == [CHUNK, 1]
    assert await sent(body) == b"x" * (CHUNK + 1)


async def test_an_empty_file_and_a_position_past_the_end() -> None:
    past = io.BytesIO(b"abc")
    past.seek(100)
    for file in (io.BytesIO(), past):
        body = FileBody(file)
        assert body.length == 0
        assert await sent(body) == b""


async def test_a_file_that_cannot_seek_is_sent_once() -> None:
    file: Any = Trickle(b"abc")
    body = raw_body(file)
    assert isinstance(body, Body)
    assert (body.length, body.replayable) == (None, False)
    assert await sent(body) == b"abc"


@pytest.mark.parametrize("where", ["content", "files"])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Path("nothing.bin"), "FileNotFoundError"),
        (lambda: Path(), "IsADirectoryError"),
        (lambda: open("text.txt", encoding="utf-8"), "text mode; open it with 'rb'"),  # noqa: SIM115
        (lambda: io.StringIO("text"), "text mode; open it with 'rb'"),
        (lambda: open("out.bin", "wb"), "read"),  # noqa: SIM115
        (lambda: closed(), "closed file"),
    ],
)
def test_an_unreadable_file_is_rejected_before_sending(where: str, make: Callable[[], Any], reason: str) -> None:
    put("text.txt", b"text")
    file = make()
    with pytest.raises(InvalidRequestError, match="the file to send could not be read") as caught:
        _ = raw_body(file) if where == "content" else MultipartBody({}, {"f": ("name", file)})
    assert reason in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    if hasattr(file, "close"):
        file.close()


def closed() -> io.BytesIO:
    file = io.BytesIO(b"x")
    file.close()
    return file


async def test_an_asynchronous_file_is_an_iterator_and_not_an_upload() -> None:
    async with await anyio.open_file(put("data.bin", b"one\ntwo\n"), "rb") as file:
        stream: Any = file
        body = raw_body(stream)
        assert isinstance(body, IteratorBody)
        assert await sent(body) == b"one\ntwo\n"
        with pytest.raises(InvalidRequestError, match="asynchronous file; pass its path"):
            MultipartBody({}, {"f": stream})


async def test_an_iterator_is_sent_once_and_never_resent_empty() -> None:
    async def numbers() -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"

    def words() -> Iterator[bytes]:
        yield b"a"

    for content, expected in ((numbers(), b"12"), (words(), b"a"), ([b"x", b"y"], b"xy")):
        body = raw_body(content)
        assert isinstance(body, IteratorBody)
        assert (body.length, body.replayable) == (None, False)
        assert await sent(body) == expected


async def test_a_factory_makes_a_new_iterator_for_each_attempt() -> None:
    made: list[int] = []

    async def numbers() -> AsyncIterator[bytes]:
        made.append(1)
        yield b"1"
        yield b"2"

    body = raw_body(numbers)
    assert isinstance(body, FactoryBody)
    assert body.replayable
    assert made == []
    assert [await sent(body), await sent(body)] == [b"12", b"12"]
    assert made == [1, 1]


# --- forms ------------------------------------------------------------------------------------------------------------

utf8 = st.text(st.characters(exclude_categories=["Cs"]))
plain = (
    utf8
    | st.integers(-(10**30), 10**30)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.sampled_from([OldMode.FAST, Color.RED, Level.LOW])
)


def text_of(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    return str(value).lower() if isinstance(value, bool) else str(value)


def pairs_of(fields: dict[str, Any]) -> list[tuple[str, str]]:
    items = [(name, item) for name, value in fields.items() for item in (value if isinstance(value, list) else [value])]
    return [(name, text_of(item)) for name, item in items if item is not None]


forms = st.dictionaries(utf8, st.none() | plain | st.lists(st.none() | plain, max_size=3), max_size=4)


@settings(deadline=None)
@given(fields=forms)
def test_a_form_round_trips(fields: dict[str, Any]) -> None:
    encoded = encode_form(fields).decode("ascii")
    assert parse_qsl(encoded, keep_blank_values=True, errors="strict") == pairs_of(fields)
    assert re.fullmatch("[A-Za-z0-9_.~%+=&-]*", encoded)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b+c&d=é", "a+b%2Bc%26d%3D%C3%A9"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (OldMode.FAST, "fast"),
        (Color.RED, "red"),
        (Level.LOW, "1"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2025, 1, 2), "2025-01-02"),
        (datetime(2025, 1, 2, tzinfo=UTC), "2025-01-02T00%3A00%3A00%2B00%3A00"),
        (Secret("s3cr3t&"), "s3cr3t%26"),
    ],
)
def test_form_fields_are_encoded_like_query_parameters(value: object, text: str) -> None:
    assert encode_form({"f": value}) == f"f={text}".encode()


@pytest.mark.parametrize(
    "value",
    [
        b"a",
        {"a": 1},
        {1},
        [[1]],
        float("nan"),
        float("inf"),
        10**5000,
        Decimal("NaN"),
        Decimal("-Infinity"),
        Decimal("sNaN1"),
        np.float32("nan"),
        np.float16("-inf"),
        np.complex64(1),
        np.timedelta64(1, "s"),
        np.datetime64("2025-01-01"),
        np.array([1]),
        Fraction(1, 2),
        1j,
        datetime(2025, 1, 1),
        UNSET,
        object(),
        "\ud800",
        Secret("\ud800s3cr3t"),
        (x for x in "a"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_error_for_an_unsupported_form_value_names_it(value: object) -> None:
    for refuse in (encode_form, form_pairs, lambda fields: MultipartBody(fields, {})):
        with pytest.raises(InvalidRequestError, match="'page'") as caught:
            refuse({"page": value})
        assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("name", [5, None, b"a", "\ud800"])
def test_a_field_name_must_be_a_str(name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="name"):
        encode_form({name: "x"})


# --- multipart --------------------------------------------------------------------------------------------------------


def split(body: MultipartBody, content: bytes) -> list[tuple[list[str], bytes]]:
    """Split a body at its boundary (RFC 7578) into the header lines and the content of each part."""
    match = re.fullmatch("multipart/form-data; boundary=([0-9a-f]{32})", body.content_type or "")
    assert match
    first, *parts = content.split(f"--{match[1]}".encode())
    assert first == b""
    assert parts.pop() == b"--\r\n"
    found = []
    for part in parts:
        assert part.startswith(b"\r\n")
        assert part.endswith(b"\r\n")
        head, _, inner = part[2:-2].partition(b"\r\n\r\n")
        found.append((head.decode().split("\r\n"), inner))
    return found


def unescape(name: str) -> str:
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


hostile = st.lists(
    st.sampled_from(
        ["a", "é", '"', "\r\n", "\n", "\r", ";", "=", " ", "--", ": ", "X-Evil", "%22", "\x00", "\x7f", "\\"]
    )
).map("".join)
names = st.text() | hostile
content = st.binary(max_size=20) | hostile.map(str.encode)
media_types = st.none() | st.sampled_from(["text/plain", "text/plain; charset=utf-8", "a/b\r\nX: y", "text", "é/x", ""])
file_arguments = (
    content
    | st.tuples(names, content)
    | st.tuples(names, content, media_types)
    | content.map(io.BytesIO)
    | content.map(Trickle)
    | st.sampled_from(
        [None, "text", 5, ("a",), ("a", b"", None, 5), (None, b""), (5, b""), ("a", "text"), ("a", b"", 5)]
    )
)


@settings(deadline=None, max_examples=300)
@given(
    fields=st.dictionaries(names, names | plain, max_size=2),
    files=st.lists(st.tuples(names, file_arguments), max_size=3),
)
def test_names_values_and_files_stay_in_their_part(fields: dict[str, Any], files: list[tuple[str, Any]]) -> None:
    try:
        body = MultipartBody(fields, files)
    except InvalidRequestError:
        return
    whole = anyio.run(sent, body)
    assert body.length in (None, len(whole))
    parts = split(body, whole)
    assert len(parts) == len(fields) + len(files)
    for (name, value), (head, inner) in zip(fields.items(), parts, strict=False):
        (line,) = head
        assert line.startswith('Content-Disposition: form-data; name="')
        assert unescape(line[38:-1]) == unescape(name)
        assert inner.decode() == text_of(value)
    for (name, argument), (head, inner) in zip(files, parts[len(fields) :], strict=True):
        disposition, media_type = head
        match = re.fullmatch('Content-Disposition: form-data; name="([^"]*)"; filename="([^"]*)"', disposition)
        assert match
        assert unescape(match[1]) == unescape(name)
        assert re.fullmatch("Content-Type: [!-~]+/[ -~]+", media_type)
        assert inner == content_of(argument)


def content_of(argument: Any) -> bytes:
    argument = argument[1] if isinstance(argument, tuple) else argument
    if isinstance(argument, Trickle):
        argument = argument._file
    return argument.getvalue() if isinstance(argument, io.BytesIO) else bytes(argument)


@pytest.mark.parametrize(
    ("file", "name", "media_type"),
    [
        (b"x", "upload", "application/octet-stream"),
        (bytearray(b"x"), "upload", "application/octet-stream"),
        (("a.json", memoryview(b"x")), "a.json", "application/json"),
        (("a.json", b"x", "text/plain"), "a.json", "text/plain"),
        (("a.json", b"x", None), "a.json", "application/json"),
        (("ü.bin", b"x"), "ü.bin", "application/octet-stream"),
        (io.BytesIO(b"x"), "upload", "application/octet-stream"),
        (Path("folder/a.html"), "a.html", "text/html"),
    ],
)
async def test_a_file_has_name_and_media_type(file: Any, name: str, media_type: str) -> None:
    put("folder/a.html", b"x")
    body = MultipartBody({}, {"f": file})
    (((disposition, kind), inner),) = split(body, await sent(body))
    assert disposition == f'Content-Disposition: form-data; name="f"; filename="{name}"'
    assert kind == f"Content-Type: {media_type}"
    assert inner == b"x"


def test_an_open_file_has_the_name_of_its_path() -> None:
    with put("report.csv", b"a,b").open("rb") as file, tempfile.TemporaryFile() as nameless:
        body = MultipartBody({}, [("f", file), ("f", nameless)])
        heads = [head[0] for head, _ in split(body, anyio.run(sent, body))]
    assert heads == [
        'Content-Disposition: form-data; name="f"; filename="report.csv"',
        'Content-Disposition: form-data; name="f"; filename="upload"',
    ]


async def test_form_fields_precede_files_and_can_be_replayed() -> None:
    file = io.BytesIO(b"--content--")
    file.seek(2)
    body = MultipartBody({"a": [1, Secret("s")], "none": None}, {"f": file})
    assert body.replayable
    once, again = await sent(body), await sent(body)
    assert once == again
    assert body.length == len(once)
    assert [inner for _, inner in split(body, once)] == [b"1", b"s", b"content--"]


async def test_an_empty_form_is_a_form() -> None:
    body = MultipartBody({}, {})
    assert split(body, await sent(body)) == []


def test_one_file_that_cannot_replay_prevents_a_replay() -> None:
    trickle: Any = Trickle(b"x")
    body = MultipartBody({}, [("a", b"x"), ("b", trickle)])
    assert (body.replayable, body.length) == (False, None)


@pytest.mark.parametrize(
    "file",
    [
        None,
        5,
        "text",
        ("a", "text"),
        ("a",),
        ("a", b"x", "text/plain", {}),
        (None, b"x"),
        (5, b"x"),
        ("", b"x"),
        (Path("a"), b"x"),
        ("a\x00", b"x"),
        ("\ud800", b"x"),
        ("a", b"x", "text"),
        ("a", b"x", "a/b\r\nX-Evil: y"),
        ("a", b"x", 5),
    ],
    ids=repr,
)
def test_an_unsupported_file_is_rejected(file: Any) -> None:
    with pytest.raises(InvalidRequestError):
        MultipartBody({}, {"f": file})


def test_the_error_for_a_str_suggests_a_path() -> None:
    with pytest.raises(InvalidRequestError, match=r"str; use Path\(\.\.\.\) for a file, or \.encode\(\)"):
        MultipartBody({}, cast("Any", {"f": "report.pdf"}))


@pytest.mark.parametrize("name", ["", None, 5, "a\x00", "\x1b", "\ud800"])
def test_a_part_name_must_be_encodable(name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="name"):
        MultipartBody({}, {name: b"x"})
    with pytest.raises(InvalidRequestError, match="name"):
        MultipartBody({name: "x"}, {})


def test_each_body_has_its_own_boundary() -> None:
    assert MultipartBody({}, {}).content_type != MultipartBody({}, {}).content_type


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(NotImplementedError):
        Body().open()


# --- Upload -----------------------------------------------------------------------------------------------------------


def noting(seen: list[tuple[int, int | None]]) -> ProgressCallback:
    return lambda done, size: seen.append((done, size))


async def test_an_upload_reports_its_progress(tmp_path: Path) -> None:
    path = tmp_path / "ä.pdf"
    path.write_bytes(b"x" * (2 * CHUNK + 1))
    for source in (path, path.read_bytes(), path.open("rb")):
        seen: list[tuple[int, int | None]] = []
        upload = Upload(source, progress=noting(seen))
        assert (upload.length, upload.replayable) == (2 * CHUNK + 1, True)
        for _ in range(2):  # each attempt restarts from 0
            assert await sent(upload) == b"x" * (2 * CHUNK + 1)
        size = upload.length
        assert seen == [(0, size), (CHUNK, size), (2 * CHUNK, size), (size, size)] * 2
        if not isinstance(source, bytes | Path):
            source.close()


async def test_an_upload_in_a_form_has_name_and_media_type(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"pdf")

    async def made() -> AsyncIterator[bytes]:
        yield b"o"
        yield b"k"

    body = MultipartBody(
        {},
        [
            ("file", Upload(path)),
            ("file", Upload(made, name="b.json", length=2)),
            ("file", ("c", Upload(b"", content_type="text/x"), "text/y")),
        ],
    )
    content = await sent(body)
    assert (body.length, body.replayable) == (len(content), True)
    assert b'filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\npdf\r\n' in content
    assert b'filename="b.json"\r\nContent-Type: application/json\r\n\r\nok\r\n' in content
    assert b'filename="c"\r\nContent-Type: text/y\r\n\r\n\r\n' in content


async def test_an_upload_of_an_iterator_is_sent_once() -> None:
    upload = Upload(iter([b"a", b"b"]), name="x")
    body = MultipartBody({}, {"file": upload})
    assert (upload.length, upload.replayable, body.length, body.replayable) == (None, False, None, False)
    seen: list[tuple[int, int | None]] = []
    assert await sent(Upload(iter([b"a", b"b"]), progress=noting(seen))) == b"ab"
    assert seen == [(0, None), (1, None), (2, None)]


def test_an_invalid_upload_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="length must be the size"):
        Upload(b"abc", length=4)
    with pytest.raises(InvalidRequestError, match="could not be read"):
        Upload(tmp_path / "none")
    with pytest.raises(InvalidRequestError, match="name"):
        Upload(b"", name="")


async def test_an_upload_as_body_is_resent_whole() -> None:
    seen: list[tuple[int, int | None]] = []
    transport = MemoryTransport([Reply(503), Reply(200), Reply(200)])
    client = BaseClient(base_url="https://api.example.org", transport=transport, clock=VirtualClock())
    await client.request("PUT", "/files/1", content=Upload(b"abc", progress=noting(seen)), model=None)
    await client.request("POST", "/files", files={"file": Upload(b"abc", name="a.txt")}, model=None)
    assert [request.content for request in transport.sent[:2]] == [b"abc", b"abc"]
    assert seen == [(0, 3), (3, 3)] * 2
    assert b'filename="a.txt"\r\nContent-Type: text/plain' in transport.sent[2].content


async def test_the_media_type_of_an_upload_as_body_is_sent() -> None:
    transport = MemoryTransport([Reply(200), Reply(200)])
    client = BaseClient(base_url="https://api.example.org", transport=transport)
    await client.request("PUT", "/x", content=Upload(b"{}", content_type="application/json"), model=None)
    await client.request("PUT", "/x", content=Upload(b"{}", name="x.json"), model=None)
    assert [request.headers.get("Content-Type") for request in transport.sent] == ["application/json", None]


@pytest.mark.parametrize("length", [2, 4])
async def test_an_upload_of_another_length_closes_the_connection(length: int) -> None:
    async def made() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"bc"

    with RawServer() as server:
        async with client_of(server) as client:
            with pytest.raises(InvalidRequestError, match=f"the upload must have {length} bytes"):
                await client.request("PUT", "/x", content=Upload(made, length=length))
        await server.until(lambda: server.open == 0)
        async with client_of(server) as client:
            assert await client.request("PUT", "/x", content=Upload(made, length=3)) == {}


@pytest.mark.parametrize("name", [None, ""])
def test_a_part_with_a_media_type_needs_no_file_name(name: str | None) -> None:
    body, _, _ = make_body(UNSET, None, {"meta": (name, b"{}", "application/json")}, None)
    assert isinstance(body, MultipartBody)
    head = body._parts[0].head.decode()
    assert 'form-data; name="meta"\r\nContent-Type: application/json\r\n' in head
    assert "filename" not in head


async def _pieces(*pieces: Any) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("piece", ["text", None, 5, ["x"], {"a": 1}])
@pytest.mark.parametrize("kind", ["async iterator", "function", "iterator"])
async def test_a_piece_that_is_not_bytes_is_refused(piece: Any, kind: str) -> None:
    source: Any = _pieces(b"a", piece)
    if kind == "function":
        source = lambda: _pieces(b"a", piece)  # noqa: E731
    elif kind == "iterator":
        source = iter([b"a", piece])
    body = raw_body(source)
    assert isinstance(body, Body)
    with pytest.raises(InvalidRequestError, match="must yield bytes"):
        _ = [chunk async for chunk in body.open()]


async def test_buffers_are_sent_as_bytes() -> None:
    body = raw_body(_pieces(bytearray(b"a"), memoryview(b"b"), b"c"))
    assert isinstance(body, Body)
    assert [chunk async for chunk in body.open()] == [b"a", b"b", b"c"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "device"])
def test_only_a_regular_file_is_uploaded_by_its_path(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if kind == "device":
        path = Path("/dev/zero")
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
        path = tmp_path / "pipe" if kind == "pipe" else path
    for make in (lambda: raw_body(path), lambda: make_body(UNSET, None, {"f": path}, None), lambda: Upload(path)):
        with pytest.raises(InvalidRequestError, match="regular file"):
            make()


@pytest.mark.parametrize("kind", ["named pipe", "pipe", "socket"])
async def test_an_open_pipe_is_sent_as_its_bytes_come(kind: str, tmp_path: Path) -> None:
    if kind == "named pipe":
        os.mkfifo(tmp_path / "pipe")
        reader, writer = (
            os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK),
            os.open(tmp_path / "pipe", os.O_WRONLY),
        )
        os.set_blocking(reader, True)
    elif kind == "pipe":
        reader, writer = os.pipe()
    else:
        ends = socket.socketpair()
        reader, writer = ends[0].detach(), ends[1].detach()
    with open(reader, "rb") as file, open(writer, "wb", buffering=0) as pipe:  # noqa: ASYNC230
        body = raw_body(file)
        assert isinstance(body, Body)
        assert (body.length, body.replayable) == (None, False)
        pipe.write(b"first")
        chunks = body.open()
        assert await anext(chunks) == b"first"
        pipe.write(b"second")
        pipe.close()
        assert b"".join([chunk async for chunk in chunks]) == b"second"


@pytest.mark.parametrize("where", ["content", "files", "Upload"])
def test_a_silent_pipe_outlives_neither_a_deadline_nor_the_loop(where: str) -> None:
    async def serve(exchange: Any) -> None:
        await exchange.until_gone()

    reader, writer = os.pipe()
    with RawServer(serve) as server, open(reader, "rb") as file, open(writer, "wb"):
        given: dict[str, Any] = {"content": file} if where == "content" else {"files": {"f": file}}
        if where == "Upload":
            given = {"content": Upload(file)}
        started = time.monotonic()

        async def call() -> None:
            async with client_of(server, timeout=0.3) as client:
                await client.request("PUT", "/", **given)

        with pytest.raises(RequestTimeoutError):
            asyncio.run(call())
        assert time.monotonic() - started < 4  # `run_in_thread` would wait for 5 s, and the end of the loop forever
        os.write(writer, b"x")


async def test_a_path_that_became_a_pipe_does_not_stop_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    body = raw_body(path)
    assert isinstance(body, Body)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a regular file"):
        await sent(body)


@pytest.mark.parametrize("content", [b"{}", "buffer", Upload(b"{}"), Upload(b"{}", name="a.json")])
@pytest.mark.parametrize("name", [None, ""])
async def test_a_part_without_a_name_may_be_any_file(content: Any, name: Any) -> None:
    content = io.BytesIO(b"{}") if content == "buffer" else content
    body = MultipartBody({"a": "1"}, [("meta", (name, content, "application/vnd.api+json")), ("file", ("b.bin", b"x"))])
    text = await sent(body)
    assert text.count(b"filename=") == 1
    assert b'name="meta"\r\nContent-Type: application/vnd.api+json\r\n\r\n{}\r\n' in text
    assert body.length == len(text)


@pytest.mark.parametrize("piece", ["text", None, 5])
async def test_a_file_that_reads_anything_but_bytes_is_refused(piece: Any) -> None:
    class Odd:
        def read(self, size: int = -1) -> Any:
            return piece if size else b""

    odd: Any = Odd()
    body = raw_body(odd)
    assert isinstance(body, Body)
    with pytest.raises(InvalidRequestError, match="must yield bytes"):
        await sent(body)


async def test_a_body_of_text_blames_neither_server_nor_network() -> None:
    connections = 0

    async def serve(exchange: Any) -> None:
        nonlocal connections
        connections += 1
        await exchange.until_gone()

    with RawServer(serve) as server:
        async with client_of(server) as client:
            with pytest.raises(InvalidRequestError, match="must yield bytes, got str"):
                await client.request("PUT", "/", content=lambda: _pieces("text"))
    assert connections <= 1
