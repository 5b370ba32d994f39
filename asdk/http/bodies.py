"""What a request may carry: bytes, a file, a factory, an iterator, or a multipart form of these.

Made by `BaseClient.build_request`, opened by the transport once an attempt. A `Body` knows its length if anyone can,
and whether it can be sent again: a one-shot iterator never is, and no body is ever resent empty.
"""

from __future__ import annotations

import inspect
import mimetypes
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import IO, Any, TypeAlias, cast
from urllib.parse import quote_plus

import anyio.to_thread
import attrs

from asdk.errors import InvalidRequestError
from asdk.http.urls import has_surrogate, scalar_to_text
from asdk.models.encoding import encode_json
from asdk.secret import Secret
from asdk.unset import UNSET

#: How much of a file is read and sent at a time, in bytes.
CHUNK = 64 * 1024

#: The contents of a file to upload: bytes, a path, or an open binary file, which is sent from where it stands.
FileContent: TypeAlias = bytes | os.PathLike[str] | IO[bytes]

#: Called with the bytes so far, and with how many there will be, None if that is unknown.
ProgressCallback: TypeAlias = Callable[[int, int | None], object]

#: A file, alone or with its name, or with its name and media type; or an `Upload`.
FileTypes: TypeAlias = "FileContent | Upload | tuple[str, FileContent | Upload] | tuple[str, FileContent | Upload, str]"

#: The files of a multipart form by field name; several files of one name as pairs.
Files: TypeAlias = Mapping[str, FileTypes] | Iterable[tuple[str, FileTypes]]

#: Bytes that are made on the way: an iterator (sent once), or a function that makes a fresh one for each attempt.
ByteSource: TypeAlias = AsyncIterable[bytes] | Iterable[bytes] | Callable[[], AsyncIterable[bytes]]

#: A raw body.
ContentTypes: TypeAlias = "FileContent | ByteSource | Upload"


class Body:
    """A body that is read when it is sent.

    Attributes:
        length: in bytes, if known.
        replayable: whether `open` may be called again, for another attempt.
        content_type: the media type, if the body has one of its own.
    """

    length: int | None = None
    replayable: bool = True
    content_type: str | None = None

    def open(self) -> AsyncGenerator[bytes, None]:
        """The bytes, from the beginning."""
        raise NotImplementedError


class FileBody(Body):
    """A file on disk by its path, or one that the caller has open; always sent from where it stood at first."""

    def __init__(self, source: os.PathLike[str] | IO[bytes]) -> None:
        self._source = source
        self._start = 0
        problem = None
        try:
            if isinstance(source, os.PathLike):
                self.length = os.stat(source).st_size
                with Path(source).open("rb"):
                    pass
            else:
                self._measure(source)
        except (OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem is not None:
            raise InvalidRequestError(f"the file to send cannot be read: {problem}")

    def _measure(self, file: IO[bytes]) -> None:
        if inspect.iscoroutinefunction(file.read):
            raise ValueError("it is read asynchronously; give its path, or an iterator as content=")
        self.replayable = hasattr(file, "seekable") and file.seekable()
        if self.replayable:
            self._start = file.tell()
            self.length = max(0, file.seek(0, os.SEEK_END) - self._start)
            file.seek(self._start)
        if isinstance(file.read(0), str):
            raise ValueError("it was opened in text mode; open it with 'rb'")

    async def open(self) -> AsyncGenerator[bytes, None]:
        if isinstance(self._source, os.PathLike):
            # Closed without an await: a body that was dropped half-read is finalized when none is possible.
            with Path(self._source).open("rb") as opened:  # noqa: ASYNC230 - opening is as fast as the stat before
                while chunk := await anyio.to_thread.run_sync(opened.read, CHUNK):
                    yield chunk
            return
        if self.replayable:
            await anyio.to_thread.run_sync(self._source.seek, self._start)
        while chunk := await anyio.to_thread.run_sync(self._source.read, CHUNK):
            yield chunk


class IteratorBody(Body):
    """An iterator of bytes: gone once it was read, so never sent a second time."""

    replayable = False

    def __init__(self, source: AsyncIterable[bytes] | Iterable[bytes]) -> None:
        self._source = source

    async def open(self) -> AsyncGenerator[bytes, None]:
        if isinstance(self._source, AsyncIterable):
            async for chunk in self._source:
                yield chunk
        else:
            for chunk in self._source:
                yield chunk


class FactoryBody(Body):
    """A function that makes a fresh iterator for each attempt."""

    def __init__(self, factory: Callable[[], AsyncIterable[bytes]]) -> None:
        self._factory = factory

    async def open(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._factory():
            yield chunk


class Upload(Body):
    """A file to send that tells how far it is, or whose bytes are made on the way: for ``files=`` or ``content=``.

    Args:
        source: a path, bytes, an open binary file, an iterator of bytes (sent once), or a function that makes a fresh
            one for each attempt.
        name: the file's name in a multipart form; left out, the path's, else ``"upload"``.
        content_type: its media type; left out, guessed from the name in a form, and none is sent elsewhere.
        length: in bytes, where the source cannot tell; a server may refuse a body whose length it is not told.
        progress: called with the bytes handed to the network so far, from 0 again if the body is sent again.
    """

    def __init__(
        self,
        source: ContentTypes,
        *,
        name: str | None = None,
        content_type: str | None = None,
        length: int | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        if name is None:
            path = source if isinstance(source, os.PathLike) else getattr(source, "name", None)
            name = os.path.basename(path) if isinstance(path, str | os.PathLike) else "upload"
        self.name = _checked_name(name)
        self.media_type = content_type
        self._body = raw_body(source)
        self._progress = progress
        self.replayable = isinstance(self._body, bytes) or self._body.replayable
        known = len(self._body) if isinstance(self._body, bytes) else self._body.length
        if known is not None and length is not None and known != length:
            raise InvalidRequestError(f"the upload has {known} bytes, not {length}")
        self.length = length if known is None else known

    async def open(self) -> AsyncGenerator[bytes, None]:
        sent = 0
        self._tell(sent)
        async with aclosing(_pieces(self._body)) as chunks:
            async for chunk in chunks:
                self._compare(sent + len(chunk), is_all=False)
                yield chunk
                sent += len(chunk)
                self._tell(sent)
        self._compare(sent, is_all=True)

    def _compare(self, sent: int, *, is_all: bool) -> None:
        """A body of another length than its head said would be taken for the next request, or waited for for ever."""
        if self.length is not None and (sent > self.length or (is_all and sent < self.length)):
            raise InvalidRequestError(f"the upload of {self.length} bytes has {'more' if sent > self.length else sent}")

    def _tell(self, sent: int) -> None:
        if self._progress is not None:
            self._progress(sent, self.length)


async def _pieces(body: bytes | Body) -> AsyncGenerator[bytes, None]:
    if isinstance(body, bytes):
        for start in range(0, len(body), CHUNK):
            yield body[start : start + CHUNK]
        return
    async with aclosing(body.open()) as chunks:
        async for chunk in chunks:
            yield chunk


@attrs.frozen
class _Part:
    head: bytes
    content: bytes | Body

    @property
    def length(self) -> int | None:
        size = len(self.content) if isinstance(self.content, bytes) else self.content.length
        return None if size is None else len(self.head) + size + 2


class MultipartBody(Body):
    """``multipart/form-data``: fields first, then files (RFC 7578)."""

    def __init__(self, fields: Mapping[str, object], files: Files) -> None:
        self._boundary = secrets.token_hex(16)
        self._parts = [self._field(name, text) for name, text in form_pairs(fields)]
        pairs: Iterable[tuple[str, FileTypes]] = files.items() if isinstance(files, Mapping) else files  # type: ignore[assignment, unused-ignore]
        for name, file in pairs:
            self._parts.append(self._file(name, file))
        self._end = f"--{self._boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={self._boundary}"
        self.replayable = all(isinstance(part.content, bytes) or part.content.replayable for part in self._parts)
        lengths = [part.length for part in self._parts]
        known = [length for length in lengths if length is not None]
        self.length = sum(known) + len(self._end) if len(known) == len(lengths) else None

    def _head(self, disposition: str, content_type: str | None = None) -> bytes:
        lines = [f"--{self._boundary}", f"Content-Disposition: form-data; {disposition}"]
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _field(self, name: str, text: str) -> _Part:
        return _Part(self._head(f'name="{_escape(name)}"'), text.encode())

    def _file(self, name: str, file: FileTypes) -> _Part:
        file_name, content, content_type = _read_file_argument(file)
        head = self._head(f'name="{_escape(name)}"; filename="{_escape(file_name)}"', content_type)
        return _Part(head, content if isinstance(content, bytes | Upload) else FileBody(content))

    async def open(self) -> AsyncGenerator[bytes, None]:
        for part in self._parts:
            yield part.head
            if isinstance(part.content, bytes):
                yield part.content
            else:
                async with aclosing(part.content.open()) as chunks:
                    async for chunk in chunks:
                        yield chunk
            yield b"\r\n"
        yield self._end


_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
_MEDIA_TYPE = re.compile(r"[!#$&\-^_.+0-9A-Za-z]+/[!#$&\-^_.+0-9A-Za-z]+(?:;[\x20-\x7e]*)?").fullmatch


def _checked_name(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidRequestError("a field or file of a form needs a name")
    return name


def _escape(name: str) -> str:
    """A name as browsers write it in a multipart head (WHATWG HTML, "multipart form data"): it cannot end the line."""
    escaped = _checked_name(name).translate(_ESCAPES)
    if has_surrogate(escaped) or any(ord(character) < 0x20 or ord(character) == 0x7F for character in escaped):
        raise InvalidRequestError(f"the name {name!r} of a field or file holds a control character or a lone surrogate")
    return escaped


def _read_file_argument(file: FileTypes) -> tuple[str, FileContent | Upload, str]:
    content_type: str | None = None
    content: FileContent | Upload
    if isinstance(file, tuple):
        if len(file) not in (2, 3):
            raise InvalidRequestError("a file in a tuple is (name, content) or (name, content, media type)")
        name, content, content_type = file if len(file) == 3 else (*file, None)
    elif isinstance(file, Upload):
        name, content, content_type = file.name, file, file.media_type
    else:
        content = file
        path = file if isinstance(file, os.PathLike) else getattr(file, "name", None)
        name = os.path.basename(path) if isinstance(path, str | os.PathLike) else "upload"
    if isinstance(content, bytearray | memoryview):
        content = bytes(content)
    if not isinstance(content, bytes | os.PathLike | Upload) and not hasattr(content, "read"):
        kind = type(content).__name__
        hint = "; Path(...) names a file, .encode() makes bytes of a text" if kind == "str" else ""
        raise InvalidRequestError(f"a file is bytes, a path or an open binary file, not a {kind}{hint}")
    content_type = content_type or mimetypes.guess_type(_checked_name(name))[0] or "application/octet-stream"
    if not isinstance(content_type, str) or _MEDIA_TYPE(content_type) is None:
        raise InvalidRequestError(f"{content_type!r} is not a media type")
    return name, content, content_type


def form_pairs(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """The fields of a form as text; None leaves one out, a list repeats the name, secrets are opened.

    Raises:
        InvalidRequestError: a value is not a plain one.
    """
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        if not isinstance(name, str) or has_surrogate(name):
            raise InvalidRequestError(f"the name {name!r} of a form field is no text, or holds a lone surrogate")
        for item in value if isinstance(value, list | tuple) else (value,):
            if item is None:
                continue
            if isinstance(item, Secret):
                item = item.reveal()  # noqa: PLW2901
            elif isinstance(item, bool):
                item = "true" if item else "false"  # noqa: PLW2901
            pairs.append((name, scalar_to_text("form field", name, item)))
    return pairs


def encode_form(fields: Mapping[str, object]) -> bytes:
    """``application/x-www-form-urlencoded`` (WHATWG URL), blanks as ``+``.

    Raises:
        InvalidRequestError: a value is not a plain one, or holds a lone surrogate.
    """
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in form_pairs(fields)).encode()


def raw_body(content: ContentTypes) -> bytes | Body:
    """The body for ``content=``.

    Raises:
        InvalidRequestError: it is none of the kinds that can be sent, or a file that cannot be read.
    """
    if isinstance(content, bytes | Upload):
        return content
    if isinstance(content, bytearray | memoryview):
        return bytes(content)
    if isinstance(content, os.PathLike) or (hasattr(content, "read") and not isinstance(content, AsyncIterable)):
        source: Any = content
        return FileBody(source)
    if isinstance(content, AsyncIterable) or (isinstance(content, Iterable) and not isinstance(content, str | Mapping)):
        return IteratorBody(content)
    if callable(content):
        return FactoryBody(content)
    raise InvalidRequestError(f"content= is a {type(content).__name__}; give bytes, a file, an iterator or a factory")


def make_body(
    json: object, form: Mapping[str, object] | None, files: Files | None, content: ContentTypes | None
) -> tuple[bytes | Body, str | None, list[Secret]]:
    """The one body of a request, its media type if it has one of its own, and the secrets that were opened for it.

    Raises:
        InvalidRequestError: there is more than one body, or it cannot be encoded or read.
    """
    if sum((json is not UNSET, form is not None or files is not None, content is not None)) > 1:
        raise InvalidRequestError("a request has one body: give json=, form= (with files=), or content=")
    opened: list[Secret] = []
    if json is not UNSET:
        return encode_json(json, opened), "application/json", opened
    for value in (form or {}).values():
        items = value if isinstance(value, list | tuple) else (value,)
        opened += [item for item in items if isinstance(item, Secret)]
    if files is not None:
        multipart = MultipartBody(form or {}, files)
        return multipart, multipart.content_type, opened
    if form is not None:
        return encode_form(form), "application/x-www-form-urlencoded", opened
    media_type = content.media_type if isinstance(content, Upload) else None
    return raw_body(cast("ContentTypes", content)), media_type, opened
