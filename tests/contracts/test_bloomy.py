"""Every operation of Bloom Growth's API, called once through our client."""

from __future__ import annotations

from asdk.clients.bloomy import Bloomy
from asdk.sandbox import Sandbox
from asdk.sandbox.bloomy import BloomyServer
from tests.contracts.operations import OperationCoverage


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.bloomy
        known = server.credentials.ada
        async with Bloomy(base_url=server.api_url, username=known.username, password=known.password) as client:
            cover = OperationCoverage(server, "bloomy")
            assert await cover("access_token", client.access_token())
            assert await cover("get_user_id", client.get_user_id()) == known.user_id
            await users(cover, client)
            meeting_id = await meetings(cover, client, server)
            await todos(cover, client, meeting_id)
            await goals(cover, client, meeting_id)
            await scorecard(cover, client, meeting_id)
            await issues(cover, client, meeting_id)
            await headlines(cover, client, meeting_id)
            assert cover.missing() == []


async def users(cover: OperationCoverage, client: Bloomy) -> None:
    me = await cover("user.details", client.user.details(include_all=True))
    assert await cover("user.direct_reports", client.user.direct_reports()) == me.direct_reports
    assert await cover("user.positions", client.user.positions()) == me.positions
    assert [found.id for found in await cover("user.search", client.user.search("ada"))] == [me.id]
    assert await cover("user.list", client.user.list()) == await cover("user.all", client.user.all())


async def meetings(cover: OperationCoverage, client: Bloomy, server: BloomyServer) -> int:
    [meeting] = await cover("meeting.list", client.meeting.list())
    details = await cover("meeting.details", client.meeting.details(meeting.id))
    assert await cover("meeting.attendees", client.meeting.attendees(meeting.id)) == details.attendees
    assert await cover("meeting.issues", client.meeting.issues(meeting.id)) == details.issues
    assert await cover("meeting.todos", client.meeting.todos(meeting.id)) == details.todos
    assert await cover("meeting.metrics", client.meeting.metrics(meeting.id)) == details.metrics
    ben = server.credentials.ben.user_id
    made = await cover("meeting.create", client.meeting.create("Retro", attendees=[ben]))
    assert await cover("meeting.delete", client.meeting.delete(made.meeting_id))
    many = await cover("meeting.create_many", client.meeting.create_many([{"title": "Plan", "attendees": [ben]}]))
    assert many.failed == []
    assert (await cover("meeting.get_many", client.meeting.get_many([meeting.id]))).successful == [details]
    return meeting.id


async def todos(cover: OperationCoverage, client: Bloomy, meeting_id: int) -> None:
    own = await cover("todo.create", client.todo.create("Write"))
    team = await cover("todo.create", client.todo.create("Review", meeting_id=meeting_id))
    assert [todo.id for todo in await cover("todo.list", client.todo.list())] == [own.id, team.id]
    assert [todo.id for todo in await cover("todo.list", client.todo.list(meeting_id=meeting_id))] == [team.id]
    assert (await cover("todo.update", client.todo.update(own.id, title="Rewrite"))).name == "Rewrite"
    done = await cover("todo.complete", client.todo.complete(own.id))
    assert await cover("todo.details", client.todo.details(own.id)) == done
    items = [{"title": "Read", "meeting_id": meeting_id}]
    assert (await cover("todo.create_many", client.todo.create_many(items))).failed == []


async def goals(cover: OperationCoverage, client: Bloomy, meeting_id: int) -> None:
    made = await cover("goal.create", client.goal.create("Ship it", meeting_id))
    changed = await cover("goal.update", client.goal.update(made.id, status="complete"))
    assert await cover("goal.details", client.goal.details(made.id)) == changed
    await cover("goal.archive", client.goal.archive(made.id))
    both = await cover("goal.list", client.goal.list(archived=True))
    assert ([goal.id for goal in both.active], [goal.id for goal in both.archived]) == ([], [made.id])
    await cover("goal.restore", client.goal.restore(made.id))
    await cover("goal.delete", client.goal.delete(made.id))
    items = [{"title": "Sell it", "meeting_id": meeting_id}]
    assert (await cover("goal.create_many", client.goal.create_many(items))).failed == []


async def scorecard(cover: OperationCoverage, client: Bloomy, meeting_id: int) -> None:
    week = await cover("scorecard.current_week", client.scorecard.current_week())
    [own] = await cover("scorecard.list", client.scorecard.list(show_empty=True, week_offset=0))
    assert own.week_id == week.week_number
    everybody = await cover("scorecard.list", client.scorecard.list(meeting_id=meeting_id, show_empty=True))
    assert own in everybody
    assert await cover("scorecard.score", client.scorecard.score(own.measurable_id, 3))
    entered = await cover("scorecard.get", client.scorecard.get(own.measurable_id))
    assert entered is not None
    assert entered.value == 3.0


async def issues(cover: OperationCoverage, client: Bloomy, meeting_id: int) -> None:
    made = await cover("issue.create", client.issue.create(meeting_id, "Slow"))
    assert [issue.id for issue in await cover("issue.list", client.issue.list())] == [made.id]
    assert [issue.id for issue in await cover("issue.list", client.issue.list(meeting_id=meeting_id))] == [made.id]
    assert (await cover("issue.update", client.issue.update(made.id, title="Slower"))).title == "Slower"
    done = await cover("issue.complete", client.issue.complete(made.id))
    assert await cover("issue.details", client.issue.details(made.id)) == done
    items = [{"title": "Dark", "meeting_id": meeting_id}]
    assert (await cover("issue.create_many", client.issue.create_many(items))).failed == []


async def headlines(cover: OperationCoverage, client: Bloomy, meeting_id: int) -> None:
    made = await cover("headline.create", client.headline.create(meeting_id, "We won"))
    assert [one.id for one in await cover("headline.list", client.headline.list())] == [made.id]
    assert [one.id for one in await cover("headline.list", client.headline.list(meeting_id=meeting_id))] == [made.id]
    changed = await cover("headline.update", client.headline.update(made.id, "We won again"))
    assert await cover("headline.details", client.headline.details(made.id)) == changed
    await cover("headline.delete", client.headline.delete(made.id))
