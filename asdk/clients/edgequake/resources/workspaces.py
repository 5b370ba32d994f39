"""``client.workspaces``: workspaces, which contain documents. Each belongs to a tenant and has an id of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource, omit_none
from asdk.clients.edgequake.models import (
    MetricsSnapshot,
    RebuiltEmbeddings,
    RebuiltGraph,
    ReprocessedWorkspace,
    Workspace,
    WorkspaceStats,
)
from asdk.pagination import Offset, Paginator

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")
_SNAPSHOTS = Offset(items="snapshots", total=None)


class Workspaces(Resource["EdgeQuake"]):
    """Workspaces of tenants."""

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
        """Create a workspace. Omitted models default to the models of its tenant.

        Args:
            tenant_id: the id of its tenant, a UUID.
            name: the name.
            slug: the name in URLs; by default derived from the name.
            description: its purpose.
            max_documents: the maximum number of documents.
            llm_model: the language model.
            llm_provider: the provider of the model.
            embedding_model: the embedding model.
            embedding_provider: the provider of the model.
            embedding_dimension: the length of the vectors.
            vision_llm_model: the vision model for images in PDF files.
            vision_llm_provider: the provider of the model.
            pdf_parser_backend: the parser for PDF files, by the server's names.
            entity_types: the types of entities to extract.
            entity_types_strict: extract only these types.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the tenant does not exist.
            ConflictError: the slug is already in use.

        Source: EdgeQuake API, ``POST /api/v1/tenants/{tenant_id}/workspaces``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/tenants/{tenant_id}/workspaces",
            path_params={"tenant_id": tenant_id},
            json=omit_none(
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
            workspace_id: the id of the workspace, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

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
        """Fetch one workspace of a tenant by its slug.

        Args:
            tenant_id: the id of its tenant, a UUID.
            slug: the name in URLs, such as ``"default"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the tenant or the workspace does not exist.

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
        """Update a workspace. Omitted arguments are not changed.

        Args:
            workspace_id: the id of the workspace, a UUID.
            name: the name.
            description: its purpose.
            is_active: whether the tenant is active.
            max_documents: the maximum number of documents.
            llm_model: the language model.
            llm_provider: the provider of the model.
            embedding_model: the embedding model.
            embedding_provider: the provider of the model.
            embedding_dimension: the length of the vectors.
            vision_llm_model: the vision model for images in PDF files.
            vision_llm_provider: the provider of the model.
            pdf_parser_backend: the parser for PDF files, by the server's names.
            entity_types: the types of entities to extract.
            entity_types_strict: extract only these types.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated workspace.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``PUT /api/v1/workspaces/{workspace_id}``.
        """
        return await self._client.request(
            "PUT",
            "/api/v1/workspaces/{workspace_id}",
            path_params={"workspace_id": workspace_id},
            json=omit_none(
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
            workspace_id: the id of the workspace, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

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
        """Fetch the statistics of a workspace.

        Args:
            workspace_id: the id of the workspace, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}/stats``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/workspaces/{workspace_id}/stats",
            path_params={"workspace_id": workspace_id},
            model=WorkspaceStats,
            **options,
        )

    async def trigger_metrics_snapshot(self, workspace_id: str, **options: Unpack[CallOptions]) -> MetricsSnapshot:
        """Record the metrics of a workspace now.

        Args:
            workspace_id: the id of the workspace, a UUID.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``POST /api/v1/workspaces/{workspace_id}/metrics-snapshot``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/workspaces/{workspace_id}/metrics-snapshot",
            path_params={"workspace_id": workspace_id},
            model=MetricsSnapshot,
            **options,
        )

    async def rebuild_embeddings(
        self,
        workspace_id: str,
        *,
        embedding_model: str | None = None,
        embedding_provider: str | None = None,
        embedding_dimension: int | None = None,
        force: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> RebuiltEmbeddings:
        """Rebuild all embeddings of a workspace, for example with another model.

        Args:
            workspace_id: the id of the workspace, a UUID.
            embedding_model: the new embedding model.
            embedding_provider: the provider of the model.
            embedding_dimension: the length of the vectors.
            force: rebuild even if nothing has changed.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``POST /api/v1/workspaces/{workspace_id}/rebuild-embeddings``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/workspaces/{workspace_id}/rebuild-embeddings",
            path_params={"workspace_id": workspace_id},
            json=omit_none(
                embedding_model=embedding_model,
                embedding_provider=embedding_provider,
                embedding_dimension=embedding_dimension,
                force=force,
            ),
            model=RebuiltEmbeddings,
            **options,
        )

    async def rebuild_knowledge_graph(
        self,
        workspace_id: str,
        *,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        force: bool | None = None,
        max_documents: int | None = None,
        rebuild_embeddings: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> RebuiltGraph:
        """Delete the graph of a workspace and extract it again.

        Args:
            workspace_id: the id of the workspace, a UUID.
            llm_model: the new language model.
            llm_provider: the provider of the model.
            force: rebuild even if nothing has changed.
            max_documents: the maximum number of documents.
            rebuild_embeddings: rebuild the embeddings as well.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``POST /api/v1/workspaces/{workspace_id}/rebuild-knowledge-graph``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/workspaces/{workspace_id}/rebuild-knowledge-graph",
            path_params={"workspace_id": workspace_id},
            json=omit_none(
                llm_model=llm_model,
                llm_provider=llm_provider,
                force=force,
                max_documents=max_documents,
                rebuild_embeddings=rebuild_embeddings,
            ),
            model=RebuiltGraph,
            **options,
        )

    async def reprocess_documents(
        self,
        workspace_id: str,
        *,
        include_completed: bool | None = None,
        max_documents: int | None = None,
        **options: Unpack[CallOptions],
    ) -> ReprocessedWorkspace:
        """Process the documents of a workspace again.

        Args:
            workspace_id: the id of the workspace, a UUID.
            include_completed: include completed documents.
            max_documents: the maximum number of documents.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the workspace does not exist.

        Source: EdgeQuake API, ``POST /api/v1/workspaces/{workspace_id}/reprocess-documents``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/workspaces/{workspace_id}/reprocess-documents",
            path_params={"workspace_id": workspace_id},
            json=omit_none(include_completed=include_completed, max_documents=max_documents),
            model=ReprocessedWorkspace,
            **options,
        )

    def metrics_history(
        self, workspace_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> Paginator[MetricsSnapshot]:
        """List the recorded metrics of a workspace, newest first.

        Args:
            workspace_id: the id of the workspace, a UUID.
            limit: items per page, at most 1,000; the server's default is 100.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: on the first page: the workspace does not exist.

        Source: EdgeQuake API, ``GET /api/v1/workspaces/{workspace_id}/metrics-history``.
        """
        return self._client.paginate(
            "/api/v1/workspaces/{workspace_id}/metrics-history",
            path_params={"workspace_id": workspace_id},
            params={"limit": limit},
            model=MetricsSnapshot,
            strategy=_SNAPSHOTS,
            **options,
        )

    def list(self, tenant_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]) -> Paginator[Workspace]:
        """List the workspaces of a tenant.

        Args:
            tenant_id: the id of the tenant, a UUID.
            limit: items per page, at most 100; the server's default is 20.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: on the first page: the tenant does not exist.

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
