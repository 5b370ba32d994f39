"""What processing costs, in US dollars and tokens."""

from __future__ import annotations

from datetime import datetime

from asdk.models.declaration import model


@model
class ModelPrice:
    """What a thousand tokens of a model cost."""

    model: str
    input_cost_per_1k: float
    output_cost_per_1k: float


@model
class Pricing:
    """The models whose price is known."""

    models: list[ModelPrice]


@model
class CostEstimate:
    """What a number of tokens would cost."""

    model: str
    input_tokens: int
    output_tokens: int
    estimated_cost_usd: float
    formatted_cost: str


@model
class Budget:
    """What a workspace may spend in a month. ``alert_threshold`` is a share of it, in percent."""

    monthly_budget_usd: float
    spent_usd: float
    remaining_usd: float
    alert_threshold: float
    is_over_budget: bool


@model
class OperationCost:
    """What one kind of operation cost; ``percentage`` is of the total."""

    operation: str
    cost: float
    percentage: float
    input_tokens: int
    output_tokens: int
    total_tokens: int
    call_count: int


@model
class CostSummary:
    """What a workspace cost so far."""

    workspace_id: str
    total_cost: float
    document_count: int
    total_tokens: int
    average_cost_per_document: float
    by_operation: list[OperationCost]
    period_start: str | None = None
    period_end: str | None = None
    budget: Budget | None = None


@model
class CostPoint:
    """What a day, a week or a month cost."""

    timestamp: datetime
    total_cost: float
    total_tokens: int
    document_count: int
