"""``client.tenants``: the tenants of the server. Which of them a call is made for is another matter: see `Tenant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import TenantInfo
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import Offset, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")


class Tenants(Resource["EdgeQuake"]):
    """The tenants of the server."""

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
        """Create a tenant. New workspaces take its default models, and it takes the server's where it has none.

        Args:
            name: its name.
            slug: its name in addresses; left out, made from the name.
            description: what it is for.
            plan: which plan it is on.
            default_llm_model: the language model.
            default_llm_provider: who runs it.
            default_embedding_model: the model for embeddings.
            default_embedding_provider: who runs it.
            default_embedding_dimension: the length of its vectors.
            default_vision_llm_model: the model for pictures in PDF files.
            default_vision_llm_provider: who runs it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            ConflictError: the slug is taken.

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
            tenant_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no tenant has this id.

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
        """Change a tenant; what is left out stays as it is.

        Args:
            tenant_id: its id, a UUID.
            name: its name.
            description: what it is for.
            plan: which plan it is on.
            is_active: whether it may be used.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The tenant as it is now.

        Raises:
            NotFoundError: no tenant has this id.

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
            tenant_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no tenant has this id.

        Source: EdgeQuake API, ``DELETE /api/v1/tenants/{tenant_id}``.
        """
        await self._client.request(
            "DELETE", "/api/v1/tenants/{tenant_id}", path_params={"tenant_id": tenant_id}, model=None, **options
        )

    def list(self, *, limit: int | None = None, **options: Unpack[CallOptions]) -> Paginator[TenantInfo]:
        """All tenants.

        Args:
            limit: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/tenants``.
        """
        return self._client.paginate(
            "/api/v1/tenants", params={"limit": limit}, model=TenantInfo, strategy=_PAGES, **options
        )
