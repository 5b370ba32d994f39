"""People: one person, their reports and seats, and searches."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.json_io import Json, json_reply


async def mine(call: Call) -> web.Response:
    return json_reply(call.user.as_json())


async def details(call: Call) -> web.Response:
    return json_reply(call.member(call.id()).as_json())


async def direct_reports(call: Call) -> web.Response:
    manager = call.member(call.id())
    people = call.state.people.of(manager.organization_id)
    return json_reply([user.as_json() for user in people if user.manager_id == manager.id])


async def seats(call: Call) -> web.Response:
    user = call.member(call.id())
    return json_reply([{"Group": {"Position": {"Id": number, "Name": name}}} for number, name in user.seats.items()])


async def search_users(call: Call) -> web.Response:
    return json_reply([result for result in _found(call) if result["Email"]])


async def search_all(call: Call) -> web.Response:
    results = [result | {"ResultType": "User"} for result in _found(call)]
    if results:
        team: Json = {"Id": 1, "Name": "Everybody", "Description": "", "Email": "", "ImageUrl": None}
        results.append(team | {"OrganizationId": call.user.organization_id, "ResultType": "Team"})
    return json_reply(results)


def _found(call: Call) -> list[Json]:
    """Return the people whose name or address contains the term; a percent sign matches everyone."""
    term = call.request.query.get("term", "").lower()
    return [
        user.as_result()
        for user in call.state.people.of(call.user.organization_id)
        if term == "%" or term in user.name.lower() or term in user.email.lower()
    ]


ROUTES = (
    data_route("GET", "users/mine", mine),
    data_route("GET", "users/{id}", details),
    data_route("GET", "users/{id}/directreports", direct_reports),
    data_route("GET", "users/{id}/seats", seats),
    data_route("GET", "search/user", search_users),
    data_route("GET", "search/all", search_all),
)
