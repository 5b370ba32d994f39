"""``client.admin``: what only administrators may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import ServerDefaults, TenantQuota
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Admin(Resource["EdgeQuake"]):
    """The settings of the whole server."""

    async def server_defaults(self, **options: Unpack[CallOptions]) -> ServerDefaults:
        """Fetch what holds for tenants that nothing else was set for.

        Args:
            options: what this call does differently, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is no administrator.

        Source: EdgeQuake API, ``GET /api/v1/admin/config/defaults``.
        """
        return await self._client.request("GET", "/api/v1/admin/config/defaults", model=ServerDefaults, **options)

    async def update_server_defaults(
        self, default_max_workspaces: int, **options: Unpack[CallOptions]
    ) -> ServerDefaults:
        """Set what holds for tenants that nothing else was set for.

        Args:
            default_max_workspaces: how many workspaces each may have.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the number is refused.
            PermissionDeniedError: the caller is no administrator.

        Source: EdgeQuake API, ``PATCH /api/v1/admin/config/defaults``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/admin/config/defaults",
            json={"default_max_workspaces": default_max_workspaces},
            model=ServerDefaults,
            **options,
        )

    async def update_tenant_quota(
        self, tenant_id: str, max_workspaces: int, **options: Unpack[CallOptions]
    ) -> TenantQuota:
        """Set how many workspaces a tenant may have.

        Args:
            tenant_id: the tenant, a UUID.
            max_workspaces: how many.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: the number is refused.
            PermissionDeniedError: the caller is no administrator.
            NotFoundError: no tenant has this id.

        Source: EdgeQuake API, ``PATCH /api/v1/admin/tenants/{tenant_id}/quota``.
        """
        return await self._client.request(
            "PATCH",
            "/api/v1/admin/tenants/{tenant_id}/quota",
            path_params={"tenant_id": tenant_id},
            json={"max_workspaces": max_workspaces},
            model=TenantQuota,
            **options,
        )
