"""``client.folders``: folders for conversations. Requires ``tenant_id`` and ``user_id``, both UUIDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Records, Resource, omit_none
from asdk.clients.edgequake.models import Folder

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Folders(Resource["EdgeQuake"]):
    """Folders of the caller."""

    async def create(self, name: str, *, parent_id: str | None = None, **options: Unpack[CallOptions]) -> Folder:
        """Create a folder.

        Args:
            name: the name.
            parent_id: the parent folder.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the name is empty.
            NotFoundError: the parent folder does not exist.

        Source: EdgeQuake API, ``POST /api/v1/folders``.
        """
        return await self._client.request(
            "POST", "/api/v1/folders", json=omit_none(name=name, parent_id=parent_id), model=Folder, **options
        )

    async def update(
        self,
        folder_id: str,
        *,
        name: str | None = None,
        parent_id: str | None = None,
        position: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Folder:
        """Update a folder. Omitted arguments are not changed.

        Args:
            folder_id: the id of the folder, a UUID.
            name: the name.
            parent_id: the new parent folder.
            position: the position among the folders of its parent.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the folder.

        Source: EdgeQuake API, ``PATCH /api/v1/folders/{folder_id}``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/folders/{folder_id}",
            path_params={"folder_id": folder_id},
            json=omit_none(name=name, parent_id=parent_id, position=position),
            model=Folder,
            **options,
        )

    async def delete(self, folder_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a folder. Its conversations remain, without a folder.

        Args:
            folder_id: the id of the folder, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the caller does not have the folder.

        Source: EdgeQuake API, ``DELETE /api/v1/folders/{folder_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/folders/{folder_id}", path_params={"folder_id": folder_id}, model=None, **options
        )

    async def list(self, **options: Unpack[CallOptions]) -> Records[Folder]:
        """Fetch all folders of the caller.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/folders``.
        """
        return Records(await self._client.request("GET", "/api/v1/folders", model=list[Folder], **options))
