"""Models, who runs them, and how the server is set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asdk.models.declaration import OpenEnum, model


class ConnectionStatus(OpenEnum):
    """Whether a provider is connected."""

    CONNECTED = "connected"
    CONNECTING = "connecting"
    DISCONNECTED = "disconnected"
    ERROR = "error"


@model
class ModelCapabilities:
    """What a model can do; lengths are in tokens."""

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
    """What a model costs, in US dollars."""

    input_per_1k: float
    output_per_1k: float
    embedding_per_1k: float
    image_per_unit: float


@model
class ModelInfo:
    """A model that the server knows."""

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
    """Whether a provider answers."""

    available: bool
    latency_ms: int
    checked_at: datetime
    error: str | None = None


@model
class ConfigRequirement:
    """A variable of the server's environment that a provider needs."""

    env_var: str
    required: bool
    description: str
    satisfied: bool


@model
class Provider:
    """Who runs models, and which."""

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
    """All providers with their models, and what is used where nothing is named."""

    providers: list[Provider]
    default_llm_provider: str
    default_llm_model: str
    default_embedding_provider: str
    default_embedding_model: str


@model
class LlmModels:
    """The language models, as the server describes them."""

    models: list[dict[str, Any]]
    default_provider: str
    default_model: str


@model
class EmbeddingModels:
    """The models for embeddings, as the server describes them."""

    models: list[dict[str, Any]]
    default_provider: str
    default_model: str


@model
class DefaultModels:
    """What a provider uses where nothing is named."""

    chat_model: str
    embedding_model: str
    embedding_dimension: int


@model
class ProviderInfo:
    """A provider that may be chosen, and what it still needs."""

    id: str
    name: str
    description: str
    available: bool
    config_requirements: list[ConfigRequirement]
    default_models: DefaultModels


@model
class AvailableProviders:
    """The providers that may be chosen, and those in use."""

    llm_providers: list[ProviderInfo]
    embedding_providers: list[ProviderInfo]
    active_llm_provider: str
    active_embedding_provider: str


@model
class LlmProviderStatus:
    """The provider of language models in use."""

    name: str
    type: str
    status: ConnectionStatus
    model: str
    config: Any
    base_url: str | None = None


@model
class EmbeddingProviderStatus:
    """The provider of embeddings in use."""

    name: str
    type: str
    status: ConnectionStatus
    model: str
    dimension: int


@model
class VectorStorageStatus:
    """Where vectors are kept, and whether they fit the model."""

    type: str
    dimension: int
    dimension_mismatch: bool
    namespace: str


@model
class StatusMetadata:
    """When this was found out."""

    checked_at: datetime
    uptime_seconds: int


@model
class ProviderStatus:
    """What is in use at the moment."""

    provider: LlmProviderStatus
    embedding: EmbeddingProviderStatus
    storage: VectorStorageStatus
    metadata: StatusMetadata


@model
class ConfigLevel:
    """What one level of the settings says."""

    level: str
    label: str
    active: bool
    provider: str | None = None
    model: str | None = None
    source: str | None = None
    note: str | None = None


@model
class ConfigArea:
    """What the levels come to for one kind of model."""

    levels: list[ConfigLevel]
    effective_provider: str
    effective_model: str
    has_mismatch: bool
    mismatch_description: str | None = None


@model
class EffectiveConfig:
    """The settings that hold for the caller's workspace, and why."""

    llm: ConfigArea
    embedding: ConfigArea
    vision: ConfigArea
    priority_rule: str
    priority_mode: str
    server_config_available: bool


@model
class ServerDefaults:
    """What holds for tenants that nothing else was set for."""

    default_max_workspaces: int
    note: str | None = None


@model
class TenantQuota:
    """How many workspaces a tenant may have."""

    tenant_id: str
    max_workspaces: int
    previous_max_workspaces: int
    current_workspace_count: int


@model
class Connection:
    """An endpoint of a provider that the server keeps. Its key is never given out, only whether there is one."""

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
    """What trying out a provider came to; ``latency_ms`` is in milliseconds."""

    ok: bool
    kind: str
    latency_ms: int
    message: str
    models: list[str]
    chat_ok: bool
    embed_ok: bool
    list_ok: bool
    embedding_dimension: int | None = None
