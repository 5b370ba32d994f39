"""``client.jobs``: long work on a workspace, by the second version of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk.clients.edgequake.models import Job
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="jobs", total="pagination.total")


class Jobs(Resource["EdgeQuake"]):
    """The jobs of workspaces."""

    async def create(
        self,
        workspace_id: str,
        job_type: str,
        *,
        payload: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Job:
        """Begin a job.

        Args:
            workspace_id: the workspace, a UUID; it is named in the header too, unless the call names a ``tenant`` of
                its own.
            job_type: what to do, of `catalog`.
            payload: what that needs to know.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: there is no such kind of job.

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
            workspace_id: the workspace, a UUID.
            job_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such job.

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
        """Give a job up.

        Args:
            workspace_id: the workspace, a UUID.
            job_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such job.
            ConflictError: it has ended already.

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
        """Fetch what jobs there are, in the server's own words.

        Args:
            workspace_id: the workspace, a UUID.
            options: what this call does differently, see `CallOptions`.

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
        """All jobs of a workspace, or those of one status.

        Args:
            workspace_id: the workspace, a UUID.
            status: of `TaskStatus`, such as ``"failed"``.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

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
