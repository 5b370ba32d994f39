"""Issues: raised in a meeting, solved and closed."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.handlers.meetings import meeting_of
from asdk.sandbox.bloomy.store.items import Item
from asdk.sandbox.json_io import Json, json_reply


async def of_user(call: Call) -> web.Response:
    issues = call.state.items.of_user("Issue", call.member(call.id()))
    return json_reply([_shown(issue) for issue in issues if issue.is_open])


async def of_meeting(call: Call) -> web.Response:
    resolved_too = call.switch("include_resolved")
    issues = call.state.items.of_meeting("Issue", meeting_of(call))
    return json_reply([_shown(issue) for issue in issues if resolved_too or issue.is_open])


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    meeting = call.state.meetings.get(fields.whole("meetingid"), call.user.organization_id)
    owner = call.member(fields.whole("ownerid"))
    notes = fields.optional_text("notes")
    return json_reply(_shown(call.state.items.add("Issue", fields.filled("title"), owner, meeting, notes=notes)))


async def details(call: Call) -> web.Response:
    return json_reply(_shown(_issue(call)))


async def update(call: Call) -> web.Response:
    fields, issue = await call.fields(), _issue(call)
    if "title" in fields:
        issue.title = fields.filled("title")
    issue.notes = fields.optional_text("notes") or issue.notes
    return web.Response(status=204)


async def complete(call: Call) -> web.Response:
    fields, issue = await call.fields(), _issue(call)
    issue.closed_at = issue.completed_at = call.state.items.now if fields.flag("complete") else None
    return web.Response(status=204)


def _issue(call: Call) -> Item:
    return call.state.items.get("Issue", call.id(), call.user.organization_id)


def _shown(issue: Item) -> Json:
    return {
        "Id": issue.id,
        "Name": issue.title,
        "DetailsUrl": issue.details_url,
        "CreateTime": issue.created_at,
        "CloseTime": issue.closed_at,
        "CompleteTime": issue.completed_at,
        "Archived": not issue.is_open,
        "Owner": issue.owner.as_json(),
        **issue.origin,
    }


ROUTES = (
    data_route("GET", "issues/users/{id}", of_user),
    data_route("GET", "L10/{id}/issues", of_meeting),
    data_route("POST", "issues/create", create),
    data_route("GET", "issues/{id}", details),
    data_route("PUT", "issues/{id}", update),
    data_route("POST", "issues/{id}/complete", complete),
)
