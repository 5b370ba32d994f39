"""Costs of processing, in US dollars and tokens."""

from __future__ import annotations

from datetime import datetime

from asdk import model


@model
class ModelPrice:
    """Price of a thousand tokens of a model."""

    model: str
    input_cost_per_1k: float
    output_cost_per_1k: float


@model
class Pricing:
    """Models with a known price."""

    models: list[ModelPrice]


@model
class CostEstimate:
    """Estimated cost of a number of tokens."""

    model: str
    input_tokens: int
    output_tokens: int
    estimated_cost_usd: float
    formatted_cost: str


@model
class Budget:
    """Monthly budget of a workspace. ``alert_threshold`` is a share of it, in percent."""

    monthly_budget_usd: float
    spent_usd: float
    remaining_usd: float
    alert_threshold: float
    is_over_budget: bool


@model
class OperationCost:
    """Cost of one kind of operation; ``percentage`` is its share of the total."""

    operation: str
    cost: float
    percentage: float
    input_tokens: int
    output_tokens: int
    total_tokens: int
    call_count: int


@model
class CostSummary:
    """Total costs of a workspace."""

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
    """Costs of a day, a week or a month."""

    timestamp: datetime
    total_cost: float
    total_tokens: int
    document_count: int
