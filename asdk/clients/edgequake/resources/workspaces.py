"""``client.workspaces``: where documents lie. Made and listed within a tenant, fetched and changed by their own id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import (
    MetricsSnapshot,
    RebuiltEmbeddings,
    RebuiltGraph,
    ReprocessedWorkspace,
    Workspace,
    WorkspaceStats,
)
from asdk.http.options import CallOptions, omit_none
from asdk.pagination import Offset, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake

_PAGES = Offset(items="items", total="total")
_SNAPSHOTS = Offset(items="snapshots", total=None)


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

    async def trigger_metrics_snapshot(self, workspace_id: str, **options: Unpack[CallOptions]) -> MetricsSnapshot:
        """Measure a workspace now.

        Args:
            workspace_id: its id, a UUID.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

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
        """Make all vectors of a workspace anew, such as with another model.

        Args:
            workspace_id: its id, a UUID.
            embedding_model: the model from now on.
            embedding_provider: who runs it.
            embedding_dimension: the length of its vectors.
            force: also where nothing has changed.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

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
        """Throw the graph of a workspace away and extract it anew.

        Args:
            workspace_id: its id, a UUID.
            llm_model: the language model from now on.
            llm_provider: who runs it.
            force: also where nothing has changed.
            max_documents: how many documents at most.
            rebuild_embeddings: make the vectors anew as well.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

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
            workspace_id: its id, a UUID.
            include_completed: also those that are complete.
            max_documents: how many at most.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: no workspace has this id.

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
        """What a workspace was measured to be, newest first.

        Args:
            workspace_id: its id, a UUID.
            limit: how many to fetch at a time, 1,000 at most; the server's choice is 100.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            NotFoundError: at the first page: no workspace has this id.

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
