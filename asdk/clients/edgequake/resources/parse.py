"""``client.parse``: text extraction from PDF files that are not stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import ParseBackends, ParsedPdf, ParseJob
from asdk.http import FileTypes
from asdk.models import encode_json

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Parse(Resource["EdgeQuake"]):
    """Text extraction from PDF files that are not stored."""

    async def backends(self, **options: Unpack[CallOptions]) -> ParseBackends:
        """Fetch the parser backends and the size limits.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/parse/backends``.
        """
        return await self._client.request("GET", "/api/v1/parse/backends", model=ParseBackends, **options)

    async def job(self, job_id: str, **options: Unpack[CallOptions]) -> ParseJob:
        """Fetch the status of a background parse job.

        Args:
            job_id: the id from the server.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the job does not exist.

        Source: EdgeQuake API, ``GET /api/v1/parse/jobs/{job_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/parse/jobs/{job_id}", path_params={"job_id": job_id}, model=ParseJob, **options
        )

    async def parse(
        self, file: FileTypes, *, settings: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> ParsedPdf | ParseJob:
        """Extract the text of a PDF.

        Args:
            file: a path, bytes, or an open binary file. Pass a name as ``("report.pdf", b"...")``.
            settings: the parser settings: ``backend``, ``provider``, ``model``, ``dpi``, ``pages``, ``table_method``,
                ``allow_fallback`` and others that the server knows; ``async`` to parse in the background.
            options: per-call options, see `CallOptions`. Parsing can take long: set ``timeout`` accordingly.

        Returns:
            The text, or a job to fetch with `job` if the PDF is parsed in the background.

        Raises:
            BadRequestError: the file is not a PDF, or a setting is rejected.
            StatusError: 413: the upload is too large.

        Source: EdgeQuake API, ``POST /api/v1/parse``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/parse",
            form={"options": None if settings is None else encode_json(settings).decode()},
            files={"file": file},
            idempotent=True,  # the server does not store the file
            model=ParsedPdf | ParseJob,
            **options,
        )
