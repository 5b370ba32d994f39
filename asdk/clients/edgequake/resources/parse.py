"""``client.parse``: the text of a PDF, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import ParseBackends, ParsedPdf, ParseJob
from asdk.http.bodies import FileTypes
from asdk.http.options import CallOptions
from asdk.models.encoding import encode_json
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Parse(Resource["EdgeQuake"]):
    """Reading PDF files without keeping them."""

    async def backends(self, **options: Unpack[CallOptions]) -> ParseBackends:
        """Ask what may read a PDF, and how large one may be.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/parse/backends``.
        """
        return await self._client.request("GET", "/api/v1/parse/backends", model=ParseBackends, **options)

    async def job(self, job_id: str, **options: Unpack[CallOptions]) -> ParseJob:
        """Ask how far a PDF is that is read in the background.

        Args:
            job_id: as the server gave it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such job.

        Source: EdgeQuake API, ``GET /api/v1/parse/jobs/{job_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/parse/jobs/{job_id}", path_params={"job_id": job_id}, model=ParseJob, **options
        )

    async def parse(
        self, file: FileTypes, *, settings: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> ParsedPdf | ParseJob:
        """Read the text of a PDF.

        Args:
            file: a path, bytes, or an open binary file; with its name as ``("report.pdf", b"...")``.
            settings: how to read it: ``backend``, ``provider``, ``model``, ``dpi``, ``pages``, ``table_method``,
                ``allow_fallback`` and what else the server knows; ``async`` to have it read in the background.
            options: what this call does differently, see `CallOptions`. Reading may take long: mind ``timeout``.

        Returns:
            The text; or a job to ask for with `job`, if it is read in the background.

        Raises:
            BadRequestError: it is no PDF, or a setting is refused.
            StatusError: 413: it is too large.

        Source: EdgeQuake API, ``POST /api/v1/parse``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/parse",
            form={"options": None if settings is None else encode_json(settings).decode()},
            files={"file": file},
            idempotent=True,  # nothing is kept
            model=ParsedPdf | ParseJob,
            **options,
        )
