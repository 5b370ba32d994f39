"""``client.pdf``: PDF files in, their text out. All of it is within the workspace of the call."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    PdfBatchUpload,
    PdfContent,
    PdfDetail,
    PdfOperation,
    PdfProgress,
    PdfSummary,
    UploadedPdf,
)
from asdk.http.bodies import FileTypes, ProgressCallback
from asdk.http.options import CallOptions
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource
from asdk.streaming.streams import EventStream

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake
    from asdk.progress import ProgressDisplay
    from asdk.transfers.download import DownloadResult

_PAGES = PageNumbers(items="items", total="pagination.total_count")


class Pdf(Resource["EdgeQuake"]):
    """The PDF files of a workspace."""

    async def get(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfDetail:
        """Ask how far a PDF is.

        Args:
            pdf_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such PDF.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/{pdf_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/documents/pdf/{pdf_id}", path_params={"pdf_id": pdf_id}, model=PdfDetail, **options
        )

    async def delete(self, pdf_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a PDF and the document that was made of it.

        Args:
            pdf_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such PDF.

        Source: EdgeQuake API, ``DELETE /api/v1/documents/pdf/{pdf_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/documents/pdf/{pdf_id}", path_params={"pdf_id": pdf_id}, model=None, **options
        )

    async def content(self, pdf_id: str, **options: Unpack[CallOptions]) -> PdfContent:
        """Fetch the text that was read from a PDF.

        Args:
            pdf_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such PDF.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf/{pdf_id}/content``.
        """
        return await self._client.request(
            "GET", "/api/v1/documents/pdf/{pdf_id}/content", path_params={"pdf_id": pdf_id}, model=PdfContent, **options
        )

    async def progress(self, track_id: str, **options: Unpack[CallOptions]) -> PdfProgress:
        """Ask how far the processing of an upload is, phase by phase.

        Args:
            track_id: of the upload.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such track.

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
        """Process a PDF again that failed or was given up.

        Args:
            pdf_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such PDF.
            ConflictError: it is being processed, or is complete.

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
        """Give up the processing of a PDF.

        Args:
            pdf_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such PDF.
            ConflictError: it is processed already.

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
            file: a path, bytes, or an open binary file, which is sent from where it stands; with its name as
                ``("report.pdf", b"...")``.
            title: what to call it.
            enable_vision: let a model look at its pages.
            vision_provider: who runs that model.
            vision_model: which one.
            track_id: an id of your own to follow it by.
            force_reindex: process it again if it is there already.
            options: what this call does differently, see `CallOptions`. With an ``idempotency_key`` it is repeated
                after every failure that may pass: the server takes the same bytes in once.

        Returns:
            Its ids and status. ``documents.wait`` takes its ``track_id``; `progress` tells of the phases.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: it is no PDF.
            ConflictError: it is there already, on servers that refuse it.
            StatusError: 413: it is too large.

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
            files: each as for `upload`.
            enable_vision: let a model look at their pages.
            vision_provider: who runs that model.
            vision_model: which one.
            track_id: an id of your own to follow them by.
            force_reindex: process those again that are there already.
            options: what this call does differently, see `CallOptions`; on ``idempotency_key`` see `upload`.

        Returns:
            What became of each, in their order: one that is refused does not keep the others out.

        Raises:
            InvalidRequestError: a file cannot be read, or was opened in text mode.
            BadRequestError: there are none.

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
        """Download a PDF to a file, which gets its name when all of it is there.

        Args:
            pdf_id: its id, a UUID.
            to: the path of the file; a file that is there is replaced.
            progress: called with the bytes on the disk and the size of the file, None if the server tells none; or a
                display of `asdk.progress`.
            resume: False to throw away what an earlier download left.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Path and size, and what was checked.

        Raises:
            NotFoundError: the workspace has no such PDF.
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
        """Follow the processing of an upload while it goes on, in ``async with``.

        The stream ends when the PDF is complete or has failed, or after 60 s of silence.

        Args:
            track_id: of the upload.
            options: what this call does differently, see `CallOptions`; ``timeout.idle`` bounds a silence.

        Raises:
            NotFoundError: in the block: the workspace has no such track.

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
        """All PDF files of the workspace.

        Args:
            status: of `DocumentStatus`, such as ``"failed"``.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/documents/pdf``.
        """
        return self._client.paginate(
            "/api/v1/documents/pdf",
            params={"status": status, "page_size": page_size},
            model=PdfSummary,
            strategy=_PAGES,
            **options,
        )
