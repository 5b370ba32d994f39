"""Message optimizer, and its predecessor for callers of the vendor's 1.0 packages."""

import itertools
import re
from zoneinfo import available_timezones

from aiohttp import web

from asdk.sandbox.apala.call import Call, Route
from asdk.sandbox.apala.errors import ApiError, invalid
from asdk.sandbox.apala.store.optimizer import HistoryMessage, optimize
from asdk.sandbox.json_io import Fields, json_reply

MESSAGE_TYPES = frozenset(
    {"UPDATING_ACCOUNT_NUMBER", "SENDING_PDF_BANK_STATEMENTS", "LINKING_CHIRP", "SIGNING_LOAN_AGREEMENT"}
)
_CHANNELS = frozenset({"SMS", "EMAIL", "OTHER"})
_REPLIED = {"true": True, "false": False}
_ZIP_CODE = re.compile(r"[0-9]{5}").fullmatch
_TIMEZONES = frozenset(available_timezones())


def _bins(prefix: str, *edges: int) -> frozenset[str]:
    """Return the names of adjacent bins, such as ``AGE_18_25``."""
    return frozenset(f"{prefix}_{low}_{high}" for low, high in itertools.pairwise(edges))


_METADATA = {
    "credit_score_bin": _bins("SCORE", 500, 550, 600, 650, 700, 750, 800) | {"SCORE_800_PLUS", "UNKNOWN"},
    "requested_loan_amount_bin": _bins("AMOUNT", 0, 500, 1000, 2000, 5000, 10000) | {"AMOUNT_10000_PLUS"},
    "age_bin": _bins("AGE", 18, 25, 30, 35, 40, 45, 50, 55, 60) | {"AGE_60_PLUS"},
    "monthly_income_bin": _bins("INCOME", 0, 2000, 3000, 4000, 5000, 6000, 8000, 10000) | {"INCOME_10000_PLUS"},
}


async def optimizer(call: Call) -> web.Response:
    fields = await call.fields()
    customer_id = _customer(call, fields)
    timezone = timezone_of(fields)
    types = fields.texts("message_type")
    if unknown := set(types) - MESSAGE_TYPES:
        raise invalid(f"message_type has the unknown values {', '.join(sorted(unknown))}")
    _check_metadata(fields)
    original = fields.filled("candidate_message")
    history = [_history_message(message) for message in fields.each("messages")]
    best = optimize(original, history, timezone, call.state.clock())
    return json_reply(
        {
            "message_id": call.state.messages.add(call.company.id, customer_id),
            "optimized_message": best.text,
            "recommended_channel": best.channel,
            "original_message": original,
            "warnings": best.warnings,
            "recommended_send_at": best.recommended_send_at,
            "inferred_send_at": best.inferred_send_at,
            "message_type": [name.lower() for name in types],
        }
    )


async def processing(call: Call) -> web.Response:
    """Optimize a message by the older route, where the candidate is a whole message and keeps its sender's id."""
    fields = await call.fields()
    customer_id = _customer(call, fields)
    if not _ZIP_CODE(fields.text("zip_code")):
        raise invalid("zip_code must have five digits")
    history = [_history_message(message) for message in fields.each("messages")]
    candidate = fields.nested("candidate_message")
    best = optimize(candidate.filled("content"), history, "UTC", call.state.clock())
    message_id = candidate.filled("message_id")
    call.state.messages.add(call.company.id, customer_id, message_id=message_id, processed=True)
    return json_reply(
        {
            "company": fields.text("company"),
            "customer_id": fields.text("customer_id"),
            "candidate_message": {"content": best.text, "channel": best.channel, "message_id": message_id},
        }
    )


def timezone_of(fields: Fields) -> str:
    """Return the IANA name of a time zone. Raise ApiError if it is unknown."""
    timezone = fields.text("timezone")
    if timezone not in _TIMEZONES:
        raise invalid(f"timezone is not an IANA name: {timezone}")
    return timezone


def _customer(call: Call, fields: Fields) -> str:
    """Return the customer. Raise ApiError if the company in the body does not own the token."""
    if fields.uuid("company") != call.company.id:
        raise ApiError(403, "forbidden", "The token belongs to another company")
    return fields.uuid("customer_id")


def _history_message(fields: Fields) -> HistoryMessage:
    fields.text("message_id")
    sent = fields.moment("send_timestamp") or fields.refuse("send_timestamp", "is required")
    replied = _REPLIED[fields.one_of("reply_or_not", _REPLIED)]
    return HistoryMessage(fields.text("content"), fields.one_of("channel", _CHANNELS), sent, replied)


def _check_metadata(fields: Fields) -> None:
    for name, values in _METADATA.items():
        if name in fields:
            fields.one_of(name, values)
    if fields.optional_whole("is_repeat_borrower") not in (None, 0, 1):
        raise invalid("is_repeat_borrower must be 0 or 1")
    state_id = fields.optional_whole("state_id")
    if state_id is not None and state_id < 1:
        raise invalid("state_id must be 1 or more")


ROUTES = (
    Route("POST", "/api/message_optimizer", optimizer),
    Route("POST", "/api/message_processing", processing),
)
