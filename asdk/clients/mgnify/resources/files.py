"""``client.files``: the files that records have. They lie on a file host, which wants no token and gets none."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from typing_extensions import Unpack

from asdk.clients.mgnify.models import DownloadFile, IndexFile
from asdk.errors import InvalidRequestError, PermissionDeniedError
from asdk.http.bodies import ProgressCallback
from asdk.http.options import CallOptions
from asdk.http.response import Response
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify
    from asdk.progress import ProgressDisplay
    from asdk.transfers.download import DownloadResult

T = TypeVar("T")

# What in the query of a link opens a private file.
_SIGNATURE = ("", "expires", "token")


class HasFiles(Protocol):
    """A record with files: the detail of a study, an analysis, a genome, or a catalogue."""

    @property
    def downloads(self) -> Sequence[DownloadFile] | None: ...


class Files(Resource["MGnify"]):
    """Files of studies, analyses, genomes and catalogues.

    The link to a private one opens it by itself, for an hour. ``refresh=`` says how to have the record fetched again
    after that, as in ``refresh=lambda: mgnify.studies.get(accession)``: the file's new link is then taken from there.
    """

    async def download(
        self,
        file: DownloadFile | IndexFile | str,
        to: str | os.PathLike[str],
        *,
        refresh: Callable[[], Awaitable[HasFiles]] | None = None,
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        **options: Unpack[CallOptions],
    ) -> DownloadResult:
        """Download a file to the disk. It gets its name when all of it is there; a broken download goes on.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            to: the path of the file; or a folder that is there, where an entry of ``downloads`` is named by its alias.
                A file that is there is replaced.
            refresh: fetches the record again if the link has run out, see `Files`; the download goes on from where it
                is.
            progress: called with the bytes on the disk and the size of the file, None if the server tells none; or a
                display of `asdk.progress`.
            resume: False to throw away what an earlier download of the same file left.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Path and size, and how much of it an earlier download had left. The bytes are as they are stored: a ``.gz``
            stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again, or pass ``refresh``.
            NotFoundError: there is no such file.
            InvalidRequestError: the entry has no URL, or the file cannot be written.
            IntegrityError: the length is not what was announced.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        target, url = _target(file, to), _url(file)

        async def fetch(link: str) -> DownloadResult:
            return await self._client.download(
                link,
                to=target,
                progress=progress,
                resume=resume,
                source=_place(link),
                authenticate=False,
                **options,
            )

        return await _with_good_link(url, refresh, fetch)

    async def read(
        self,
        file: DownloadFile | IndexFile | str,
        *,
        refresh: Callable[[], Awaitable[HasFiles]] | None = None,
        **options: Unpack[CallOptions],
    ) -> bytes:
        """Fetch a file whole, into memory.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            refresh: fetches the record again if the link has run out, see `Files`.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The bytes as they are stored: a ``.gz`` stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again, or pass ``refresh``.
            NotFoundError: there is no such file.
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
        """Open a file for ``async with``; its bytes come as they are read.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            refresh: fetches the record again if the link has run out, see `Files`.
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again, or pass ``refresh``.
            NotFoundError: there is no such file.
            InvalidRequestError: the entry has no URL.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        async with AsyncExitStack() as stack:

            async def open_file(link: str) -> Response:
                return await stack.enter_async_context(self._client.stream("GET", link, authenticate=False, **options))

            yield await _with_good_link(_url(file), refresh, open_file)


async def _with_good_link(
    url: str, refresh: Callable[[], Awaitable[HasFiles]] | None, use: Callable[[str], Awaitable[T]]
) -> T:
    """Use a link, and if it is refused the one that the record has now."""
    try:
        return await use(url)
    except PermissionDeniedError as error:
        if refresh is None:
            error.hint = "the link to a private file is good for an hour: fetch its record again, or pass refresh="
            raise
    links = [link for link in _links(await refresh()) if _place(link) == _place(url)]
    if not links:
        raise InvalidRequestError("the record that refresh= fetched has no such file")
    return await use(links[0])


def _links(record: HasFiles) -> Iterator[str]:
    for file in record.downloads or ():
        for entry in (file, *(file.index_files or ())):
            if entry.url is not None:
                yield entry.url


def _place(url: str) -> str:
    """Where a file lies: a link without its signature."""
    path, _, query = url.partition("?")
    return "?".join([path, *(part for part in query.split("&") if part.partition("=")[0] not in _SIGNATURE)])


def _url(file: DownloadFile | IndexFile | str) -> str:
    url = file if isinstance(file, str) else file.url
    if url is None:
        raise InvalidRequestError(f"the file has no URL: {file!r}")
    return url


def _target(file: DownloadFile | IndexFile | str, to: str | os.PathLike[str]) -> Path:
    path = Path(to)
    if not path.is_dir():
        return path
    # The alias is the server's word: what is more than a plain name must not lead out of the folder.
    if not isinstance(file, DownloadFile) or Path(file.alias).name != file.alias:
        raise InvalidRequestError(f"{path} is a folder, and the file has no name to get there: give a whole path")
    return path / file.alias
