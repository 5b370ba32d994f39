"""Cost of processing: prices, estimates, sums over time, and the budget of a workspace."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import ApiError, RejectedError, not_found
from asdk.sandbox.edgequake.store.costs import INPUT_PER_1K, OUTPUT_PER_1K, cost_of
from asdk.sandbox.edgequake.store.documents import Document
from asdk.sandbox.edgequake.store.tenants import EMBEDDING_MODEL, LLM_MODEL, LLM_PROVIDER

_PRICES = {LLM_MODEL: (INPUT_PER_1K, OUTPUT_PER_1K), EMBEDDING_MODEL: (0.00002, 0.0)}


@attrs.frozen
class EstimateRequest:
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    content_length: int | None = None
    """The vendor package's spelling, in characters; strict servers ignore it."""


@attrs.frozen
class BudgetRequest:
    monthly_budget_usd: float | None = None
    spent_usd: float | None = None
    remaining_usd: float | None = None
    alert_threshold: float | None = None
    is_over_budget: bool | None = None


async def pricing(call: Call) -> web.Response:
    rows = [
        call.also({"model": name, "input_cost_per_1k": read, "output_cost_per_1k": written}, provider=LLM_PROVIDER)
        for name, (read, written) in _PRICES.items()
    ]
    return call.reply({"models": rows})


async def estimate(call: Call) -> web.Response:
    wanted = await call.body(EstimateRequest)
    model, read, written = wanted.model, wanted.input_tokens, wanted.output_tokens
    if not call.state.settings.strict and wanted.content_length is not None:
        model, read, written = model or LLM_MODEL, wanted.content_length // 4, 0
    if model is None or read is None or written is None:
        raise RejectedError(422, "Failed to deserialize the JSON body into the target type: missing field")
    if model not in _PRICES:
        raise not_found("Model", model)
    per_read, per_written = _PRICES[model]
    usd = round((read * per_read + written * per_written) / 1000, 8)
    return call.reply(
        {
            "model": model,
            "input_tokens": read,
            "output_tokens": written,
            "estimated_cost_usd": usd,
            "formatted_cost": f"${usd:.6f}",
        }
    )


async def summary(call: Call) -> web.Response:
    documents = _processed(call)
    costs = [cost_of(document) for document in documents]
    total, tokens = round(sum(cost.usd for cost in costs), 8), sum(cost.total_tokens for cost in costs)
    extraction = {
        "operation": "extraction",
        "cost": total,
        "percentage": 100.0,
        "input_tokens": sum(cost.input_tokens for cost in costs),
        "output_tokens": sum(cost.output_tokens for cost in costs),
        "total_tokens": tokens,
        "call_count": len(costs),
    }
    body: Json = {
        "workspace_id": call.workspace_id,
        "total_cost": total,
        "document_count": len(costs),
        "total_tokens": tokens,
        "average_cost_per_document": total / len(costs) if costs else 0.0,
        "by_operation": [extraction] if costs else [],
        "budget": _budget(call),
    }
    if documents:
        body["period_start"] = rfc3339(min(document.created_at for document in documents))
        body["period_end"] = rfc3339(max(document.updated_at for document in documents))
    return call.reply(call.also(body, total_cost_usd=total))


async def history(call: Call) -> web.Response:
    first, last = _day(call, "start_date"), _day(call, "end_date")
    granularity = call.query("granularity") or "day"
    if granularity not in ("day", "week", "month"):
        raise ApiError("BAD_REQUEST", f"unknown granularity: {granularity}")
    by_period: defaultdict[date, list[Document]] = defaultdict(list)
    for document in _processed(call):
        day = datetime.fromtimestamp(document.created_at, UTC).date()
        if (first is None or day >= first) and (last is None or day <= last):
            by_period[_beginning(day, granularity)].append(document)
    return call.reply([_point(call, day, documents) for day, documents in sorted(by_period.items())])


async def budget(call: Call) -> web.Response:
    return call.reply(_budget(call))


async def update_budget(call: Call) -> web.Response:
    wanted = await call.body(BudgetRequest)
    missing = [name for name, value in attrs.asdict(wanted).items() if value is None]
    if call.state.settings.strict and missing:  # the vendor's package sends a part of it
        raise RejectedError(
            422, f"Failed to deserialize the JSON body into the target type: missing field `{missing[0]}`"
        )
    extras = call.state.extras(call.workspace_id)
    if wanted.monthly_budget_usd is not None:
        if wanted.monthly_budget_usd < 0:
            raise ApiError("BAD_REQUEST", "monthly_budget_usd must not be negative")
        extras.monthly_budget_usd = wanted.monthly_budget_usd
    if wanted.alert_threshold is not None:
        if not 0 <= wanted.alert_threshold <= 100:
            raise ApiError("BAD_REQUEST", "alert_threshold must be between 0 and 100")
        extras.alert_threshold = wanted.alert_threshold
    return call.reply(_budget(call))


def _processed(call: Call) -> list[Document]:
    return [document for document in call.library.all() if document.chunks]


def _budget(call: Call) -> Json:
    extras = call.state.extras(call.workspace_id)
    spent = round(sum(cost_of(document).usd for document in _processed(call)), 8)
    return {
        "monthly_budget_usd": extras.monthly_budget_usd,
        "spent_usd": spent,
        "remaining_usd": round(max(extras.monthly_budget_usd - spent, 0.0), 8),
        "alert_threshold": extras.alert_threshold,
        "is_over_budget": spent > extras.monthly_budget_usd,
    }


def _point(call: Call, day: date, documents: list[Document]) -> Json:
    costs = [cost_of(document) for document in documents]
    total, tokens = round(sum(cost.usd for cost in costs), 8), sum(cost.total_tokens for cost in costs)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    point: Json = {
        "timestamp": rfc3339(moment.timestamp()),
        "total_cost": total,
        "total_tokens": tokens,
        "document_count": len(documents),
    }
    return call.also(point, date=day.isoformat(), cost_usd=total, tokens=tokens)


def _day(call: Call, name: str) -> date | None:
    text = call.query(name)
    try:
        return None if not text else datetime.fromisoformat(text).date()
    except ValueError:
        raise ApiError("BAD_REQUEST", f"neither a date nor a time: {text}") from None


def _beginning(day: date, granularity: str) -> date:
    if granularity == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if granularity == "week" else day


ROUTES = (
    Route("GET", "/api/v1/pipeline/costs/pricing", pricing),
    Route("POST", "/api/v1/pipeline/costs/estimate", estimate, reads=True),
    Route("GET", "/api/v1/costs/summary", summary),
    Route("GET", "/api/v1/costs/history", history),
    Route("GET", "/api/v1/costs/budget", budget),
    Route("PATCH", "/api/v1/costs/budget", update_budget),
)
