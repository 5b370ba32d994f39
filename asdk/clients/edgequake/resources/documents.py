"""``client.documents``: text and files in, and what becomes of them. All of it is within the workspace of the call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.bodies import FileTypes
from asdk.clients.edgequake.models import (
    DeletedDocument,
    DeletedDocuments,
    DocumentCounts,
    DocumentDetail,
    DocumentSummary,
    TrackStatus,
    UploadedDocument,
    UploadedFile,
)
from asdk.encoding import encode_json
from asdk.options import CallOptions, without_none
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="documents", total="total")


class Documents(Resource["EdgeQuake"]):
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
            json=without_none(
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
