"""``client.pipeline``: what processes documents, and what it charges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk.clients.edgequake.models import CancelledPipeline, CostEstimate, PipelineStatus, Pricing, QueueMetrics
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Pipeline(Resource["EdgeQuake"]):
    """The pipeline that processes documents."""

    async def status(self, **options: Unpack[CallOptions]) -> PipelineStatus:
        """Ask what the pipeline does.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/pipeline/status``.
        """
        return await self._client.request("GET", "/api/v1/pipeline/status", model=PipelineStatus, **options)

    async def cancel(self, **options: Unpack[CallOptions]) -> CancelledPipeline:
        """Stop the pipeline: what has not been processed is given up.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``POST /api/v1/pipeline/cancel``.
        """
        return await self._client.request("POST", "/api/v1/pipeline/cancel", model=CancelledPipeline, **options)

    async def queue_metrics(
        self, *, tenant_id: str | None = None, workspace_id: str | None = None, **options: Unpack[CallOptions]
    ) -> QueueMetrics:
        """Ask how busy the pipeline is.

        Args:
            tenant_id: of this tenant only.
            workspace_id: of this workspace only.
            options: what this call does differently, see `CallOptions`.

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
        """Fetch what the models cost.

        Args:
            options: what this call does differently, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/pipeline/costs/pricing``.
        """
        return await self._client.request("GET", "/api/v1/pipeline/costs/pricing", model=Pricing, **options)

    async def estimate_cost(
        self, model: str, *, input_tokens: int, output_tokens: int, **options: Unpack[CallOptions]
    ) -> CostEstimate:
        """Ask what a number of tokens would cost.

        Args:
            model: the model.
            input_tokens: how many it reads.
            output_tokens: how many it writes.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the price of this model is not known.

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
