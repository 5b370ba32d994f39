"""``client.tasks``: work in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import Task
from asdk.http.options import CallOptions
from asdk.pagination import PageNumbers, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = PageNumbers(items="tasks", total="pagination.total")


class Tasks(Resource["EdgeQuake"]):
    """The tasks of a workspace."""

    async def get(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Fetch one task.

        Args:
            track_id: the id that an upload gave.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such task.

        Source: EdgeQuake API, ``GET /api/v1/tasks/{track_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/tasks/{track_id}", path_params={"track_id": track_id}, model=Task, **options
        )

    async def cancel(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Give a task up.

        Args:
            track_id: the id that an upload gave.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such task.
            ConflictError: it has ended already.

        Source: EdgeQuake API, ``POST /api/v1/tasks/{track_id}/cancel``.
        """
        return await self._client.request(
            "POST", "/api/v1/tasks/{track_id}/cancel", path_params={"track_id": track_id}, model=Task, **options
        )

    async def retry(self, track_id: str, **options: Unpack[CallOptions]) -> Task:
        """Begin a task again that failed or was given up.

        Args:
            track_id: the id that an upload gave.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such task.
            ConflictError: it runs, or has ended well.

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
        """All tasks of the workspace, or those that fit the filters.

        Args:
            status: of `TaskStatus`, such as ``"failed"``.
            task_type: such as ``"upload"``.
            sort: ``"created_at"`` or ``"updated_at"``.
            order: ``"asc"`` or ``"desc"``.
            page_size: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/tasks``.
        """
        return self._client.paginate(
            "/api/v1/tasks",
            params={"status": status, "task_type": task_type, "sort": sort, "order": order, "page_size": page_size},
            model=Task,
            strategy=_PAGES,
            **options,
        )
