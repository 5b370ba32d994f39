"""``client.admin``: operations for administrators only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import ServerDefaults, TenantQuota

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Admin(Resource["EdgeQuake"]):
    """Settings of the whole server."""

    async def server_defaults(self, **options: Unpack[CallOptions]) -> ServerDefaults:
        """Fetch the default settings of tenants.

        Args:
            options: per-call options, see `CallOptions`.

        Raises:
            PermissionDeniedError: the caller is not an administrator.

        Source: EdgeQuake API, ``GET /api/v1/admin/config/defaults``.
        """
        return await self._client.request("GET", "/api/v1/admin/config/defaults", model=ServerDefaults, **options)

    async def update_server_defaults(
        self, default_max_workspaces: int, **options: Unpack[CallOptions]
    ) -> ServerDefaults:
        """Set the default settings of tenants.

        Args:
            default_max_workspaces: the maximum number of workspaces of each tenant.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects the number.
            PermissionDeniedError: the caller is not an administrator.

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
        """Set the maximum number of workspaces of a tenant.

        Args:
            tenant_id: the id of the tenant, a UUID.
            max_workspaces: the maximum number of workspaces.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects the number.
            PermissionDeniedError: the caller is not an administrator.
            NotFoundError: the tenant does not exist.

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
