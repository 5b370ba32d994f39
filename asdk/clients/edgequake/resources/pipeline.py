"""``client.pipeline``: status and prices of document processing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Resource
from asdk.clients.edgequake.models import CancelledPipeline, CostEstimate, PipelineStatus, Pricing, QueueMetrics

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Pipeline(Resource["EdgeQuake"]):
    """Pipeline that processes documents."""

    async def status(self, **options: Unpack[CallOptions]) -> PipelineStatus:
        """Fetch the status of the pipeline.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/pipeline/status``.
        """
        return await self._client.request("GET", "/api/v1/pipeline/status", model=PipelineStatus, **options)

    async def cancel(self, **options: Unpack[CallOptions]) -> CancelledPipeline:
        """Stop the pipeline and cancel documents that are not processed.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``POST /api/v1/pipeline/cancel``.
        """
        return await self._client.request("POST", "/api/v1/pipeline/cancel", model=CancelledPipeline, **options)

    async def queue_metrics(
        self, *, tenant_id: str | None = None, workspace_id: str | None = None, **options: Unpack[CallOptions]
    ) -> QueueMetrics:
        """Fetch the load of the pipeline.

        Args:
            tenant_id: only metrics of this tenant.
            workspace_id: only metrics of this workspace.
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/pipeline/queue-metrics``.
        """
        return await self._client.request(
            "GET",
            "/api/v1/pipeline/queue-metrics",
            params={"tenant_id": tenant_id, "workspace_id": workspace_id},
            model=QueueMetrics,
            **options,
        )

    async def pricing(self, **options: Unpack[CallOptions]) -> Pricing:
        """Fetch the prices of the models.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/pipeline/costs/pricing``.
        """
        return await self._client.request("GET", "/api/v1/pipeline/costs/pricing", model=Pricing, **options)

    async def estimate_cost(
        self, model: str, *, input_tokens: int, output_tokens: int, **options: Unpack[CallOptions]
    ) -> CostEstimate:
        """Estimate the cost of a number of tokens.

        Args:
            model: the model.
            input_tokens: the number of input tokens.
            output_tokens: the number of output tokens.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the price of the model is unknown.

        Source: EdgeQuake API, ``POST /api/v1/pipeline/costs/estimate``.
        """
        return await self._client.request(
            "POST",
            "/api/v1/pipeline/costs/estimate",
            json={"model": model, "input_tokens": input_tokens, "output_tokens": output_tokens},
            idempotent=True,
            model=CostEstimate,
            **options,
        )
