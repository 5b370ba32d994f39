"""Health of the server: the responses of the probes."""

from __future__ import annotations

from typing import Any

from asdk import OpenEnum, model


class HealthStatus(OpenEnum):
    """Overall status of the server."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"


class StorageMode(OpenEnum):
    """Storage of the server; data in memory is lost when the server stops."""

    MEMORY = "memory"
    POSTGRESQL = "postgresql"


@model
class Components:
    """Health of the parts of the server."""

    kv_storage: bool
    vector_storage: bool
    graph_storage: bool
    llm_provider: bool


@model
class Health:
    """Health of the server; ``workspace_id`` is its default workspace."""

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
