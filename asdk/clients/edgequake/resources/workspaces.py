"""``client.workspaces``: where documents lie. Made and listed within a tenant, fetched and changed by their own id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import Workspace, WorkspaceStats
from asdk.options import CallOptions, without_none
from asdk.pagination import Offset, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")


class Workspaces(Resource["EdgeQuake"]):
    """The workspaces of tenants."""

    async def create(
        self,
        tenant_id: str,
        name: str,
        *,
        slug: str | None = None,
        description: str | None = None,
        max_documents: int | None = None,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        embedding_model: str | None = None,
        embedding_provider: str | None = None,
        embedding_dimension: int | None = None,
        vision_llm_model: str | None = None,
        vision_llm_provider: str | None = None,
        pdf_parser_backend: str | None = None,
        entity_types: Sequence[str] | None = None,
        entity_types_strict: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Workspace:
        """Create a workspace. The models that are left out are its tenant's defaults.

        Args:
            tenant_id: the tenant it belongs to, a UUID.
            name: its name.
            slug: its name in addresses; left out, made from the name.
            description: what it is for.
            max_documents: how many it holds at most.
            llm_model: the language model.
            llm_provider: who runs it.
            embedding_model: the model for embeddings.
            embedding_provider: who runs it.
            embedding_dimension: the length of its vectors.
            vision_llm_model: the model for pictures in PDF files.
            vision_llm_provider: who runs it.
            pdf_parser_backend: what reads PDF files; the server's names.
            entity_types: the kinds of entities to look for.
            entity_types_strict: look for no others.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: no tenant has this id.
            ConflictError: the slug is taken.

        Source: EdgeQuake API, ``POST /api/v1/tenants/{tenant_id}/workspaces``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/tenants/{tenant_id}/workspaces",
            path_params={"tenant_id": tenant_id},
            json=without_none(
                name=name,
                slug=slug,
                description=description,
                max_documents=max_documents,
                llm_model=llm_model,
                llm_provider=llm_provider,
                embedding_model=embedding_model,
                embedding_provider=embedding_provider,
                embedding_dimension=embedding_dimension,
                vision_llm_model=vision_llm_model,
                vision_llm_provider=vision_llm_provider,
                pdf_parser_backend=pdf_parser_backend,
                entity_types=entity_types,
                entity_types_strict=entity_types_strict,
            ),
            model=Workspace,
            **options,
        )

    async def get(self, workspace_id: str, **options: Unpack[CallOptions]) -> Workspace:
        """Fetch one workspace.

        Args:
            workspace_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/workspaces/{workspace_id}",
            path_params={"workspace_id": workspace_id},
            model=Workspace,
            **options,
        )

    async def get_by_slug(self, tenant_id: str, slug: str, **options: Unpack[CallOptions]) -> Workspace:
        """Fetch one workspace of a tenant by its name in addresses.

        Args:
            tenant_id: the tenant it belongs to, a UUID.
            slug: such as ``"default"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: there is no such tenant, or it has no such workspace.

        Source: EdgeQuake API, ``GET /api/v1/tenants/{tenant_id}/workspaces/by-slug/{slug}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/tenants/{tenant_id}/workspaces/by-slug/{slug}",
            path_params={"tenant_id": tenant_id, "slug": slug},
            model=Workspace,
            **options,
        )

    async def update(
        self,
        workspace_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        is_active: bool | None = None,
        max_documents: int | None = None,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        embedding_model: str | None = None,
        embedding_provider: str | None = None,
        embedding_dimension: int | None = None,
        vision_llm_model: str | None = None,
        vision_llm_provider: str | None = None,
        pdf_parser_backend: str | None = None,
        entity_types: Sequence[str] | None = None,
        entity_types_strict: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Workspace:
        """Change a workspace; what is left out stays as it is.

        Args:
            workspace_id: its id, a UUID.
            name: its name.
            description: what it is for.
            is_active: whether it may be used.
            max_documents: how many it holds at most.
            llm_model: the language model.
            llm_provider: who runs it.
            embedding_model: the model for embeddings.
            embedding_provider: who runs it.
            embedding_dimension: the length of its vectors.
            vision_llm_model: the model for pictures in PDF files.
            vision_llm_provider: who runs it.
            pdf_parser_backend: what reads PDF files; the server's names.
            entity_types: the kinds of entities to look for.
            entity_types_strict: look for no others.
            options: what this call does differently, see `CallOptions`.

        Returns:
            The workspace as it is now.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: no workspace has this id.

        Source: EdgeQuake API, ``PUT /api/v1/workspaces/{workspace_id}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/workspaces/{workspace_id}",
            path_params={"workspace_id": workspace_id},
            json=without_none(
                name=name,
                description=description,
                is_active=is_active,
                max_documents=max_documents,
                llm_model=llm_model,
                llm_provider=llm_provider,
                embedding_model=embedding_model,
                embedding_provider=embedding_provider,
                embedding_dimension=embedding_dimension,
                vision_llm_model=vision_llm_model,
                vision_llm_provider=vision_llm_provider,
                pdf_parser_backend=pdf_parser_backend,
                entity_types=entity_types,
                entity_types_strict=entity_types_strict,
            ),
            model=Workspace,
            **options,
        )

    async def delete(self, workspace_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a workspace.

        Args:
            workspace_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

        Source: EdgeQuake API, ``DELETE /api/v1/workspaces/{workspace_id}``.
        """
        await self._client.request(
            "DELETE",
            "/api/v1/workspaces/{workspace_id}",
            path_params={"workspace_id": workspace_id},
            model=None,
            **options,
        )

    async def stats(self, workspace_id: str, **options: Unpack[CallOptions]) -> WorkspaceStats:
        """Fetch how much is in a workspace.

        Args:
            workspace_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}/stats``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/workspaces/{workspace_id}/stats",
            path_params={"workspace_id": workspace_id},
            model=WorkspaceStats,
            **options,
        )

    def list(self, tenant_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]) -> Paginator[Workspace]:
        """All workspaces of a tenant.

        Args:
            tenant_id: the tenant, a UUID.
            limit: how many to fetch at a time, 100 at most; the server's choice is 20.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            NotFoundError: at the first page: no tenant has this id.

        Source: EdgeQuake API, ``GET /api/v1/tenants/{tenant_id}/workspaces``.
        """
        return self._client.paginate(
            "/api/v1/tenants/{tenant_id}/workspaces",
            path_params={"tenant_id": tenant_id},
            params={"limit": limit},
            model=Workspace,
            strategy=_PAGES,
            **options,
        )
