"""``client.injections``: texts that are injected into every answer of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import DeletedInjection, InjectionDetail, InjectionSummary, PutInjection
from asdk.http.bodies import FileTypes
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import Offset, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")


class Injections(Resource["EdgeQuake"]):
    """The injected texts of workspaces."""

    async def put(self, workspace_id: str, name: str, *, content: str, **options: Unpack[CallOptions]) -> PutInjection:
        """Inject a text, or replace the one of the same name.

        Args:
            workspace_id: the workspace, a UUID.
            name: what to call it.
            content: the text.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: name or text are empty.
            NotFoundError: no workspace has this id.

        Source: EdgeQuake API, ``PUT /api/v1/workspaces/{workspace_id}/injection``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/workspaces/{workspace_id}/injection",
            path_params={"workspace_id": workspace_id},
            json={"name": name, "content": content},
            model=PutInjection,
            **options,
        )

    async def put_file(
        self, workspace_id: str, file: FileTypes, *, name: str | None = None, **options: Unpack[CallOptions]
    ) -> PutInjection:
        """Inject the text of a file, or replace the one of the same name.

        Args:
            workspace_id: the workspace, a UUID.
            file: a path, bytes, or an open binary file; with its name as ``("rules.md", b"...")``.
            name: what to call it; left out, the name of the file.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: it holds no text.
            NotFoundError: no workspace has this id.
            StatusError: 413: it is too large.

        Source: EdgeQuake API, ``PUT /api/v1/workspaces/{workspace_id}/injection/file``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/workspaces/{workspace_id}/injection/file",
            path_params={"workspace_id": workspace_id},
            form={"name": name},
            files={"file": file},
            model=PutInjection,
            **options,
        )

    async def get(self, workspace_id: str, injection_id: str, **options: Unpack[CallOptions]) -> InjectionDetail:
        """Fetch one injected text with its content.

        Args:
            workspace_id: the workspace, a UUID.
            injection_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such text.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}/injections/{injection_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/workspaces/{workspace_id}/injections/{injection_id}",
            path_params={"workspace_id": workspace_id, "injection_id": injection_id},
            model=InjectionDetail,
            **options,
        )

    async def update(
        self,
        workspace_id: str,
        injection_id: str,
        *,
        name: str | None = None,
        content: str | None = None,
        **options: Unpack[CallOptions],
    ) -> PutInjection:
        """Change an injected text; what is left out stays as it is.

        Args:
            workspace_id: the workspace, a UUID.
            injection_id: its id.
            name: what to call it.
            content: the text.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such text.

        Source: EdgeQuake API, ``PATCH /api/v1/workspaces/{workspace_id}/injections/{injection_id}``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/workspaces/{workspace_id}/injections/{injection_id}",
            path_params={"workspace_id": workspace_id, "injection_id": injection_id},
            json=omit_none(name=name, content=content),
            model=PutInjection,
            **options,
        )

    async def delete(self, workspace_id: str, injection_id: str, **options: Unpack[CallOptions]) -> DeletedInjection:
        """Inject a text no more.

        Args:
            workspace_id: the workspace, a UUID.
            injection_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the workspace has no such text.

        Source: EdgeQuake API, ``DELETE /api/v1/workspaces/{workspace_id}/injections/{injection_id}``.
        """
        return await self._client.request(
            "DELETE",
            "/api/v1/workspaces/{workspace_id}/injections/{injection_id}",
            path_params={"workspace_id": workspace_id, "injection_id": injection_id},
            model=DeletedInjection,
            **options,
        )

    def list(
        self, workspace_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[InjectionSummary]:
        """All injected texts of a workspace.

        Args:
            workspace_id: the workspace, a UUID.
            limit: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            NotFoundError: at the first page: no workspace has this id.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}/injections``.
        """
        return self._client.paginate(
            "/api/v1/workspaces/{workspace_id}/injections",
            path_params={"workspace_id": workspace_id},
            params={"limit": limit},
            model=InjectionSummary,
            strategy=_PAGES,
            **options,
        )
