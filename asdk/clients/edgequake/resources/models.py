"""``client.models``: models that the server knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Records, Resource
from asdk.clients.edgequake.models import EmbeddingModels, LlmModels, ModelCatalog, ModelInfo, Provider

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Models(Resource["EdgeQuake"]):
    """Models and their providers."""

    async def list_llm(self, **options: Unpack[CallOptions]) -> LlmModels:
        """Fetch the language models.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/llm``.
        """
        return await self._client.request("GET", "/api/v1/models/llm", model=LlmModels, **options)

    async def list_embedding(self, **options: Unpack[CallOptions]) -> EmbeddingModels:
        """Fetch the embedding models.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/embedding``.
        """
        return await self._client.request("GET", "/api/v1/models/embedding", model=EmbeddingModels, **options)

    async def health(self, **options: Unpack[CallOptions]) -> Records[Provider]:
        """Check the health of all providers.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/health``.
        """
        return Records(await self._client.request("GET", "/api/v1/models/health", model=list[Provider], **options))

    async def provider(self, provider: str, **options: Unpack[CallOptions]) -> Provider:
        """Fetch one provider with its models.

        Args:
            provider: the name of the provider, such as ``"openai"``.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the server does not know the provider.

        Source: EdgeQuake API, ``GET /api/v1/models/{provider}``.
        """
        return await self._client.request(
            "GET", "/api/v1/models/{provider}", path_params={"provider": provider}, model=Provider, **options
        )

    async def model(self, provider: str, model: str, **options: Unpack[CallOptions]) -> ModelInfo:
        """Fetch one model.

        Args:
            provider: the provider of the model, such as ``"openai"``.
            model: the name of the model.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the server does not know the model.

        Source: EdgeQuake API, ``GET /api/v1/models/{provider}/{model}``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/models/{provider}/{model}",
            path_params={"provider": provider, "model": model},
            model=ModelInfo,
            **options,
        )

    async def list(self, **options: Unpack[CallOptions]) -> ModelCatalog:
        """Fetch all providers with their models.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models``.
        """
        return await self._client.request("GET", "/api/v1/models", model=ModelCatalog, **options)
