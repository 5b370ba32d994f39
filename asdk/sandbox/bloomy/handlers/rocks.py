"""Rocks, which the vendor's package calls goals: on track, at risk or complete, and finally archived."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.handlers.meetings import meeting_of
from asdk.sandbox.bloomy.store.items import Item
from asdk.sandbox.json_io import Json, json_reply

_DAYS = 90
_COMPLETION = {"AtRisk": 0, "OnTrack": 1, "Complete": 2}


async def of_user(call: Call) -> web.Response:
    rocks = call.state.items.of_user("Rock", call.member(call.id()))
    return json_reply([_shown(rock) for rock in rocks if rock.is_open])


async def archived_of_user(call: Call) -> web.Response:
    rocks = call.state.items.of_user("Rock", call.member(call.id()))
    return json_reply([_shown(rock) for rock in rocks if not rock.is_open])


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    owner = call.member(fields.whole("accountableUserId"))
    rock = call.state.items.add("Rock", fields.filled("title"), owner, meeting_of(call))
    rock.due_date = call.state.items.due_in(_DAYS)
    return json_reply(_shown(rock) | {"Completion": _COMPLETION[rock.standing]})


async def details(call: Call) -> web.Response:
    return json_reply(_shown(_rock(call)))


async def update(call: Call) -> web.Response:
    fields, rock = await call.fields(), _rock(call)
    if "completion" in fields:
        rock.standing = fields.one_of("completion", _COMPLETION)
        rock.completed_at = call.state.items.now if rock.standing == "Complete" else None
    if "accountableUserId" in fields:
        rock.owner = call.member(fields.whole("accountableUserId"))
    if "title" in fields:
        rock.title = fields.filled("title")
    return web.Response(status=204)


async def archive(call: Call) -> web.Response:
    _rock(call).closed_at = call.state.items.now
    return web.Response(status=204)


async def restore(call: Call) -> web.Response:
    _rock(call).closed_at = None
    return web.Response(status=204)


async def delete(call: Call) -> web.Response:
    call.state.items.remove(_rock(call))
    return web.Response(status=204)


def _rock(call: Call) -> Item:
    return call.state.items.get("Rock", call.id(), call.user.organization_id)


def _shown(rock: Item) -> Json:
    meeting = rock.meeting
    return {
        "Id": rock.id,
        "Name": rock.title,
        "CreateTime": rock.created_at,
        "DueDate": rock.due_date,
        "Complete": rock.completed_at is not None,
        "Owner": rock.owner.as_owner(),
        "Origins": [] if meeting is None else [{"Id": meeting.id, "Name": meeting.name}],
    }


ROUTES = (
    data_route("GET", "rocks/user/{id}", of_user),
    data_route("GET", "archivedrocks/user/{id}", archived_of_user),
    data_route("POST", "L10/{id}/rocks", create),
    data_route("GET", "rocks/{id}", details),
    data_route("PUT", "rocks/{id}", update),
    data_route("DELETE", "rocks/{id}", delete),
    data_route("PUT", "rocks/{id}/archive", archive),
    data_route("PUT", "rocks/{id}/restore", restore),
)
