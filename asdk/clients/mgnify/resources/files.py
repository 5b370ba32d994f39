"""``client.files``: the files of records. They are on a file host, which requires no token and is sent none."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, PermissionDeniedError, Resource, Response
from asdk.clients.mgnify.models import DownloadFile, IndexFile
from asdk.http import ProgressCallback
from asdk.transfers import path_in

if TYPE_CHECKING:
    from asdk.client import ProgressDisplay
    from asdk.clients.mgnify.client import MGnify
    from asdk.transfers import DownloadResult

T = TypeVar("T")

# The query parameters that sign a link to a private file.
_SIGNATURE = ("", "expires", "token")


class HasFiles(Protocol):
    """A record with files: the detail of a study, an analysis, a genome, or a catalogue."""

    @property
    def downloads(self) -> Sequence[DownloadFile] | None:
        """Return the files of the record."""
        ...


class Files(Resource["MGnify"]):
    """Operations on the files of studies, analyses, genomes and catalogues.

    A link to a private file is signed and expires after an hour. Pass ``refresh=`` to fetch the record again after
    that, as in ``refresh=lambda: mgnify.studies.get(accession)``; the new link of the file is taken from the result.
    """

    async def download(
        self,
        file: DownloadFile | IndexFile | str,
        to: str | os.PathLike[str] | IO[bytes],
        *,
        refresh: Callable[[], Awaitable[HasFiles]] | None = None,
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        **options: Unpack[CallOptions],
    ) -> DownloadResult:
        """Download a file to disk, resuming an interrupted download. The file gets its name when it is complete.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            to: the path of the file; an existing folder, in which an entry of ``downloads`` is named by its alias if
                that is a plain name; or an open file, as for `BaseClient.download`. An existing file is replaced.
            refresh: a function that fetches the record again if the link has expired, see `Files`; the download is
                then resumed.
            progress: a function that is called with the number of bytes on disk and the size of the file (None if
                unknown), or a display of `asdk.progress`.
            resume: False to discard an earlier partial download of the same file.
            options: per-call options, see `CallOptions`.

        Returns:
            The path, the size, and the number of bytes from an earlier download. The bytes are as stored: a ``.gz``
            file stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has expired: fetch the record again, or pass ``refresh``.
            NotFoundError: the file does not exist.
            InvalidRequestError: the entry has no URL, or the file cannot be written.
            IntegrityError: the length differs from the announced length.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        target, url = _target(file, to), _url(file)

        async def fetch(link: str) -> DownloadResult:
            return await self._client.download(
                link,
                to=target,
                progress=progress,
                resume=resume,
                source=_unsigned(link),
                authenticate=False,
                **options,
            )

        return await _with_valid_link(url, refresh, fetch)

    async def read(
        self,
        file: DownloadFile | IndexFile | str,
        *,
        refresh: Callable[[], Awaitable[HasFiles]] | None = None,
        **options: Unpack[CallOptions],
    ) -> bytes:
        """Read a whole file into memory.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            refresh: a function that fetches the record again if the link has expired, see `Files`.
            options: per-call options, see `CallOptions`.

        Returns:
            The bytes as stored: a ``.gz`` file stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has expired: fetch the record again, or pass ``refresh``.
            NotFoundError: the file does not exist.
            InvalidRequestError: the entry has no URL.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        async with self.stream(file, refresh=refresh, **options) as response:
            return await response.read()

    @asynccontextmanager
    async def stream(
        self,
        file: DownloadFile | IndexFile | str,
        *,
        refresh: Callable[[], Awaitable[HasFiles]] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[Response, None]:
        """Open a file for ``async with`` and stream its bytes.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            refresh: a function that fetches the record again if the link has expired, see `Files`.
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: the link to a private file has expired: fetch the record again, or pass ``refresh``.
            NotFoundError: the file does not exist.
            InvalidRequestError: the entry has no URL.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        async with AsyncExitStack() as stack:

            async def open_file(link: str) -> Response:
                return await stack.enter_async_context(self._client.stream("GET", link, authenticate=False, **options))

            yield await _with_valid_link(_url(file), refresh, open_file)


async def _with_valid_link(
    url: str, refresh: Callable[[], Awaitable[HasFiles]] | None, use: Callable[[str], Awaitable[T]]
) -> T:
    """Use a link; if it is rejected, use the current link of the record."""
    try:
        return await use(url)
    except PermissionDeniedError as error:
        if refresh is None:
            error.hint = "a link to a private file expires after an hour: fetch its record again, or pass refresh="
            raise
    links = [link for link in _links(await refresh()) if _unsigned(link) == _unsigned(url)]
    if not links:
        raise InvalidRequestError("the record fetched by refresh= does not contain this file")
    return await use(links[0])


def _links(record: HasFiles) -> Iterator[str]:
    for file in record.downloads or ():
        for entry in (file, *(file.index_files or ())):
            if entry.url is not None:
                yield entry.url


def _unsigned(url: str) -> str:
    """Return a link without its signature, which identifies the file."""
    path, _, query = url.partition("?")
    return "?".join([path, *(part for part in query.split("&") if part.partition("=")[0] not in _SIGNATURE)])


def _url(file: DownloadFile | IndexFile | str) -> str:
    url = file if isinstance(file, str) else file.url
    if url is None:
        raise InvalidRequestError(f"the file has no URL: {file!r}")
    return url


def _target(file: DownloadFile | IndexFile | str, to: str | os.PathLike[str] | IO[bytes]) -> Path | IO[bytes]:
    if not isinstance(to, str | os.PathLike):
        return to
    path = Path(to)
    if not path.is_dir():
        return path
    if not isinstance(file, DownloadFile):
        raise InvalidRequestError(f"to is the folder {path}, and the file has no name: pass a full path")
    return path_in(path, file.alias)
