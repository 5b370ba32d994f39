"""``client.tasks``: background tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import Task
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="tasks", total="pagination.total")


class Tasks(Resource["EdgeQuake"]):
    """Tasks of a workspace."""

    async def get(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Fetch one task.

        Args:
            track_id: the id that an upload returned.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the task.

        Source: EdgeQuake API, ``GET /api/v1/tasks/{track_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/tasks/{track_id}", path_params={"track_id": track_id}, model=Task, **options
        )

    async def cancel(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Cancel a task.

        Args:
            track_id: the id that an upload returned.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the task.
            ConflictError: it is already complete.

        Source: EdgeQuake API, ``POST /api/v1/tasks/{track_id}/cancel``.
        """
        return await self._client.request(
            "POST", "/api/v1/tasks/{track_id}/cancel", path_params={"track_id": track_id}, model=Task, **options
        )

    async def retry(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Retry a failed or cancelled task.

        Args:
            track_id: the id that an upload returned.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the task.
            ConflictError: the task is running or is already complete.

        Source: EdgeQuake API, ``POST /api/v1/tasks/{track_id}/retry``.
        """
        return await self._client.request(
            "POST", "/api/v1/tasks/{track_id}/retry", path_params={"track_id": track_id}, model=Task, **options
        )

    def list(
        self,
        *,
        status: str | None = None,
        task_type: str | None = None,
        sort: str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[Task]:
        """List the workspace's tasks, optionally filtered.

        Args:
            status: only items with this status, from `TaskStatus`, such as ``"failed"``.
            task_type: only tasks of this type, such as ``"upload"``.
            sort: the field to sort by: ``"created_at"`` or ``"updated_at"``.
            order: ``"asc"`` or ``"desc"``.
            page_size: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/tasks``.
        """
        return self._client.paginate(
            "/api/v1/tasks",
            params={"status": status, "task_type": task_type, "sort": sort, "order": order, "page_size": page_size},
            model=Task,
            strategy=_PAGES,
            **options,
        )
