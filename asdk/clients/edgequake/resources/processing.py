"""What becomes of documents once they are there: processed again, read again, followed to where their parts went.

The base of `Documents`, where a caller finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    DeletionImpact,
    DocumentLineage,
    FailedChunks,
    ReanalyzedDocument,
    RecoveredDocuments,
    ReprocessedDocuments,
    RetriedChunks,
)
from asdk.http.options import CallOptions, omit_none
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class DocumentProcessing(Resource["EdgeQuake"]):
    """The part of ``client.documents`` that comes after the upload."""

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
        """Process documents again that failed.

        Args:
            document_id: this document only.
            track_id: those of this track only.
            max_documents: how many at most.
            force: also those that did not fail.
            mode: how; the server's names.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Which ones; `Documents.track` and `Documents.wait` take its ``track_id``.

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
        """Process documents again that have hung.

        Args:
            document_ids: these only.
            max_documents: how many at most.
            stuck_threshold_minutes: in processing for so long at least.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Which ones; `Documents.track` and `Documents.wait` take its ``track_id``.

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
        """Ask what deleting a document would take away.

        Args:
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
        """Fetch the chunks of a document that could not be processed.

        Args:
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
        """Process chunks again that failed.

        Args:
            document_id: its id, a UUID.
            chunk_indices: these only.
            force: also those that did not fail.
            max_retries: how often at most.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.
            ServerError: 501: the server cannot do this yet.

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
        """Read the pictures, tables and equations of a document again, without reading the file again.

        Args:
            document_id: its id, a UUID.
            process_options: which of them, ``"i"`` for pictures, ``"t"`` for tables, ``"e"`` for equations, such as
                ``"ite"``; left out, as at the upload.
            reindex: whether to process the text again afterwards; left out, the server does.
            options: what this call does differently, see `CallOptions`.

        Returns:
            How many were read; `Documents.track` and `Documents.wait` take its ``track_id``, if it has one.

        Raises:
            NotFoundError: the workspace has no such document.
            UnprocessableError: they cannot be read.

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
        """Fetch where the parts of a document went.

        Args:
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
        """Fetch what a document was uploaded with, and what the server notes about it.

        Args:
            document_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such document.

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
        """Fetch where the parts of a document went, as a file.

        Args:
            document_id: its id, a UUID.
            format: of the file.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The bytes of the file.

        Raises:
            NotFoundError: the workspace has no such document.

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
