"""Operations on uploaded documents: processing again, analyzing again and lineage.

The base class of `Documents`, which is what callers use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import (
    DeletionImpact,
    DocumentLineage,
    FailedChunks,
    ReanalyzedDocument,
    RecoveredDocuments,
    ReprocessedDocuments,
    RetriedChunks,
)

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class DocumentProcessing(Resource["EdgeQuake"]):
    """Operations of ``client.documents`` after the upload."""

    async def reprocess_failed(
        self,
        *,
        document_id: str | None = None,
        track_id: str | None = None,
        max_documents: int | None = None,
        force: bool | None = None,
        mode: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ReprocessedDocuments:
        """Process failed documents again.

        Args:
            document_id: only this document.
            track_id: only documents of this track.
            max_documents: the maximum number of documents.
            force: include documents that did not fail.
            mode: the processing mode, by the server's names.
            options: per-call options, see `CallOptions`.

        Returns:
            The documents; `Documents.track` and `Documents.wait` accept the ``track_id``.

        Source: EdgeQuake API, ``POST /api/v1/documents/reprocess``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/reprocess",
            json=omit_none(
                document_id=document_id, track_id=track_id, max_documents=max_documents, force=force, mode=mode
            ),
            model=ReprocessedDocuments,
            **options,
        )

    async def recover_stuck(
        self,
        *,
        document_ids: Sequence[str] | None = None,
        max_documents: int | None = None,
        stuck_threshold_minutes: int | None = None,
        **options: Unpack[CallOptions],
    ) -> RecoveredDocuments:
        """Process stuck documents again.

        Args:
            document_ids: only these documents.
            max_documents: the maximum number of documents.
            stuck_threshold_minutes: the minimum time in processing, in minutes.
            options: per-call options, see `CallOptions`.

        Returns:
            The documents; `Documents.track` and `Documents.wait` accept the ``track_id``.

        Source: EdgeQuake API, ``POST /api/v1/documents/recover-stuck``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/recover-stuck",
            json=omit_none(
                document_ids=document_ids, max_documents=max_documents, stuck_threshold_minutes=stuck_threshold_minutes
            ),
            model=RecoveredDocuments,
            **options,
        )

    async def deletion_impact(self, document_id: str, **options: Unpack[CallOptions]) -> DeletionImpact:
        """Preview the effects of deleting a document.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}/deletion-impact``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/{document_id}/deletion-impact",
            path_params={"document_id": document_id},
            model=DeletionImpact,
            **options,
        )

    async def failed_chunks(self, document_id: str, **options: Unpack[CallOptions]) -> FailedChunks:
        """Fetch the failed chunks of a document.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}/failed-chunks``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/{document_id}/failed-chunks",
            path_params={"document_id": document_id},
            model=FailedChunks,
            **options,
        )

    async def retry_chunks(
        self,
        document_id: str,
        *,
        chunk_indices: Sequence[int] | None = None,
        force: bool | None = None,
        max_retries: int | None = None,
        **options: Unpack[CallOptions],
    ) -> RetriedChunks:
        """Process failed chunks again.

        Args:
            document_id: the id of the document, a UUID.
            chunk_indices: only these chunks.
            force: include documents that did not fail.
            max_retries: the maximum number of retries.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.
            ServerError: 501: the server does not support this yet.

        Source: EdgeQuake API, ``POST /api/v1/documents/{document_id}/retry-chunks``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/{document_id}/retry-chunks",
            path_params={"document_id": document_id},
            json=omit_none(chunk_indices=chunk_indices, force=force, max_retries=max_retries),
            model=RetriedChunks,
            **options,
        )

    async def reanalyze(
        self,
        document_id: str,
        *,
        process_options: str | None = None,
        reindex: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> ReanalyzedDocument:
        """Analyze the images, tables and equations of a document again, without parsing the file again.

        Args:
            document_id: the id of the document, a UUID.
            process_options: the kinds to analyze, ``"i"`` for images, ``"t"`` for tables, ``"e"`` for equations, as in
                ``"ite"``; by default as for the upload.
            reindex: whether to process the text again afterwards; the server's default is True.
            options: per-call options, see `CallOptions`.

        Returns:
            The counts; `Documents.track` and `Documents.wait` accept the ``track_id``, if present.

        Raises:
            NotFoundError: the workspace does not contain the document.
            UnprocessableError: the items cannot be analyzed.

        Source: EdgeQuake API, ``POST /api/v1/documents/{document_id}/reanalyze``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/{document_id}/reanalyze",
            path_params={"document_id": document_id},
            json=omit_none(process_options=process_options, reindex=reindex),
            model=ReanalyzedDocument,
            **options,
        )

    async def lineage(self, document_id: str, **options: Unpack[CallOptions]) -> DocumentLineage:
        """Fetch the lineage of a document.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}/lineage``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/{document_id}/lineage",
            path_params={"document_id": document_id},
            model=DocumentLineage,
            **options,
        )

    async def metadata(self, document_id: str, **options: Unpack[CallOptions]) -> dict[str, Any]:
        """Fetch the metadata and the lineage of a document.

        Args:
            document_id: the id of the document, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}/metadata``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/{document_id}/metadata",
            path_params={"document_id": document_id},
            model=dict[str, Any],
            **options,
        )

    async def export_lineage(
        self, document_id: str, *, format: Literal["json", "csv"] = "json", **options: Unpack[CallOptions]
    ) -> bytes:
        """Export the lineage of a document as a file.

        Args:
            document_id: the id of the document, a UUID.
            format: the format of the file.
            options: per-call options, see `CallOptions`.

        Returns:
            The bytes of the file.

        Raises:
            NotFoundError: the workspace does not contain the document.

        Source: EdgeQuake API, ``GET /api/v1/documents/{document_id}/lineage/export``.
        """
        async with self._client.stream(
            "GET",
            "/api/v1/documents/{document_id}/lineage/export",
            path_params={"document_id": document_id},
            params={"format": format},
            **options,
        ) as response:
            return await response.read()
