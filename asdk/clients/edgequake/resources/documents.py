"""``client.documents``: uploads and documents in the workspace of the call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from typing_extensions import Unpack

from asdk import CallOptions, omit_none
from asdk.client import poll
from asdk.clients.edgequake.errors import ProcessingError, ProcessingTimeoutError, is_lost
from asdk.clients.edgequake.models import (
    BatchUpload,
    DeletedDocument,
    DeletedDocuments,
    DocumentCounts,
    DocumentDetail,
    DocumentSummary,
    FoundDocuments,
    ScanResult,
    TrackStatus,
    UploadedDocument,
    UploadedFile,
)
from asdk.clients.edgequake.resources.processing import DocumentProcessing
from asdk.http import FileTypes
from asdk.models import encode_json
from asdk.pagination import PageNumbers, Paginator

_PAGES = PageNumbers(items="documents", total="total")

# The number of times a track may be empty before `wait` accepts that it is; about four seconds.
_EMPTY_LOOKS = 6

# Most texts are processed within a second; a caller that waits for minutes can wait ten seconds more.
_FIRST_INTERVAL, _LONGEST_INTERVAL, _INTERVAL_GROWTH = 0.25, 10.0, 1.6


class Documents(DocumentProcessing):
    """Documents of a workspace."""

    async def upload(
        self,
        content: str,
        *,
        title: str | None = None,
        metadata: Mapping[str, object] | None = None,
        async_processing: bool | None = None,
        track_id: str | None = None,
        enable_gleaning: bool | None = None,
        max_gleaning: int | None = None,
        use_llm_summarization: bool | None = None,
        chunk_strategy: str | None = None,
        chunk_options: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> UploadedDocument:
        """Upload a text.

        Args:
            content: the text, which must not be empty.
            title: the title of the document.
            metadata: any JSON object to store with it.
            async_processing: return before processing is complete.
            track_id: a custom id to track the upload, which several uploads can share; by default the server
                generates one.
            enable_gleaning: process each chunk again to find missed entities.
            max_gleaning: the maximum number of these passes.
            use_llm_summarization: merge the descriptions of an entity with the language model.
            chunk_strategy: the way to split the text, by the server's names.
            chunk_options: the settings of the strategy.
            options: per-call options, see `CallOptions`. With an ``idempotency_key`` the call is retried
                after every transient failure: the server stores the same text once.

        Returns:
            Id, status and the ``track_id`` for `track`. The status is ``duplicate_processing`` if the workspace
            already contains this text; ``duplicate_of`` is the id of the existing document.

        Raises:
            BadRequestError: the text is empty, or a value is rejected.
            StatusError: 413: the upload is too large.

        Source: EdgeQuake API, ``POST /api/v1/documents``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents",
            json=omit_none(
                content=content,
                title=title,
                metadata=metadata,
                async_processing=async_processing,
                track_id=track_id,
                enable_gleaning=enable_gleaning,
                max_gleaning=max_gleaning,
                use_llm_summarization=use_llm_summarization,
                chunk_strategy=chunk_strategy,
                chunk_options=chunk_options,
            ),
            model=UploadedDocument,
            **options,
        )

    async def upload_file(
        self, file: FileTypes, *, metadata: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> UploadedFile:
        """Upload a file.

        Args:
            file: a path, bytes, or an open binary file, which is sent from its current position. Pass a name as
                ``("notes.md", b"...")`` and a media type as ``("notes.md", b"...", "text/markdown")``. The name
                becomes the title.
            metadata: any JSON object to store with it.
            options: per-call options, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            Id, size and status; ``is_duplicate`` is true if the workspace already contains these bytes.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: the server cannot read the file as a document.
            ConflictError: the file already exists, on servers that reject duplicates.
            StatusError: 413: the upload is too large.

        Source: EdgeQuake API, ``POST /api/v1/documents/upload``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/upload",
            form={"metadata": None if metadata is None else encode_json(metadata).decode()},
            files={"file": file},
            model=UploadedFile,
            **options,
        )

    async def get(self, document_id: str, **options: Unpack[CallOptions]) -> DocumentDetail:
        """Fetch one document with its content.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/{document_id}",
            path_params={"document_id": document_id},
            model=DocumentDetail,
            **options,
        )

    async def delete(self, document_id: str, **options: Unpack[CallOptions]) -> DeletedDocument:
        """Delete one document with its chunks and its part of the graph.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``DELETE /api/v1/documents/{document_id}``.
        """
        return await self._client.request(
            "DELETE",
            "/api/v1/documents/{document_id}",
            path_params={"document_id": document_id},
            model=DeletedDocument,
            **options,
        )

    async def delete_all(self, **options: Unpack[CallOptions]) -> DeletedDocuments:
        """Delete all documents of the workspace. Documents that are being processed are skipped.

        Args:
            options: per-call options, see `CallOptions`.

        Returns:
            The counts of deleted items, and the ids of the skipped documents.

        Source: EdgeQuake API, ``DELETE /api/v1/documents``.
        """
        return await self._client.request("DELETE", "/api/v1/documents", model=DeletedDocuments, **options)

    async def track(self, track_id: str, **options: Unpack[CallOptions]) -> TrackStatus:
        """Fetch the processing status of the documents of an upload.

        Args:
            track_id: the track id of the upload, such as ``"upload_20260101120000_1a2b3c4d"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the track.

        Source: EdgeQuake API, ``GET /api/v1/documents/track/{track_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/track/{track_id}",
            path_params={"track_id": track_id},
            model=TrackStatus,
            **options,
        )

    async def wait(
        self,
        track_id: str,
        *,
        timeout: float | None = 600.0,  # noqa: ASYNC109 - measured by the client's clock
        on_progress: Callable[[TrackStatus], object] | None = None,
    ) -> TrackStatus:
        """Wait until the documents of an upload are processed.

        The server is polled at growing intervals, from a quarter of a second to ten seconds. To set other options, use
        ``client.with_options(...).documents.wait(...)``.

        Args:
            track_id: the track id of an upload or of another operation, such as `scan` and ``pdf.upload``.
            timeout: the total time to wait, in seconds; None to wait without limit.
            on_progress: a function that is called with each response of the server, including the last one.

        Returns:
            The track with its documents, each ``completed`` or ``partial_failure``.

        Raises:
            ProcessingError: documents failed or were cancelled; ``failed`` contains them.
            ProcessingTimeoutError: processing did not complete in time; ``track`` is the last status.
            NotFoundError: the workspace does not contain the track.

        Source: EdgeQuake API, ``GET /api/v1/documents/track/{track_id}``.
        """
        request = self._client.build_request("GET", "/")  # carries the client's clock and limits
        empty_looks = itertools.count(1)
        track = await poll(
            lambda limit: self.track(track_id, timeout=limit),
            # An empty track is complete too, even before the server has added the documents.
            lambda seen: seen.is_complete and (bool(seen.documents) or next(empty_looks) >= _EMPTY_LOOKS),
            clock=request.clock,
            timeout=timeout,
            check_timeout=request.options.timeout,
            interval=_FIRST_INTERVAL,
            longest_interval=_LONGEST_INTERVAL,
            growth=_INTERVAL_GROWTH,
            timeout_error=lambda seen: ProcessingTimeoutError(track_id, timeout or 0.0, seen),
            on_progress=on_progress,
        )
        if any(map(is_lost, track.documents)):
            raise ProcessingError(track)
        return track

    async def upload_batch(self, files: Iterable[FileTypes], **options: Unpack[CallOptions]) -> BatchUpload:
        """Upload several files in one request.

        Args:
            files: the files, each as for `upload_file`.
            options: per-call options, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            A result for each file, in order. A rejected file does not affect the others.

        Raises:
            InvalidRequestError: a file cannot be read, or was opened in text mode.
            BadRequestError: the list of files is empty.

        Source: EdgeQuake API, ``POST /api/v1/documents/upload/batch``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/upload/batch",
            files=[("files", file) for file in files],
            model=BatchUpload,
            **options,
        )

    async def search(
        self,
        *,
        query: str | None = None,
        page_size: int | None = None,
        status: str | None = None,
        **options: Unpack[CallOptions],
    ) -> FoundDocuments:
        """Search for documents by title.

        Args:
            query: text that the titles contain; by default the newest documents.
            page_size: the number of documents to return, at most 100.
            status: only documents with this status, from `DocumentStatus`, such as ``"completed"``.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/documents/search``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/search",
            params={"q": query, "page_size": page_size, "status": status},
            model=FoundDocuments,
            **options,
        )

    async def scan(
        self,
        path: str,
        *,
        recursive: bool | None = None,
        extensions: Sequence[str] | None = None,
        max_files: int | None = None,
        async_processing: bool | None = None,
        track_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ScanResult:
        """Import the files of a directory on the server.

        Args:
            path: the path of the directory on the server.
            recursive: include subdirectories.
            extensions: the file extensions, such as ``[".md", ".txt"]``; by default the server's choice.
            max_files: the maximum number of files.
            async_processing: return before processing is complete.
            track_id: a custom id to track the files.
            options: per-call options, see `CallOptions`.

        Returns:
            The files found; `track` and `wait` accept the ``track_id``.

        Raises:
            BadRequestError: the path is not a directory.
            PermissionDeniedError: the server cannot or may not read the directory.
            NotFoundError: the directory does not exist.

        Source: EdgeQuake API, ``POST /api/v1/documents/scan``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/scan",
            json=omit_none(
                path=path,
                recursive=recursive,
                extensions=extensions,
                max_files=max_files,
                async_processing=async_processing,
                track_id=track_id,
            ),
            model=ScanResult,
            **options,
        )

    async def count(
        self,
        *,
        status: str | None = None,
        date_from: date | str | None = None,
        date_to: date | str | None = None,
        document_pattern: str | None = None,
        **options: Unpack[CallOptions],
    ) -> DocumentCounts:
        """Count the documents of the workspace.

        Args:
            status: only documents with this status, from `DocumentStatus`, such as ``"failed"``.
            date_from: created on or after this day or time; a datetime needs a time zone.
            date_to: created on or before this day or time.
            document_pattern: text that the title or file name contains.
            options: per-call options, see `CallOptions`.

        Returns:
            ``total``, the number of matching documents, and ``status_counts``, the counts of the whole workspace.

        Raises:
            BadRequestError: a filter is rejected.

        Source: EdgeQuake API, ``GET /api/v1/documents``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents",
            params={
                "status": status,
                "date_from": date_from,
                "date_to": date_to,
                "document_pattern": document_pattern,
                "page_size": 1,
            },
            model=DocumentCounts,
            **options,
        )

    def list(
        self,
        *,
        status: str | None = None,
        date_from: date | str | None = None,
        date_to: date | str | None = None,
        document_pattern: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[DocumentSummary]:
        """List the workspace's documents, optionally filtered.

        Args:
            status: only documents with this status, from `DocumentStatus`, such as ``"failed"``.
            date_from: created on or after this day or time; a datetime needs a time zone.
            date_to: created on or before this day or time.
            document_pattern: text that the title or file name contains.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: on the first page: a filter is rejected.

        Source: EdgeQuake API, ``GET /api/v1/documents``.
        """
        return self._client.paginate(
            "/api/v1/documents",
            params={
                "status": status,
                "date_from": date_from,
                "date_to": date_to,
                "document_pattern": document_pattern,
                "page_size": page_size,
            },
            model=DocumentSummary,
            strategy=_PAGES,
            **options,
        )
