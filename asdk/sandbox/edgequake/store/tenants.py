"""Tenants and their workspaces: names, slugs and configured models."""

import re
from collections.abc import Mapping
from typing import Any

import attrs

from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.ids import Ids

LLM_PROVIDER, LLM_MODEL = "openai", "gpt-4.1-nano"
EMBEDDING_PROVIDER, EMBEDDING_MODEL, EMBEDDING_DIMENSION = "openai", "text-embedding-3-small", 1536
DEFAULT_MAX_WORKSPACES = 100


@attrs.define(eq=False, kw_only=True)
class Tenant:
    id: str
    name: str
    slug: str
    created_at: str
    updated_at: str
    description: str | None = None
    plan: str = "free"
    is_active: bool = True
    max_workspaces: int = DEFAULT_MAX_WORKSPACES
    default_llm_model: str = LLM_MODEL
    default_llm_provider: str = LLM_PROVIDER
    default_embedding_model: str = EMBEDDING_MODEL
    default_embedding_provider: str = EMBEDDING_PROVIDER
    default_embedding_dimension: int = EMBEDDING_DIMENSION
    default_vision_llm_model: str | None = None
    default_vision_llm_provider: str | None = None


@attrs.define(eq=False, kw_only=True)
class Workspace:
    id: str
    tenant_id: str
    name: str
    slug: str
    created_at: str
    updated_at: str
    llm_model: str
    llm_provider: str
    embedding_model: str
    embedding_provider: str
    embedding_dimension: int
    description: str | None = None
    is_active: bool = True
    max_documents: int | None = None
    vision_llm_model: str | None = None
    vision_llm_provider: str | None = None
    pdf_parser_backend: str | None = None
    entity_types: list[str] | None = None
    entity_types_strict: bool = False


class Tenants:
    """All tenants and workspaces, in order of creation."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._tenants: dict[str, Tenant] = {}
        self._workspaces: dict[str, Workspace] = {}

    def all(self) -> list[Tenant]:
        return list(self._tenants.values())

    def get(self, tenant_id: str) -> Tenant:
        """Return a tenant. Raise ApiError NOT_FOUND if it is unknown."""
        tenant = self._tenants.get(tenant_id)
        if tenant is None:
            raise not_found("Tenant", tenant_id)
        return tenant

    def create(self, name: str, slug: str | None, given: Mapping[str, Any], *, tenant_id: str | None = None) -> Tenant:
        """Create a tenant. ``given`` has further fields; None keeps a default. Raise ApiError BAD_REQUEST, CONFLICT."""
        slug = _slug(name, slug, taken={tenant.slug for tenant in self._tenants.values()})
        now = rfc3339(self._clock())
        chosen = {field: value for field, value in given.items() if value is not None}
        tenant_id = tenant_id or self._ids.uuid()
        tenant = Tenant(id=tenant_id, name=name, slug=slug, created_at=now, updated_at=now, **chosen)
        self._tenants[tenant.id] = tenant
        return tenant

    def delete(self, tenant_id: str) -> list[Workspace]:
        """Delete a tenant with its workspaces, and return those. Raise ApiError NOT_FOUND if it is unknown."""
        workspaces = self.workspaces(tenant_id)
        for workspace in workspaces:
            del self._workspaces[workspace.id]
        del self._tenants[tenant_id]
        return workspaces

    def workspaces(self, tenant_id: str) -> list[Workspace]:
        """Return the workspaces of a tenant. Raise ApiError NOT_FOUND if it is unknown."""
        tenant = self.get(tenant_id)
        return [workspace for workspace in self._workspaces.values() if workspace.tenant_id == tenant.id]

    def workspace(self, workspace_id: str) -> Workspace:
        """Return a workspace. Raise ApiError NOT_FOUND if it is unknown."""
        workspace = self._workspaces.get(workspace_id)
        if workspace is None:
            raise not_found("Workspace", workspace_id)
        return workspace

    def workspace_by_slug(self, tenant_id: str, slug: str) -> Workspace:
        """Return a workspace by its slug. Raise ApiError NOT_FOUND if it is unknown."""
        for workspace in self.workspaces(tenant_id):
            if workspace.slug == slug:
                return workspace
        raise not_found("Workspace", slug)

    def create_workspace(
        self, tenant_id: str, name: str, slug: str | None, given: Mapping[str, Any], *, workspace_id: str | None = None
    ) -> Workspace:
        """Create a workspace; defaults come from the tenant. Raise ApiError BAD_REQUEST, CONFLICT or NOT_FOUND."""
        tenant, siblings = self.get(tenant_id), self.workspaces(tenant_id)
        if len(siblings) >= tenant.max_workspaces:
            raise ApiError("CONFLICT", f"the tenant has its {tenant.max_workspaces} workspaces already")
        slug = _slug(name, slug, taken={workspace.slug for workspace in siblings})
        now = rfc3339(self._clock())
        inherited: dict[str, Any] = {
            "llm_model": tenant.default_llm_model,
            "llm_provider": tenant.default_llm_provider,
            "embedding_model": tenant.default_embedding_model,
            "embedding_provider": tenant.default_embedding_provider,
            "embedding_dimension": tenant.default_embedding_dimension,
            "vision_llm_model": tenant.default_vision_llm_model,
            "vision_llm_provider": tenant.default_vision_llm_provider,
        }
        chosen = inherited | {field: value for field, value in given.items() if value is not None}
        workspace_id = workspace_id or self._ids.uuid()
        workspace = Workspace(
            id=workspace_id, tenant_id=tenant.id, name=name, slug=slug, created_at=now, updated_at=now, **chosen
        )
        self._workspaces[workspace.id] = workspace
        return workspace

    def delete_workspace(self, workspace_id: str) -> Workspace:
        """Delete a workspace. Raise ApiError NOT_FOUND if it is unknown."""
        workspace = self.workspace(workspace_id)
        del self._workspaces[workspace_id]
        return workspace

    def update(self, record: Tenant | Workspace, changes: Mapping[str, Any]) -> None:
        """Set the given fields; None keeps a value. Raise ApiError BAD_REQUEST for an empty name."""
        if changes.get("name") is not None and not changes["name"].strip():
            raise ApiError("BAD_REQUEST", "name must not be empty")
        for field, value in changes.items():
            if value is not None:
                setattr(record, field, value)
        record.updated_at = rfc3339(self._clock())


def _slug(name: str, slug: str | None, *, taken: set[str]) -> str:
    if not name.strip():
        raise ApiError("BAD_REQUEST", "name must not be empty")
    slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"
    if slug in taken:
        raise ApiError("CONFLICT", f"slug already taken: {slug}")
    return slug
