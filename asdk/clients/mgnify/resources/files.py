"""``client.files``: the files that records have. They lie on a file host, which wants no token and gets none."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.mgnify.models import DownloadFile, IndexFile
from asdk.errors import InvalidRequestError
from asdk.options import CallOptions
from asdk.resources import Resource
from asdk.response import Response

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify


class Files(Resource["MGnify"]):
    """Files of studies, analyses, genomes and catalogues. The link to a private one opens it by itself, for an hour."""

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
        """
        async with self._client.stream("GET", _url(file), authenticate=False, **options) as response:
            yield response


def _url(file: DownloadFile | IndexFile | str) -> str:
    url = file if isinstance(file, str) else file.url
    if url is None:
        raise InvalidRequestError(f"the file has no URL: {file!r}")
    return url
