"""``client.pdf``: PDF files and their text in the workspace of the call."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, EventStream, Resource
from asdk.clients.edgequake.models import (
    PdfBatchUpload,
    PdfContent,
    PdfDetail,
    PdfOperation,
    PdfProgress,
    PdfSummary,
    UploadedPdf,
)
from asdk.http import FileTypes, ProgressCallback
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.client import ProgressDisplay
    from asdk.clients.edgequake.client import EdgeQuake
    from asdk.transfers import DownloadResult

_PAGES = PageNumbers(items="items", total="pagination.total_count")


class Pdf(Resource["EdgeQuake"]):
    """PDF files of a workspace."""

    async def get(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfDetail:
        """Fetch the processing status of a PDF.

        Args:
            pdf_id: the id of the PDF, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the PDF.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/{pdf_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/documents/pdf/{pdf_id}", path_params={"pdf_id": pdf_id}, model=PdfDetail, **options
        )

    async def delete(self, pdf_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a PDF and the document created from it.

        Args:
            pdf_id: the id of the PDF, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the PDF.

        Source: EdgeQuake API, ``DELETE /api/v1/documents/pdf/{pdf_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/documents/pdf/{pdf_id}", path_params={"pdf_id": pdf_id}, model=None, **options
        )

    async def content(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfContent:
        """Fetch the text extracted from a PDF.

        Args:
            pdf_id: the id of the PDF, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the PDF.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/{pdf_id}/content``.
        """
        return await self._client.request(
            "GET", "/api/v1/documents/pdf/{pdf_id}/content", path_params={"pdf_id": pdf_id}, model=PdfContent, **options
        )

    async def progress(self, track_id: str, **options: Unpack[CallOptions]) -> PdfProgress:
        """Fetch the progress of an upload by phase.

        Args:
            track_id: the track id of the upload.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the track.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/progress/{track_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/documents/pdf/progress/{track_id}",
            path_params={"track_id": track_id},
            model=PdfProgress,
            **options,
        )

    async def retry(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfOperation:
        """Process a failed or cancelled PDF again.

        Args:
            pdf_id: the id of the PDF, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the PDF.
            ConflictError: the PDF is being processed or is already complete.

        Source: EdgeQuake API, ``POST /api/v1/documents/pdf/{pdf_id}/retry``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/pdf/{pdf_id}/retry",
            path_params={"pdf_id": pdf_id},
            model=PdfOperation,
            **options,
        )

    async def cancel(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfOperation:
        """Cancel the processing of a PDF.

        Args:
            pdf_id: the id of the PDF, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the PDF.
            ConflictError: the PDF is already processed.

        Source: EdgeQuake API, ``DELETE /api/v1/documents/pdf/{pdf_id}/cancel``.
        """
        return await self._client.request(
            "DELETE",
            "/api/v1/documents/pdf/{pdf_id}/cancel",
            path_params={"pdf_id": pdf_id},
            model=PdfOperation,
            **options,
        )

    async def upload(
        self,
        file: FileTypes,
        *,
        title: str | None = None,
        enable_vision: bool | None = None,
        vision_provider: str | None = None,
        vision_model: str | None = None,
        track_id: str | None = None,
        force_reindex: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> UploadedPdf:
        """Upload a PDF.

        Args:
            file: a path, bytes, or an open binary file, which is sent from its current position. Pass a name as
                ``("report.pdf", b"...")``.
            title: the title of the document.
            enable_vision: read its pages with a vision model.
            vision_provider: the provider of the vision model.
            vision_model: the vision model.
            track_id: a custom id to track the upload.
            force_reindex: process the PDF again if it already exists.
            options: per-call options, see `CallOptions`. With an ``idempotency_key`` the call is retried
                after every transient failure: the server stores the same bytes once.

        Returns:
            Ids and status. ``documents.wait`` and `progress` accept the ``track_id``.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: the file is not a PDF.
            ConflictError: the file already exists, on servers that reject duplicates.
            StatusError: 413: the upload is too large.

        Source: EdgeQuake API, ``POST /api/v1/documents/pdf``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/pdf",
            form={
                "enable_vision": enable_vision,
                "vision_provider": vision_provider,
                "vision_model": vision_model,
                "title": title,
                "track_id": track_id,
                "force_reindex": force_reindex,
            },
            files={"file": file},
            model=UploadedPdf,
            **options,
        )

    async def upload_batch(
        self,
        files: Iterable[FileTypes],
        *,
        enable_vision: bool | None = None,
        vision_provider: str | None = None,
        vision_model: str | None = None,
        track_id: str | None = None,
        force_reindex: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> PdfBatchUpload:
        """Upload several PDF files in one request.

        Args:
            files: the files, each as for `upload`.
            enable_vision: read their pages with a vision model.
            vision_provider: the provider of the vision model.
            vision_model: the vision model.
            track_id: a custom id to track the files.
            force_reindex: process existing PDF files again.
            options: per-call options, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            A result for each file, in order. A rejected file does not affect the others.

        Raises:
            InvalidRequestError: a file cannot be read, or was opened in text mode.
            BadRequestError: the list of files is empty.

        Source: EdgeQuake API, ``POST /api/v1/documents/pdf/batch``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/documents/pdf/batch",
            form={
                "enable_vision": enable_vision,
                "vision_provider": vision_provider,
                "vision_model": vision_model,
                "track_id": track_id,
                "force_reindex": force_reindex,
            },
            files=[("files", file) for file in files],
            model=PdfBatchUpload,
            **options,
        )

    async def download(
        self,
        pdf_id: str,
        *,
        to: str | os.PathLike[str],
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        **options: Unpack[CallOptions],
    ) -> DownloadResult:
        """Download a PDF to a file, which appears under its name when it is complete.

        Args:
            pdf_id: the id of the PDF, a UUID.
            to: the path of the file; an existing file is replaced.
            progress: a function that is called with the bytes on disk and the size of the file, None if it is unknown;
                or a display of `asdk.progress`.
            resume: False to discard the partial file of an earlier download.
            options: per-call options, see `CallOptions`.

        Returns:
            Path, size and the checks that were made.

        Raises:
            NotFoundError: the workspace does not contain the PDF.
            InvalidRequestError: the file cannot be written.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/{pdf_id}/download``.
        """
        return await self._client.download(
            "/api/v1/documents/pdf/{pdf_id}/download",
            path_params={"pdf_id": pdf_id},
            to=to,
            progress=progress,
            resume=resume,
            **options,
        )

    def stream_progress(self, track_id: str, **options: Unpack[CallOptions]) -> EventStream[PdfProgress]:
        """Stream the progress of an upload, in ``async with``.

        The stream ends when the PDF is complete or has failed, or after 60 s without events.

        Args:
            track_id: the track id of the upload.
            options: per-call options, see `CallOptions`; ``timeout.idle`` bounds the time between bytes.

        Raises:
            NotFoundError: in the block: the workspace does not contain the track.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/progress/stream/{track_id}``.
        """
        return self._client.events(
            "GET",
            "/api/v1/documents/pdf/progress/stream/{track_id}",
            path_params={"track_id": track_id},
            model=PdfProgress,
            sentinel="[DONE]",
            **options,
        )

    def list(
        self, *, status: str | None = None, page_size: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[PdfSummary]:
        """List the workspace's PDF files.

        Args:
            status: only documents with this status, from `DocumentStatus`, such as ``"failed"``.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf``.
        """
        return self._client.paginate(
            "/api/v1/documents/pdf",
            params={"status": status, "page_size": page_size},
            model=PdfSummary,
            strategy=_PAGES,
            **options,
        )
