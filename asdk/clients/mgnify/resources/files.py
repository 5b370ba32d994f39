"""``client.files``: the files that records have. They lie on a file host, which wants no token and gets none."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.bodies import ProgressCallback
from asdk.clients.mgnify.models import DownloadFile, IndexFile
from asdk.errors import InvalidRequestError
from asdk.options import CallOptions
from asdk.resources import Resource
from asdk.response import Response

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify
    from asdk.files import Downloaded


class Files(Resource["MGnify"]):
    """Files of studies, analyses, genomes and catalogues. The link to a private one opens it by itself, for an hour."""

    async def download(
        self,
        file: DownloadFile | IndexFile | str,
        to: str | os.PathLike[str],
        *,
        progress: ProgressCallback | None = None,
        resume: bool = True,
        **options: Unpack[CallOptions],
    ) -> Downloaded:
        """Download a file to the disk. It gets its name when all of it is there; a broken download goes on.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            to: the path of the file; or a folder that is there, where an entry of ``downloads`` is named by its alias.
                A file that is there is replaced.
            progress: called with the bytes on the disk and the size of the file, None if the server tells none.
            resume: False to throw away what an earlier download of the same URL left.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Path and size, and how much of it an earlier download had left. The bytes are as they are stored: a ``.gz``
            stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again.
            NotFoundError: there is no such file.
            InvalidRequestError: the entry has no URL, or the file cannot be written.
            IntegrityError: the length is not what was announced.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        return await self._client.download(
            _url(file), to=_target(file, to), progress=progress, resume=resume, authenticate=False, **options
        )

    async def read(self, file: DownloadFile | IndexFile | str, **options: Unpack[CallOptions]) -> bytes:
        """Fetch a file whole, into memory.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The bytes as they are stored: a ``.gz`` stays compressed.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again.
            NotFoundError: there is no such file.
            InvalidRequestError: the entry has no URL.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        async with self.stream(file, **options) as response:
            return await response.read()

    @asynccontextmanager
    async def stream(
        self, file: DownloadFile | IndexFile | str, **options: Unpack[CallOptions]
    ) -> AsyncGenerator[Response, None]:
        """Open a file for ``async with``; its bytes come as they are read.

        Args:
            file: an entry of ``downloads``, one of its ``index_files``, or a URL.
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: the link to a private file has run out: fetch the record again.
            NotFoundError: there is no such file.
            InvalidRequestError: the entry has no URL.

        Source: MGnify API v2, the ``url`` of an entry of ``downloads``.
        """
        async with self._client.stream("GET", _url(file), authenticate=False, **options) as response:
            yield response


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
