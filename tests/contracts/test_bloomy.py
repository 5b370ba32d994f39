"""Every operation of Bloom Growth's API, called once through our client."""

from __future__ import annotations

from asdk.clients.bloomy import Bloomy
from asdk.sandbox import Sandbox
from asdk.sandbox.bloomy import BloomyServer
from tests.contracts.operations import Tour


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.bloomy
        known = server.credentials.ada
        async with Bloomy(base_url=server.api_url, username=known.username, password=known.password) as client:
            tour = Tour(server, "bloomy")
            assert await tour("access_token", client.access_token())
            assert await tour("get_user_id", client.get_user_id()) == known.user_id
            await users(tour, client)
            meeting_id = await meetings(tour, client, server)
            await todos(tour, client, meeting_id)
            await goals(tour, client, meeting_id)
            await scorecard(tour, client, meeting_id)
            await issues(tour, client, meeting_id)
            await headlines(tour, client, meeting_id)
            assert tour.missing() == []


async def users(tour: Tour, client: Bloomy) -> None:
    me = await tour("user.details", client.user.details(include_all=True))
    assert await tour("user.direct_reports", client.user.direct_reports()) == me.direct_reports
    assert await tour("user.positions", client.user.positions()) == me.positions
    assert [found.id for found in await tour("user.search", client.user.search("ada"))] == [me.id]
    assert await tour("user.list", client.user.list()) == await tour("user.all", client.user.all())


async def meetings(tour: Tour, client: Bloomy, server: BloomyServer) -> int:
    [meeting] = await tour("meeting.list", client.meeting.list())
    details = await tour("meeting.details", client.meeting.details(meeting.id))
    assert await tour("meeting.attendees", client.meeting.attendees(meeting.id)) == details.attendees
    assert await tour("meeting.issues", client.meeting.issues(meeting.id)) == details.issues
    assert await tour("meeting.todos", client.meeting.todos(meeting.id)) == details.todos
    assert await tour("meeting.metrics", client.meeting.metrics(meeting.id)) == details.metrics
    ben = server.credentials.ben.user_id
    made = await tour("meeting.create", client.meeting.create("Retro", attendees=[ben]))
    assert await tour("meeting.delete", client.meeting.delete(made.meeting_id))
    many = await tour("meeting.create_many", client.meeting.create_many([{"title": "Plan", "attendees": [ben]}]))
    assert many.failed == []
    assert (await tour("meeting.get_many", client.meeting.get_many([meeting.id]))).successful == [details]
    return meeting.id


async def todos(tour: Tour, client: Bloomy, meeting_id: int) -> None:
    own = await tour("todo.create", client.todo.create("Write"))
    team = await tour("todo.create", client.todo.create("Review", meeting_id=meeting_id))
    assert [todo.id for todo in await tour("todo.list", client.todo.list())] == [own.id, team.id]
    assert [todo.id for todo in await tour("todo.list", client.todo.list(meeting_id=meeting_id))] == [team.id]
    assert (await tour("todo.update", client.todo.update(own.id, title="Rewrite"))).name == "Rewrite"
    done = await tour("todo.complete", client.todo.complete(own.id))
    assert await tour("todo.details", client.todo.details(own.id)) == done
    items = [{"title": "Read", "meeting_id": meeting_id}]
    assert (await tour("todo.create_many", client.todo.create_many(items))).failed == []


async def goals(tour: Tour, client: Bloomy, meeting_id: int) -> None:
    made = await tour("goal.create", client.goal.create("Ship it", meeting_id))
    changed = await tour("goal.update", client.goal.update(made.id, status="complete"))
    assert await tour("goal.details", client.goal.details(made.id)) == changed
    await tour("goal.archive", client.goal.archive(made.id))
    both = await tour("goal.list", client.goal.list(archived=True))
    assert ([goal.id for goal in both.active], [goal.id for goal in both.archived]) == ([], [made.id])
    await tour("goal.restore", client.goal.restore(made.id))
    await tour("goal.delete", client.goal.delete(made.id))
    items = [{"title": "Sell it", "meeting_id": meeting_id}]
    assert (await tour("goal.create_many", client.goal.create_many(items))).failed == []


async def scorecard(tour: Tour, client: Bloomy, meeting_id: int) -> None:
    week = await tour("scorecard.current_week", client.scorecard.current_week())
    [own] = await tour("scorecard.list", client.scorecard.list(show_empty=True, week_offset=0))
    assert own.week_id == week.week_number
    everybody = await tour("scorecard.list", client.scorecard.list(meeting_id=meeting_id, show_empty=True))
    assert own in everybody
    assert await tour("scorecard.score", client.scorecard.score(own.measurable_id, 3))
    entered = await tour("scorecard.get", client.scorecard.get(own.measurable_id))
    assert entered is not None
    assert entered.value == 3.0


async def issues(tour: Tour, client: Bloomy, meeting_id: int) -> None:
    made = await tour("issue.create", client.issue.create(meeting_id, "Slow"))
    assert [issue.id for issue in await tour("issue.list", client.issue.list())] == [made.id]
    assert [issue.id for issue in await tour("issue.list", client.issue.list(meeting_id=meeting_id))] == [made.id]
    assert (await tour("issue.update", client.issue.update(made.id, title="Slower"))).title == "Slower"
    done = await tour("issue.complete", client.issue.complete(made.id))
    assert await tour("issue.details", client.issue.details(made.id)) == done
    items = [{"title": "Dark", "meeting_id": meeting_id}]
    assert (await tour("issue.create_many", client.issue.create_many(items))).failed == []


async def headlines(tour: Tour, client: Bloomy, meeting_id: int) -> None:
    made = await tour("headline.create", client.headline.create(meeting_id, "We won"))
    assert [one.id for one in await tour("headline.list", client.headline.list())] == [made.id]
    assert [one.id for one in await tour("headline.list", client.headline.list(meeting_id=meeting_id))] == [made.id]
    changed = await tour("headline.update", client.headline.update(made.id, "We won again"))
    assert await tour("headline.details", client.headline.details(made.id)) == changed
    await tour("headline.delete", client.headline.delete(made.id))
