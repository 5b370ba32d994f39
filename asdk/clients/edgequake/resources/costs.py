"""``client.costs``: costs and budget of a workspace."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from asdk import CallOptions, Records, Resource
from asdk.clients.edgequake.models import Budget, CostPoint, CostSummary

if TYPE_CHECKING:
    from asdk.clients.edgequake.client import EdgeQuake


class Costs(Resource["EdgeQuake"]):
    """Costs of a workspace."""

    async def summary(self, **options: Unpack[CallOptions]) -> CostSummary:
        """Fetch the total costs of the workspace.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/costs/summary``.
        """
        return await self._client.request("GET", "/api/v1/costs/summary", model=CostSummary, **options)

    async def history(
        self,
        *,
        start_date: date | str | None = None,
        end_date: date | str | None = None,
        granularity: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Records[CostPoint]:
        """Fetch the costs of the workspace over time.

        Args:
            start_date: the first day.
            end_date: the last day, inclusive.
            granularity: ``"day"``, ``"week"`` or ``"month"``.
            options: per-call options, see `CallOptions`.

        Returns:
            A point for each period with costs, oldest first.

        Raises:
            BadRequestError: the server rejects a value.

        Source: EdgeQuake API, ``GET /api/v1/costs/history``.
        """
        return Records(
            await self._client.request(
                "GET",
                "/api/v1/costs/history",
                params={"start_date": start_date, "end_date": end_date, "granularity": granularity},
                model=list[CostPoint],
                **options,
            )
        )

    async def budget(self, **options: Unpack[CallOptions]) -> Budget:
        """Fetch the budget of the workspace.

        Args:
            options: per-call options, see `CallOptions`.

        Source: EdgeQuake API, ``GET /api/v1/costs/budget``.
        """
        return await self._client.request("GET", "/api/v1/costs/budget", model=Budget, **options)

    async def update_budget(
        self,
        *,
        monthly_budget_usd: float | None = None,
        alert_threshold: float | None = None,
        **options: Unpack[CallOptions],
    ) -> Budget:
        """Update the budget of the workspace. Omitted arguments are not changed.

        The server accepts only complete budgets, so the current one is fetched first.

        Args:
            monthly_budget_usd: the budget per month, in US dollars.
            alert_threshold: the share of the budget at which to warn, in percent.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: a value is rejected, or the call does not name a tenant and a workspace.

        Source: EdgeQuake API, ``GET`` and ``PATCH /api/v1/costs/budget``.
        """
        budget = await self.budget(**options)
        monthly = budget.monthly_budget_usd if monthly_budget_usd is None else monthly_budget_usd
        wanted = Budget(
            monthly_budget_usd=monthly,
            spent_usd=budget.spent_usd,
            remaining_usd=max(monthly - budget.spent_usd, 0.0),
            alert_threshold=budget.alert_threshold if alert_threshold is None else alert_threshold,
            is_over_budget=budget.spent_usd > monthly,
        )
        return await self._client.request("PATCH", "/api/v1/costs/budget", json=wanted, model=Budget, **options)
