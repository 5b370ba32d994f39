"""``client.documents``: text and files in, and what becomes of them. All of it is within the workspace of the call."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from typing_extensions import Unpack

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
from asdk.clients.edgequake.waiting import poll
from asdk.http.bodies import FileTypes
from asdk.http.options import CallOptions, omit_none
from asdk.models.encoding import encode_json
from asdk.pagination import PageNumbers, Paginator

_PAGES = PageNumbers(items="documents", total="total")

# So often a track is seen without documents before that is believed: for some four seconds.
_EMPTY_LOOKS = 6


class Documents(DocumentProcessing):
    """The documents of a workspace."""

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
            content: the text, not empty.
            title: what to call it.
            metadata: any JSON object to keep with it.
            async_processing: answer before it is processed.
            track_id: an id of your own to follow it by, which several uploads may share; left out, the server makes
                one.
            enable_gleaning: go over each chunk again for entities that were missed.
            max_gleaning: how often at most.
            use_llm_summarization: let the language model join the descriptions of an entity.
            chunk_strategy: how the text is cut; the server's names.
            chunk_options: settings of that strategy.
            options: what this call does differently, see `CallOptions`. With an ``idempotency_key`` it is repeated
                after every failure that may pass: the server takes the same text in once.

        Returns:
            Its id and status, and the ``track_id`` that `track` takes. The status is ``duplicate_processing`` where
            the workspace has this text already, and ``duplicate_of`` names it.

        Raises:
            BadRequestError: the text is empty, or a value is refused.
            StatusError: 413: it is too large.

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
            file: a path, bytes, or an open binary file, which is sent from where it stands; with its name as
                ``("notes.md", b"...")``, with its media type as ``("notes.md", b"...", "text/markdown")``. The name
                becomes the title.
            metadata: any JSON object to keep with it.
            options: what this call does differently, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            Its id, size and status; ``is_duplicate`` where the workspace has these bytes already.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: the server cannot read it as a document.
            ConflictError: it is there already, on servers that refuse it.
            StatusError: 413: it is too large.

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
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
        """Delete the documents of the workspace. Some may be skipped, such as those that are being processed.

        Args:
            options: what this call does differently, see `CallOptions`.

        Returns:
            How much is gone, and the ids of what was skipped.

        Source: EdgeQuake API, ``DELETE /api/v1/documents``.
        """
        return await self._client.request("DELETE", "/api/v1/documents", model=DeletedDocuments, **options)

    async def track(self, track_id: str, **options: Unpack[CallOptions]) -> TrackStatus:
        """Ask how far the documents of an upload are.

        Args:
            track_id: of the upload, such as ``"upload_20260101120000_1a2b3c4d"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such track.

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
        timeout: float | None = 600.0,  # noqa: ASYNC109 - counted by the client's clock
        on_progress: Callable[[TrackStatus], object] | None = None,
    ) -> TrackStatus:
        """Wait until the documents of an upload are processed.

        The server is asked at growing intervals, from a quarter of a second to ten. What else a call may do
        differently goes by ``client.with_options(...).documents.wait(...)``.

        Args:
            track_id: of the upload, or of whatever else gives one, such as `scan` and ``pdf.upload``.
            timeout: seconds to wait in all; None for as long as it takes.
            on_progress: called with each reply of the server, the last one too.

        Returns:
            The track with its documents, each ``completed`` or ``partial_failure``.

        Raises:
            ProcessingError: documents failed, or were given up; ``failed`` names them.
            ProcessingTimeoutError: they are not processed in time; ``track`` says how far they are.
            NotFoundError: the workspace has no such track.

        Source: EdgeQuake API, ``GET /api/v1/documents/track/{track_id}``.
        """
        request = self._client.build_request("GET", "/")  # knows the client's clock and limits
        empty_looks = itertools.count(1)
        track = await poll(
            lambda limit: self.track(track_id, timeout=limit),
            # An empty track is complete too, also before the server has entered the documents.
            lambda seen: seen.is_complete and (bool(seen.documents) or next(empty_looks) >= _EMPTY_LOOKS),
            clock=request.clock,
            per_call=request.options.timeout,
            seconds=timeout,
            expired=lambda seen: ProcessingTimeoutError(track_id, timeout or 0.0, seen),
            on_progress=on_progress,
        )
        if any(map(is_lost, track.documents)):
            raise ProcessingError(track)
        return track

    async def upload_batch(self, files: Iterable[FileTypes], **options: Unpack[CallOptions]) -> BatchUpload:
        """Upload several files in one request.

        Args:
            files: each as for `upload_file`.
            options: what this call does differently, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            What became of each, in their order: one that is refused does not keep the others out.

        Raises:
            InvalidRequestError: a file cannot be read, or was opened in text mode.
            BadRequestError: there are none.

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
            query: what the titles must hold; left out, the newest.
            page_size: how many to bring, 100 at most.
            status: of `DocumentStatus`, such as ``"completed"``.
            options: what this call does differently, see `CallOptions`.

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
        """Take in the files of a directory of the server.

        Args:
            path: the directory, as the server sees it.
            recursive: also those below it.
            extensions: such as ``[".md", ".txt"]``; left out, the server's choice.
            max_files: how many at most.
            async_processing: answer before they are processed.
            track_id: an id of your own to follow them by.
            options: what this call does differently, see `CallOptions`.

        Returns:
            What was found; `track` and `wait` take its ``track_id``.

        Raises:
            BadRequestError: it is no directory.
            PermissionDeniedError: the server may not read it, or will not.
            NotFoundError: it is not there.

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
            status: of `DocumentStatus`, such as ``"failed"``.
            date_from: created on this day or at this moment, or later; a datetime needs a time zone.
            date_to: created on this day or at this moment, or before.
            document_pattern: with this in the title or file name.
            options: what this call does differently, see `CallOptions`.

        Returns:
            ``total``: how many fit the filters; ``status_counts``: how many of each status the workspace has.

        Raises:
            BadRequestError: a filter is refused.

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
        """All documents of the workspace, or those that fit the filters.

        Args:
            status: of `DocumentStatus`, such as ``"failed"``.
            date_from: created on this day or at this moment, or later; a datetime needs a time zone.
            date_to: created on this day or at this moment, or before.
            document_pattern: with this in the title or file name.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            BadRequestError: at the first page: a filter is refused.

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
