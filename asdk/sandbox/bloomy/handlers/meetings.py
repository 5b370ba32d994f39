"""L10 meetings and their attendees, and the measurables of their scorecards."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.errors import RefusalError
from asdk.sandbox.bloomy.store.meetings import Meeting
from asdk.sandbox.json_io import json_reply


def meeting_of(call: Call) -> Meeting:
    """Return the meeting of the path. Raise RefusalError if there is no such meeting."""
    return call.state.meetings.get(call.id(), call.user.organization_id)


async def list_meetings(call: Call) -> web.Response:
    return json_reply([meeting.as_entry() for meeting in call.state.meetings.of(call.member(call.id()))])


async def details(call: Call) -> web.Response:
    return json_reply(meeting_of(call).as_json())


async def create(call: Call) -> web.Response:
    fields = await call.fields()
    attendees = [call.user] if "addSelf" in fields and fields.flag("addSelf") else []
    meeting = call.state.add_meeting(call.user.organization_id, fields.filled("title"), attendees)
    return json_reply({"meetingId": meeting.id})


async def delete(call: Call) -> web.Response:
    call.state.meetings.remove(meeting_of(call))
    return web.Response(status=204)


async def attendees(call: Call) -> web.Response:
    return json_reply([user.as_json() for user in meeting_of(call).attendees])


async def add_attendee(call: Call) -> web.Response:
    meeting, user = meeting_of(call), call.member(call.id("user_id"))
    if user.id in call.state.settings.refused_attendees:
        raise RefusalError(403, f"User {user.id} may not be added to meetings")
    if user not in meeting.attendees:
        meeting.attendees.append(user)
    return web.Response(status=204)


async def measurables(call: Call) -> web.Response:
    scorecard = call.state.scorecard
    return json_reply(
        [
            {
                "Id": measurable.id,
                "Name": f"{measurable.name} ",  # the real server does not trim either
                "Target": scorecard.target(measurable),
                "Modifiers": measurable.unit,
                "Direction": measurable.direction,
                "Owner": measurable.owner.as_owner(),
            }
            for measurable in scorecard.of_meeting(meeting_of(call))
        ]
    )


ROUTES = (
    data_route("POST", "L10/create", create),
    data_route("GET", "L10/{id}/list", list_meetings),
    data_route("GET", "L10/{id}", details),
    data_route("DELETE", "L10/{id}", delete),
    data_route("GET", "L10/{id}/attendees", attendees),
    data_route("POST", "L10/{id}/attendees/{user_id}", add_attendee),
    data_route("GET", "L10/{id}/measurables", measurables),
)
