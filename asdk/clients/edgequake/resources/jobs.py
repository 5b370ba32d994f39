"""``client.jobs``: long-running jobs of a workspace, in version 2 of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import Job
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="jobs", total="pagination.total")


class Jobs(Resource["EdgeQuake"]):
    """Jobs of workspaces."""

    async def create(
        self,
        workspace_id: str,
        job_type: str,
        *,
        payload: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Job:
        """Start a job.

        Args:
            workspace_id: the id of the workspace, a UUID. The header names it too, unless the call has its own
                ``tenant``.
            job_type: the type of the job, from `catalog`.
            payload: the parameters of the job.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the type of job is unknown.

        Source: EdgeQuake API, ``POST /api/v2/workspaces/{workspace_id}/jobs``.
        """
        return await self._client.with_workspace(workspace_id).request(
            "POST",
            "/api/v2/workspaces/{workspace_id}/jobs",
            path_params={"workspace_id": workspace_id},
            json=omit_none(job_type=job_type, payload=payload),
            model=Job,
            **options,
        )

    async def get(self, workspace_id: str, job_id: str, **options: Unpack[CallOptions]) -> Job:
        """Fetch one job.

        Args:
            workspace_id: the id of the workspace, a UUID.
            job_id: the id of the job.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the job.

        Source: EdgeQuake API, ``GET /api/v2/workspaces/{workspace_id}/jobs/{job_id}``.
        """
        return await self._client.with_workspace(workspace_id).request(
            "GET",
            "/api/v2/workspaces/{workspace_id}/jobs/{job_id}",
            path_params={"workspace_id": workspace_id, "job_id": job_id},
            model=Job,
            **options,
        )

    async def cancel(self, workspace_id: str, job_id: str, **options: Unpack[CallOptions]) -> Job:
        """Cancel a job.

        Args:
            workspace_id: the id of the workspace, a UUID.
            job_id: the id of the job.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the job.
            ConflictError: it is already complete.

        Source: EdgeQuake API, ``DELETE /api/v2/workspaces/{workspace_id}/jobs/{job_id}``.
        """
        return await self._client.with_workspace(workspace_id).request(
            "DELETE",
            "/api/v2/workspaces/{workspace_id}/jobs/{job_id}",
            path_params={"workspace_id": workspace_id, "job_id": job_id},
            model=Job,
            **options,
        )

    async def catalog(self, workspace_id: str, **options: Unpack[CallOptions]) -> dict[str, Any]:
        """Fetch the available types of jobs, as the server describes them.

        Args:
            workspace_id: the id of the workspace, a UUID.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v2/workspaces/{workspace_id}/jobs/catalog``.
        """
        return await self._client.with_workspace(workspace_id).request(
            "GET",
            "/api/v2/workspaces/{workspace_id}/jobs/catalog",
            path_params={"workspace_id": workspace_id},
            model=dict[str, Any],
            **options,
        )

    def list(
        self,
        workspace_id: str,
        *,
        status: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[Job]:
        """List the jobs of a workspace, optionally of one status.

        Args:
            workspace_id: the id of the workspace, a UUID.
            status: only items with this status, from `TaskStatus`, such as ``"failed"``.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v2/workspaces/{workspace_id}/jobs``.
        """
        return self._client.with_workspace(workspace_id).paginate(
            "/api/v2/workspaces/{workspace_id}/jobs",
            path_params={"workspace_id": workspace_id},
            params={"status": status, "page_size": page_size},
            model=Job,
            strategy=_PAGES,
            **options,
        )
