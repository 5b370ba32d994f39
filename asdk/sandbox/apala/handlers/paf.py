"""Pre-approval flow: a message for a customer, and the outcome of messages, one by one and in bulk."""

from typing import cast

from aiohttp import web

from asdk.sandbox.apala.call import Call, Route
from asdk.sandbox.apala.errors import ApiError, invalid
from asdk.sandbox.json_io import Fields, Json, json_reply

_BULK_LIMIT = 500
_CHANNELS = frozenset({"sms", "email"})


async def optimize(call: Call) -> web.Response:
    fields = await call.fields()
    customer_id = fields.uuid("customer_id")
    metadata = fields.nested("customer_metadata").data if "customer_metadata" in fields else {}
    repeat_borrower = metadata.get("is_repeat_borrower") in (1, True)
    message = call.state.paf.message_for(call.company.id, customer_id, repeat_borrower=repeat_borrower)
    if message is None:
        return json_reply({"control_no_message": True})
    return json_reply(
        {
            "paf_message_id": message.paf_message_id,
            "template_id": message.template.template_id,
            "content": message.template.content,
            "channel": message.template.channel,
        }
    )


async def feedback(call: Call) -> web.Response:
    outcome = _outcome(await call.fields())
    if not _record(call, outcome):
        raise ApiError(404, "unknown_paf_message_id", f"No message has the id {outcome['paf_message_id']}")
    return json_reply({"status": "recorded"}, 201)


async def feedback_bulk(call: Call) -> web.Response:
    given = (await call.fields()).values("feedback")
    if len(given) > _BULK_LIMIT:
        raise ApiError(400, "too_many_records", f"{_BULK_LIMIT} records at most, not {len(given)}")
    errors: list[Json] = []
    for index, record in enumerate(given):
        try:
            outcome = _outcome(Fields(record, invalid))
            problem = None if _record(call, outcome) else "unknown_paf_message_id"
        except ApiError as error:
            problem = error.message
        if problem is not None:
            name = cast("Json", record).get("paf_message_id") if isinstance(record, dict) else None
            errors.append({"index": index, "error": problem, "paf_message_id": name})
    return json_reply({"recorded": len(given) - len(errors), "errors": errors}, 201)


def _record(call: Call, outcome: Json) -> bool:
    """Store an outcome; return False if its message is unknown."""
    message = call.state.paf.get(call.company.id, outcome["paf_message_id"])
    if message is None or message.customer_id != outcome["customer_id"]:
        return False
    call.state.paf.record(message, outcome)
    return True


def _outcome(fields: Fields) -> Json:
    """Check a record. Raise ApiError 400 if it is invalid."""
    channel, signed = fields.one_of("channel", _CHANNELS), fields.flag("signed")
    if signed and "signed_date" not in fields:
        raise invalid("signed_date is required where signed is true")
    incoming = list(fields.each("incoming_messages")) if "incoming_messages" in fields else []
    return {
        "customer_id": fields.uuid("customer_id"),
        "paf_message_id": fields.uuid("paf_message_id"),
        "channel": channel,
        "signed": signed,
        "signed_date": fields.moment("signed_date"),
        "magic_link_clicked": fields.moment("magic_link_clicked"),
        "occurred_at": fields.moment("occurred_at") or None,
        "incoming_messages": [_incoming(message, channel) for message in incoming],
    }


def _incoming(fields: Fields, channel: str) -> Json:
    if fields.moment("timestamp") is None:
        fields.refuse("timestamp", "is required")
    return {
        "content": fields.text("content"),
        "timestamp": fields.text("timestamp"),
        "channel": fields.one_of("channel", _CHANNELS) if "channel" in fields else channel,
    }


ROUTES = (
    Route("POST", "/api/paf/optimize", optimize),
    Route("POST", "/api/paf/feedback", feedback),
    Route("POST", "/api/paf/feedback/bulk", feedback_bulk),
)
