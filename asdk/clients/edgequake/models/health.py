"""How the server is: the replies of the probes."""

from __future__ import annotations

from typing import Any

from asdk.models.declaration import OpenEnum, model


class HealthStatus(OpenEnum):
    """How the server is as a whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"


class StorageMode(OpenEnum):
    """Where the server keeps its data; what is in memory ends with it."""

    MEMORY = "memory"
    POSTGRESQL = "postgresql"


@model
class Components:
    """Which parts of the server work."""

    kv_storage: bool
    vector_storage: bool
    graph_storage: bool
    llm_provider: bool


@model
class Health:
    """How the server is; ``workspace_id`` is its default workspace."""

    status: HealthStatus
    version: str
    storage_mode: StorageMode
    workspace_id: str
    components: Components
    llm_provider_name: str | None = None
    pdf_storage_enabled: bool | None = None
    providers: dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    build_info: dict[str, Any] | None = None
    capabilities: dict[str, Any] | None = None
    operational: dict[str, Any] | None = None
    attribution: dict[str, Any] | None = None
