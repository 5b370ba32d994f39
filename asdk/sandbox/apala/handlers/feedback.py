"""Feedback on optimized messages, one by one and in bulk."""

from aiohttp import web

from asdk.sandbox.apala.call import Call, Route
from asdk.sandbox.apala.errors import invalid
from asdk.sandbox.apala.handlers.messages import MESSAGE_TYPES, timezone_of
from asdk.sandbox.json_io import Fields, Json, json_reply

_SCORES = frozenset({"good", "bad", "neutral"})
_REWARDS = frozenset(name.lower() for name in MESSAGE_TYPES)


async def submit(call: Call) -> web.Response:
    return json_reply(call.state.messages.record(_entry(call, await call.fields())), 201)


async def submit_bulk(call: Call) -> web.Response:
    # All are checked before the first is stored: a reply never reports partial success.
    entries = [_entry(call, fields) for fields in (await call.fields()).each("feedback")]
    items = [call.state.messages.record(entry) for entry in entries]
    return json_reply({"success": True, "count": len(items), "feedback": items}, 201)


def _entry(call: Call, fields: Fields) -> Json:
    """Check an entry. Raise ApiError: 400, or 404 for an unknown message."""
    message = call.state.messages.get(fields.text("message_id"), call.company.id)
    if not message.is_processed:
        timezone_of(fields)
    return {
        "message_id": message.message_id,
        "customer_responded": fields.flag("customer_responded"),
        "score": _score(fields, whole=message.is_processed),
        "actual_sent_message": fields.optional_text("actual_sent_message"),
        "positive_rewards": _rewards(fields),
        "send_timestamp": fields.moment("send_timestamp"),
        "reply_timestamp": fields.moment("reply_timestamp"),
    }


def _score(fields: Fields, *, whole: bool) -> str | int | None:
    if "score" not in fields:
        return None
    if not whole or isinstance(fields.data["score"], str):
        return fields.one_of("score", _SCORES)
    score = fields.whole("score")
    if not 0 <= score <= 100:
        raise invalid("score must be from 0 to 100")
    return score


def _rewards(fields: Fields) -> list[str]:
    rewards = fields.texts("positive_rewards") if "positive_rewards" in fields else []
    if unknown := set(rewards) - _REWARDS:
        raise invalid(f"positive_rewards has the unknown values {', '.join(sorted(unknown))}")
    return rewards


ROUTES = (
    Route("POST", "/api/feedback", submit),
    Route("POST", "/api/feedback/bulk", submit_bulk),
)
