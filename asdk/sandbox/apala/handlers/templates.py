"""Templates of the pre-approval flow: list, get, validate, create, take out of rotation."""

from aiohttp import web

from asdk.sandbox.apala.call import Call, Route
from asdk.sandbox.apala.errors import ApiError, invalid
from asdk.sandbox.apala.store import compliance
from asdk.sandbox.json_io import Fields, json_reply

_CHANNELS = frozenset({"sms", "email"})
_STATUSES = frozenset({"active", "rejected", "all"})
_LABEL_LENGTH = 64


async def list_templates(call: Call) -> web.Response:
    status, label, group_id = call.query("status") or "active", call.query("label"), call.query("group_id")
    if status not in _STATUSES:
        raise invalid(f"status must be one of {', '.join(sorted(_STATUSES))}")
    found = [
        template.as_json()
        for template in call.state.templates.all(call.company.id)
        if status in ("all", template.status)
        and label in (None, template.label)
        and group_id in (None, template.group.id)
    ]
    return json_reply({"templates": found})


async def get(call: Call) -> web.Response:
    return json_reply(call.state.templates.get(call.company.id, call.part("template_id")).as_json())


async def validate(call: Call) -> web.Response:
    content, channel = _draft(call, await call.fields())
    return json_reply(compliance.report(content, channel))


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    content, channel = _draft(call, fields)
    label = fields.optional_text("label")
    if label is not None and len(label) > _LABEL_LENGTH:
        raise invalid(f"label has {_LABEL_LENGTH} characters at most")
    group_id = fields.uuid("group_id") if "group_id" in fields else None
    made = call.state.templates.create(call.company.id, content, channel, label=label, group_id=group_id)
    shown = [
        {"template_id": template.template_id, "group_id": template.group.id, "status": template.status}
        for template in made
    ]
    return json_reply({"templates": shown, "validation": {"is_valid": True, "violations": []}}, 201)


async def delete(call: Call) -> web.Response:
    templates = call.state.templates
    template = templates.reject(templates.get(call.company.id, call.part("template_id")))
    shown = template.as_json()
    return json_reply({name: shown[name] for name in ("template_id", "status", "rejected_reason", "rejected_at")})


def _draft(call: Call, fields: Fields) -> tuple[str, str]:
    """Return content and channel. Raise ApiError: 400, or 422 for a channel that the account does not have."""
    content, channel = fields.filled("content"), fields.one_of("channel", _CHANNELS)
    if channel not in call.state.settings.paf_channels:
        raise ApiError(422, "channel_not_allowed", f"The channel {channel} is not enabled for this account")
    return content, channel


ROUTES = (
    Route("GET", "/api/paf/templates", list_templates),
    Route("POST", "/api/paf/templates", create),
    Route("POST", "/api/paf/templates/validate", validate),
    Route("GET", "/api/paf/templates/{template_id}", get),
    Route("DELETE", "/api/paf/templates/{template_id}", delete),
)
