"""To-dos of a person or a meeting."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.handlers.meetings import meeting_of
from asdk.sandbox.bloomy.store.items import Item
from asdk.sandbox.json_io import Fields, Json, json_reply

_DAYS = 7
"""Days until a to-do is due, by default."""


async def of_user(call: Call) -> web.Response:
    return _list([todo for todo in call.state.items.of_user("Todo", call.member(call.id())) if todo.is_open])


async def of_meeting(call: Call) -> web.Response:
    closed_too = call.switch("include_closed")
    todos = call.state.items.of_meeting("Todo", meeting_of(call))
    return _list([todo for todo in todos if closed_too or (todo.is_open and todo.completed_at is None)])


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    owner = call.member(fields.whole("accountableUserId"))
    todo = call.state.items.add("Todo", fields.filled("title"), owner, None, notes=fields.optional_text("notes"))
    return json_reply(_due(call, todo, fields))


async def create_in_meeting(call: Call) -> web.Response:
    fields = await call.fields()
    owner, notes = call.member(fields.whole("ForId")), fields.optional_text("Notes")
    todo = call.state.items.add("Todo", fields.filled("Title"), owner, meeting_of(call), notes=notes)
    return json_reply(_due(call, todo, fields))


async def details(call: Call) -> web.Response:
    return json_reply(_shown(_todo(call)))


async def update(call: Call) -> web.Response:
    fields, todo = await call.fields(), _todo(call)
    if "title" in fields:
        todo.title = fields.filled("title")
    todo.due_date = fields.moment("dueDate") or todo.due_date
    return web.Response(status=204)


async def complete(call: Call) -> web.Response:
    _todo(call).completed_at = call.state.items.now if call.switch("status") else None
    return web.Response(status=204)


def _todo(call: Call) -> Item:
    return call.state.items.get("Todo", call.id(), call.user.organization_id)


def _due(call: Call, todo: Item, fields: Fields) -> Json:
    todo.due_date = fields.moment("dueDate") or call.state.items.due_in(_DAYS)
    return _shown(todo)


def _list(todos: list[Item]) -> web.Response:
    return json_reply([_shown(todo) for todo in todos])


def _shown(todo: Item) -> Json:
    return {
        "Id": todo.id,
        "Name": todo.title,
        "DetailsUrl": todo.details_url,
        "DueDate": todo.due_date,
        "CompleteTime": todo.completed_at or "",
        "CreateTime": todo.created_at,
        "Complete": todo.completed_at is not None,
        "CloseTime": todo.closed_at,
        **todo.origin,
    }


ROUTES = (
    data_route("GET", "todo/user/{id}", of_user),
    data_route("GET", "L10/{id}/todos", of_meeting),
    data_route("POST", "todo/create", create),
    data_route("POST", "L10/{id}/todos", create_in_meeting),
    data_route("GET", "todo/{id}", details),
    data_route("PUT", "todo/{id}", update),
    data_route("POST", "todo/{id}/complete", complete),
)
