"""Scorecards: the current week, the scores of a person or a meeting, and the entry of a score."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, data_route
from asdk.sandbox.bloomy.errors import invalid
from asdk.sandbox.bloomy.handlers.meetings import meeting_of
from asdk.sandbox.bloomy.store.scorecard import Measurable
from asdk.sandbox.json_io import json_reply


async def current_week(call: Call) -> web.Response:
    return json_reply(call.state.scorecard.current_week())


async def of_user(call: Call) -> web.Response:
    return _scores(call, call.state.scorecard.of_user(call.member(call.id())))


async def of_meeting(call: Call) -> web.Response:
    return _scores(call, call.state.scorecard.of_meeting(meeting_of(call)))


async def enter(call: Call) -> web.Response:
    measurable = call.state.scorecard.get(call.id(), call.user.organization_id)
    value: object = (await call.fields()).data.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise invalid("value must be a number")
    call.state.scorecard.enter(measurable, call.id("week"), value)
    return web.Response(status=204)


def _scores(call: Call, measurables: list[Measurable]) -> web.Response:
    scores = [score for measurable in measurables for score in call.state.scorecard.shown(measurable)]
    return json_reply({"Scores": scores})


ROUTES = (
    data_route("GET", "weeks/current", current_week),
    data_route("GET", "scorecard/user/{id}", of_user),
    data_route("GET", "scorecard/meeting/{id}", of_meeting),
    data_route("PUT", "measurables/{id}/week/{week}", enter),
)
