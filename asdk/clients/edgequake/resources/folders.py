"""``client.folders``: where conversations lie. All of it needs ``tenant_id`` and ``user_id``, both UUIDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import Folder
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Folders(Resource["EdgeQuake"]):
    """The folders of the caller."""

    async def create(self, name: str, *, parent_id: str | None = None, **options: Unpack[CallOptions]) -> Folder:
        """Make a folder.

        Args:
            name: its name.
            parent_id: the folder to make it in.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the name is empty.
            NotFoundError: there is no such parent.

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
        """Change a folder; what is left out stays as it is.

        Args:
            folder_id: its id, a UUID.
            name: its name.
            parent_id: the folder to put it into.
            position: its place among the folders of its parent.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such folder.

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
        """Delete a folder. Its conversations stay, in no folder.

        Args:
            folder_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the caller has no such folder.

        Source: EdgeQuake API, ``DELETE /api/v1/folders/{folder_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/folders/{folder_id}", path_params={"folder_id": folder_id}, model=None, **options
        )

    async def list(self, **options: Unpack[CallOptions]) -> Records[Folder]:
        """Fetch all folders of the caller.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/folders``.
        """
        return Records(await self._client.request("GET", "/api/v1/folders", model=list[Folder], **options))
