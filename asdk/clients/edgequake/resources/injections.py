"""``client.injections``: texts that are injected into every answer of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import DeletedInjection, InjectionDetail, InjectionSummary, PutInjection
from asdk.http import FileTypes
from asdk.pagination import Offset, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")


class Injections(Resource["EdgeQuake"]):
    """Injected texts of workspaces."""

    async def put(self, workspace_id: str, name: str, *, content: str, **options: Unpack[CallOptions]) -> PutInjection:
        """Inject a text, or replace the text of the same name.

        Args:
            workspace_id: the id of the workspace, a UUID.
            name: the name of the text.
            content: the text.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the name or the text is empty.
            NotFoundError: the workspace does not exist.

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
        """Inject the text of a file, or replace the text of the same name.

        Args:
            workspace_id: the id of the workspace, a UUID.
            file: a path, bytes, or an open binary file. Pass a name as ``("rules.md", b"...")``.
            name: the name of the text; by default the name of the file.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: the file cannot be read, or was opened in text mode.
            BadRequestError: the file does not contain text.
            NotFoundError: the workspace does not exist.
            StatusError: 413: the upload is too large.

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
            workspace_id: the id of the workspace, a UUID.
            injection_id: the id of the text.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the text.

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
        """Update an injected text. Omitted arguments are not changed.

        Args:
            workspace_id: the id of the workspace, a UUID.
            injection_id: the id of the text.
            name: the name of the text.
            content: the text.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the text.

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
        """Delete an injected text.

        Args:
            workspace_id: the id of the workspace, a UUID.
            injection_id: the id of the text.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not contain the text.

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
        """List the injected texts of a workspace.

        Args:
            workspace_id: the id of the workspace, a UUID.
            limit: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: on the first page: the workspace does not exist.

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
