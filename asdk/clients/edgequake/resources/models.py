"""``client.models``: the models that the server knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import EmbeddingModels, LlmModels, ModelCatalog, ModelInfo, Provider
from asdk.http.options import CallOptions
from asdk.records.records import Records
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Models(Resource["EdgeQuake"]):
    """Models and who runs them."""

    async def list_llm(self, **options: Unpack[CallOptions]) -> LlmModels:
        """Fetch the language models.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/llm``.
        """
        return await self._client.request("GET", "/api/v1/models/llm", model=LlmModels, **options)

    async def list_embedding(self, **options: Unpack[CallOptions]) -> EmbeddingModels:
        """Fetch the models for embeddings.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/embedding``.
        """
        return await self._client.request("GET", "/api/v1/models/embedding", model=EmbeddingModels, **options)

    async def health(self, **options: Unpack[CallOptions]) -> Records[Provider]:
        """Ask all providers how they are.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models/health``.
        """
        return Records(await self._client.request("GET", "/api/v1/models/health", model=list[Provider], **options))

    async def provider(self, provider: str, **options: Unpack[CallOptions]) -> Provider:
        """Fetch one provider with its models.

        Args:
            provider: its name, such as ``"openai"``.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the server knows no such provider.

        Source: EdgeQuake API, ``GET /api/v1/models/{provider}``.
        """
        return await self._client.request(
            "GET", "/api/v1/models/{provider}", path_params={"provider": provider}, model=Provider, **options
        )

    async def model(self, provider: str, model: str, **options: Unpack[CallOptions]) -> ModelInfo:
        """Fetch one model.

        Args:
            provider: who runs it, such as ``"openai"``.
            model: its name.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the server knows no such model.

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
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/models``.
        """
        return await self._client.request("GET", "/api/v1/models", model=ModelCatalog, **options)
