"""Models, providers and settings of the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk import OpenEnum, model


class ConnectionStatus(OpenEnum):
    """Connection status of a provider."""

    CONNECTED = "connected"
    CONNECTING = "connecting"
    DISCONNECTED = "disconnected"
    ERROR = "error"


@model
class ModelCapabilities:
    """Capabilities of a model; lengths are in tokens."""

    context_length: int
    max_output_tokens: int
    supports_vision: bool
    supports_function_calling: bool
    supports_json_mode: bool
    supports_streaming: bool
    supports_system_message: bool
    embedding_dimension: int


@model
class ModelCost:
    """Prices of a model, in US dollars."""

    input_per_1k: float
    output_per_1k: float
    embedding_per_1k: float
    image_per_unit: float


@model
class ModelInfo:
    """Model that the server knows."""

    name: str
    display_name: str
    model_type: str
    description: str
    deprecated: bool
    capabilities: ModelCapabilities
    cost: ModelCost
    replacement: str | None = None
    tags: list[str] | None = None
    available: bool | None = None
    discovery_source: str | None = None


@model
class ProviderHealth:
    """Availability of a provider."""

    available: bool
    latency_ms: int
    checked_at: datetime
    error: str | None = None


@model
class ConfigRequirement:
    """Environment variable of the server that a provider needs."""

    env_var: str
    required: bool
    description: str
    satisfied: bool


@model
class Provider:
    """Provider with its models."""

    name: str
    display_name: str
    provider_type: str
    enabled: bool
    priority: int
    description: str
    models: list[ModelInfo]
    health: ProviderHealth | None = None
    auth_kind: str | None = None
    config_requirements: list[ConfigRequirement] | None = None


@model
class ModelCatalog:
    """All providers with their models, and the defaults."""

    providers: list[Provider]
    default_llm_provider: str
    default_llm_model: str
    default_embedding_provider: str
    default_embedding_model: str


@model
class LlmModels:
    """Language models, as the server describes them."""

    models: list[dict[str, Any]]
    default_provider: str
    default_model: str


@model
class EmbeddingModels:
    """Embedding models, as the server describes them."""

    models: list[dict[str, Any]]
    default_provider: str
    default_model: str


@model
class DefaultModels:
    """Default models of a provider."""

    chat_model: str
    embedding_model: str
    embedding_dimension: int


@model
class ProviderInfo:
    """Available provider with its requirements."""

    id: str
    name: str
    description: str
    available: bool
    config_requirements: list[ConfigRequirement]
    default_models: DefaultModels


@model
class AvailableProviders:
    """Available providers and active providers."""

    llm_providers: list[ProviderInfo]
    embedding_providers: list[ProviderInfo]
    active_llm_provider: str
    active_embedding_provider: str


@model
class LlmProviderStatus:
    """Active provider of language models."""

    name: str
    type: str
    status: ConnectionStatus
    model: str
    config: Any
    base_url: str | None = None


@model
class EmbeddingProviderStatus:
    """Active provider of embeddings."""

    name: str
    type: str
    status: ConnectionStatus
    model: str
    dimension: int


@model
class VectorStorageStatus:
    """Storage of vectors; ``dimension_mismatch`` is true if they do not fit the model."""

    type: str
    dimension: int
    dimension_mismatch: bool
    namespace: str


@model
class StatusMetadata:
    """Time of the check and uptime of the server."""

    checked_at: datetime
    uptime_seconds: int


@model
class ProviderStatus:
    """Current provider, embeddings and storage."""

    provider: LlmProviderStatus
    embedding: EmbeddingProviderStatus
    storage: VectorStorageStatus
    metadata: StatusMetadata


@model
class ConfigLevel:
    """One level of the settings."""

    level: str
    label: str
    active: bool
    provider: str | None = None
    model: str | None = None
    source: str | None = None
    note: str | None = None


@model
class ConfigArea:
    """Effective settings for one kind of model, with their levels."""

    levels: list[ConfigLevel]
    effective_provider: str
    effective_model: str
    has_mismatch: bool
    mismatch_description: str | None = None


@model
class EffectiveConfig:
    """Effective settings of the caller's workspace, with their origin."""

    llm: ConfigArea
    embedding: ConfigArea
    vision: ConfigArea
    priority_rule: str
    priority_mode: str
    server_config_available: bool


@model
class ServerDefaults:
    """Default settings of tenants."""

    default_max_workspaces: int
    note: str | None = None


@model
class TenantQuota:
    """Maximum number of workspaces of a tenant."""

    tenant_id: str
    max_workspaces: int
    previous_max_workspaces: int
    current_workspace_count: int


@model
class Connection:
    """Stored endpoint of a provider. Its key is never returned, only whether one is configured."""

    id: str
    slug: str
    display_name: str
    api_shape: str
    locality: str
    base_url: str
    auth_scheme: str
    key_configured: bool
    timeout_secs: int
    allow_private_network: bool
    source: str
    tenant_id: str | None = None
    key_fingerprint: str | None = None
    last_test_ok: bool | None = None
    last_test_error: str | None = None


@model
class ProbeResult:
    """Result of testing a provider; ``latency_ms`` is in milliseconds."""

    ok: bool
    kind: str
    latency_ms: int
    message: str
    models: list[str]
    chat_ok: bool
    embed_ok: bool
    list_ok: bool
    embedding_dimension: int | None = None
