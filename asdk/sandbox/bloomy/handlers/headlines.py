"""Headlines: short news for a meeting."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.handlers.meetings import meeting_of
from asdk.sandbox.bloomy.store.items import Item
from asdk.sandbox.json_io import Json, json_reply


async def of_user(call: Call) -> web.Response:
    return _list(call.state.items.of_user("Headline", call.member(call.id())))


async def of_meeting(call: Call) -> web.Response:
    return _list(call.state.items.of_meeting("Headline", meeting_of(call)))


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    owner, notes = call.member(fields.whole("ownerId")), fields.optional_text("notes")
    headline = call.state.items.add("Headline", fields.filled("title"), owner, meeting_of(call), notes=notes)
    return json_reply(_shown(headline))


async def details(call: Call) -> web.Response:
    shown = _shown(_headline(call))
    # The meeting is included only on request.
    return json_reply(shown if call.switch("include_origin") else shown | {"Origin": None, "OriginId": None})


async def update(call: Call) -> web.Response:
    headline = _headline(call)
    headline.title = (await call.fields()).filled("title")
    return web.Response(status=204)


async def delete(call: Call) -> web.Response:
    call.state.items.remove(_headline(call))
    return web.Response(status=204)


def _headline(call: Call) -> Item:
    return call.state.items.get("Headline", call.id(), call.user.organization_id)


def _list(headlines: list[Item]) -> web.Response:
    # Lists do not contain the address of the notes.
    return json_reply([_shown(headline) | {"DetailsUrl": None} for headline in headlines])


def _shown(headline: Item) -> Json:
    return {
        "Id": headline.id,
        "Name": headline.title,
        "DetailsUrl": headline.details_url,
        "CreateTime": headline.created_at,
        "CloseTime": headline.closed_at,
        "Archived": not headline.is_open,
        "Owner": headline.owner.as_owner(),
        **headline.origin,
    }


ROUTES = (
    data_route("GET", "headline/users/{id}", of_user),
    data_route("GET", "L10/{id}/headlines", of_meeting),
    data_route("POST", "L10/{id}/headlines", create),
    data_route("GET", "headline/{id}", details),
    data_route("PUT", "headline/{id}", update),
    data_route("DELETE", "headline/{id}", delete),
)
