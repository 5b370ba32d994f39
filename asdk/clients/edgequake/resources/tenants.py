"""``client.tenants``: tenants of the server. To select the tenant of a call, see `Tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import TenantInfo
from asdk.pagination import Offset, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")


class Tenants(Resource["EdgeQuake"]):
    """Tenants of the server."""

    async def create(
        self,
        name: str,
        *,
        slug: str | None = None,
        description: str | None = None,
        plan: str | None = None,
        default_llm_model: str | None = None,
        default_llm_provider: str | None = None,
        default_embedding_model: str | None = None,
        default_embedding_provider: str | None = None,
        default_embedding_dimension: int | None = None,
        default_vision_llm_model: str | None = None,
        default_vision_llm_provider: str | None = None,
        **options: Unpack[CallOptions],
    ) -> TenantInfo:
        """Create a tenant. New workspaces use its default models, or the server's if it does not have any.

        Args:
            name: the name.
            slug: the name in URLs; by default derived from the name.
            description: its purpose.
            plan: the plan of the tenant.
            default_llm_model: the language model.
            default_llm_provider: the provider of the model.
            default_embedding_model: the embedding model.
            default_embedding_provider: the provider of the model.
            default_embedding_dimension: the length of the vectors.
            default_vision_llm_model: the vision model for images in PDF files.
            default_vision_llm_provider: the provider of the model.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            ConflictError: the slug is already in use.

        Source: EdgeQuake API, ``POST /api/v1/tenants``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/tenants",
            json=omit_none(
                name=name,
                slug=slug,
                description=description,
                plan=plan,
                default_llm_model=default_llm_model,
                default_llm_provider=default_llm_provider,
                default_embedding_model=default_embedding_model,
                default_embedding_provider=default_embedding_provider,
                default_embedding_dimension=default_embedding_dimension,
                default_vision_llm_model=default_vision_llm_model,
                default_vision_llm_provider=default_vision_llm_provider,
            ),
            model=TenantInfo,
            **options,
        )

    async def get(self, tenant_id: str, **options: Unpack[CallOptions]) -> TenantInfo:
        """Fetch one tenant.

        Args:
            tenant_id: the id of the tenant, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the tenant does not exist.

        Source: EdgeQuake API, ``GET /api/v1/tenants/{tenant_id}``.
        """
        return await self._client.request(
            "GET", "/api/v1/tenants/{tenant_id}", path_params={"tenant_id": tenant_id}, model=TenantInfo, **options
        )

    async def update(
        self,
        tenant_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        plan: str | None = None,
        is_active: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> TenantInfo:
        """Update a tenant. Omitted arguments are not changed.

        Args:
            tenant_id: the id of the tenant, a UUID.
            name: the name.
            description: its purpose.
            plan: the plan of the tenant.
            is_active: whether the tenant is active.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated tenant.

        Raises:
            NotFoundError: the tenant does not exist.

        Source: EdgeQuake API, ``PUT /api/v1/tenants/{tenant_id}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/tenants/{tenant_id}",
            path_params={"tenant_id": tenant_id},
            json=omit_none(name=name, description=description, plan=plan, is_active=is_active),
            model=TenantInfo,
            **options,
        )

    async def delete(self, tenant_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a tenant.

        Args:
            tenant_id: the id of the tenant, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the tenant does not exist.

        Source: EdgeQuake API, ``DELETE /api/v1/tenants/{tenant_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/tenants/{tenant_id}", path_params={"tenant_id": tenant_id}, model=None, **options
        )

    def list(self, *, limit: int | None = None, **options: Unpack[CallOptions]) -> Paginator[TenantInfo]:
        """List the tenants.

        Args:
            limit: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/tenants``.
        """
        return self._client.paginate(
            "/api/v1/tenants", params={"limit": limit}, model=TenantInfo, strategy=_PAGES, **options
        )
