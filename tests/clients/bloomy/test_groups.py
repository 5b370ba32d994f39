"""Tests of the seven groups of operations, and of bulk operations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import anyio
import pytest

from asdk import InvalidRequestError, NotFoundError, RateLimitError, Records
from asdk.clients.bloomy import APIError, Bloomy, IncompleteMeetingError
from asdk.clients.bloomy.models import GoalStatus
from asdk.sandbox import ServerFault
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply


@pytest.fixture
def meeting(server: BloomyServer) -> int:
    return server.credentials.meeting_id


async def test_users(client: Bloomy, server: BloomyServer) -> None:
    known = server.credentials
    me = await client.user.details(include_all=True)
    assert me.direct_reports is not None
    assert me.positions is not None
    assert (me.id, [report.name for report in me.direct_reports]) == (known.ada.user_id, ["Ben Bitdiddle", "Open Seat"])
    assert [position.name for position in me.positions] == ["Visionary", "Integrator"]
    plain = await client.user.details(known.ben.user_id)
    assert (plain.name, plain.direct_reports, plain.positions) == ("Ben Bitdiddle", None, None)
    assert await client.user.direct_reports(known.ben.user_id) == []
    assert [position.id for position in await client.user.positions()] == [1, 2]
    [found] = await client.user.search("ben")
    assert (found.email, found.description) == ("ben@sandbox.test", "Engineer")
    everybody = await client.user.all()
    assert isinstance(everybody, Records)
    assert [(user.name, user.position) for user in everybody] == [
        ("Ada Lovelace", "Chief Engineer"),
        ("Ben Bitdiddle", "Engineer"),
    ]
    assert len(await client.user.list(include_placeholders=True)) == 3


async def test_half_of_a_user_is_an_error_of_its_own_and_leaves_nothing_behind(
    client: Bloomy, server: BloomyServer
) -> None:
    await client.get_user_id()
    server.faults.add(ServerFault.status(403), path="/api/v1/users/{id}/seats")
    server.faults.add(ServerFault.delay(60), path="/api/v1/users/{id}/directreports")
    with pytest.raises(APIError) as caught:
        await client.user.details(include_all=True)
    assert caught.value.status_code == 403


async def test_meetings(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    known = server.credentials
    [listed] = await client.meeting.list()
    assert (listed.id, listed.name, listed.key) == (meeting, "Leadership Weekly", f"L10_{meeting}")
    made = await client.meeting.create("Retro", attendees=[known.ben.user_id])
    people = await client.meeting.attendees(made.meeting_id)
    assert [person.user_id for person in people] == [known.ada.user_id, known.ben.user_id]
    again = await client.meeting.create("Again", add_self=False, attendees=iter([known.ben.user_id]))
    assert again.attendees == [known.ben.user_id]
    assert await client.meeting.delete(again.meeting_id)
    alone = await client.meeting.create("Alone", add_self=False, attendees=None)
    assert await client.meeting.attendees(alone.meeting_id) == []
    assert await client.meeting.delete(made.meeting_id)
    with pytest.raises(NotFoundError):
        await client.meeting.details(made.meeting_id)


async def test_a_meeting_with_everything_on_its_table(client: Bloomy, meeting: int) -> None:
    issue = await client.issue.create(meeting, "Slow")
    todo = await client.todo.create("Review", meeting_id=meeting)
    details = await client.meeting.details(meeting)
    assert (details.name, len(details.attendees), details.created_date) == (
        "Leadership Weekly",
        2,
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert ([entry.id for entry in details.issues], [entry.id for entry in details.todos]) == ([issue.id], [todo.id])
    assert [(metric.title, metric.target, metric.metric_type) for metric in details.metrics] == [
        ("Releases", 2.0, ">="),
        ("Open defects", 10.0, "<="),
    ]
    await client.issue.complete(issue.id)
    await client.todo.complete(todo.id)
    details = await client.meeting.details(meeting)
    assert (details.issues, details.todos) == ([], [])
    details = await client.meeting.details(meeting, include_closed=True)
    assert (len(details.issues), len(details.todos)) == (1, 1)


async def test_a_number_may_have_no_target(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    server.settings.null_targets = True
    assert [metric.target for metric in await client.meeting.metrics(meeting)] == [None, None]


async def test_an_incomplete_meeting_names_the_missing_attendees(client: Bloomy, server: BloomyServer) -> None:
    known = server.credentials
    server.settings.refused_attendees = frozenset({known.ben.user_id})
    with pytest.raises(IncompleteMeetingError) as caught:
        await client.meeting.create("Retro", attendees=[known.ben.user_id, known.ada.user_id])
    error = caught.value
    assert (error.status_code, error.missing) == (403, (known.ben.user_id,))
    assert f"meeting {error.meeting_id} was created without users {[known.ben.user_id]}" in str(error)
    assert [meeting.id for meeting in await client.meeting.list()][1:] == [error.meeting_id]
    assert [person.user_id for person in await client.meeting.attendees(error.meeting_id)] == [known.ada.user_id]


@pytest.mark.parametrize(
    "call",
    [
        lambda client, meeting: client.meeting.details(meeting),
        lambda client, meeting: client.user.details(include_all=True),
        lambda client, meeting: client.goal.list(archived=True),
        lambda client, meeting: client.meeting.get_many([meeting] * 20),
        lambda client, meeting: client.todo.create_many([{"title": "a", "meeting_id": meeting}] * 20),
    ],
)
async def test_a_cancelled_group_leaves_no_request_behind(
    client: Bloomy, server: BloomyServer, meeting: int, call: Callable[[Bloomy, int], Awaitable[object]]
) -> None:
    await client.get_user_id()
    before = asyncio.all_tasks()
    server.faults.add(ServerFault.delay(60))
    with anyio.move_on_after(0.05) as scope:
        await call(client, meeting)
    assert scope.cancelled_caught
    with anyio.fail_after(60):
        while server.counters.in_flight:  # noqa: ASYNC110
            await anyio.sleep(0.001)
    assert asyncio.all_tasks() <= before


async def test_to_dos(client: Bloomy, meeting: int) -> None:
    own = await client.todo.create("Write", due_date=date(2026, 2, 1), notes="soon")
    team = await client.todo.create("Review", meeting_id=meeting)
    assert (own.due_date, own.meeting_id, own.archived) == (datetime(2026, 2, 1, tzinfo=UTC), None, False)
    assert [todo.id for todo in await client.todo.list()] == [own.id, team.id]
    assert [todo.id for todo in await client.todo.list(meeting_id=meeting)] == [team.id]
    changed = await client.todo.update(own.id, title="Rewrite", due_date="2026-03-01")
    assert (changed.name, changed.due_date) == ("Rewrite", datetime(2026, 3, 1, tzinfo=UTC))
    done = await client.todo.complete(team.id)
    assert (done.complete, done.complete_date, done.meeting_name) == (
        True,
        datetime(2026, 1, 1, tzinfo=UTC),
        "Leadership Weekly",
    )
    assert (own.complete_date, own.create_date) == (None, datetime(2026, 1, 1, tzinfo=UTC))


async def test_goals(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    made = await client.goal.create("Ship it", meeting)
    assert (made.status, made.meeting_title, made.user_name) == (
        GoalStatus.ON_TRACK,
        "Leadership Weekly",
        "Ada Lovelace",
    )
    assert made.due_date == datetime(2026, 4, 1, tzinfo=UTC)
    ben = server.credentials.ben.user_id
    changed = await client.goal.update(made.id, title="Ship", accountable_user=ben, status="COMPLETE")
    assert (changed.title, changed.status, changed.user_id) == ("Ship", "Completed", ben)
    await client.goal.update(made.id, status=GoalStatus.AT_RISK)
    await client.goal.archive(made.id)
    both = await client.goal.list(ben, archived=True)
    assert (both.active, [goal.status for goal in both.archived]) == ([], ["Incomplete"])
    await client.goal.restore(made.id)
    assert [goal.meeting_id for goal in await client.goal.list(ben)] == [meeting]
    await client.goal.delete(made.id)
    with pytest.raises(NotFoundError):
        await client.goal.details(made.id)


async def test_issues(client: Bloomy, meeting: int) -> None:
    made = await client.issue.create(meeting, "Slow tests", notes="very")
    assert (made.meeting_title, made.user_name, made.completed_at) == ("Leadership Weekly", "Ada Lovelace", None)
    changed = await client.issue.update(made.id, title="Slower tests")
    assert (changed.title, changed.archived) == ("Slower tests", False)
    for listed in (client.issue.list(), client.issue.list(meeting_id=meeting), client.meeting.issues(meeting)):
        assert [issue.id for issue in await listed] == [made.id]
    done = await client.issue.complete(made.id)
    assert (done.completed_at, done.archived) == (datetime(2026, 1, 1, tzinfo=UTC), True)
    assert await client.issue.list() == []


async def test_headlines(client: Bloomy, meeting: int) -> None:
    made = await client.headline.create(meeting, "We won", notes="a prize")
    assert made.notes_url
    changed = await client.headline.update(made.id, "We won a prize")
    assert (changed.title, changed.meeting_title, changed.closed_at) == ("We won a prize", "Leadership Weekly", None)
    for listed in (client.headline.list(), client.headline.list(meeting_id=meeting)):
        [headline] = await listed
        assert (headline.id, headline.notes_url, headline.created_at) == (
            made.id,
            None,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
    await client.headline.delete(made.id)
    assert await client.headline.list() == []


async def test_invalid_arguments_are_not_sent() -> None:
    transport = MemoryTransport()
    client = Bloomy(api_key="k", transport=transport)
    for call in (
        client.todo.list(1, meeting_id=2),
        client.issue.list(1, meeting_id=2),
        client.headline.list(1, meeting_id=2),
        client.scorecard.list(1, meeting_id=2),
        client.todo.update(1),
        client.issue.update(1),
        client.goal.update(1, status="done"),
        client.goal.update(1, status=5),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidRequestError):
            await call
    assert transport.sent == []


async def test_the_wire_has_the_servers_own_spellings() -> None:
    transport = MemoryTransport(
        lambda request: Reply(json={"Id": 1, "Name": "x", "CreateTime": "2026-01-01", "Owner": {"Id": 1}})
    )
    client = Bloomy(api_key="k", transport=transport)
    await client.todo.create("t", user_id=2, notes="n", due_date="2026-01-01")
    await client.todo.create("t", meeting_id=3, user_id=2, notes="n", due_date="2026-01-01")
    await client.issue.create(3, "t", user_id=2)
    await client.headline.create(3, "t", owner_id=2)
    await client.goal.create("t", 3, user_id=2)
    await client.todo.complete(1)
    await client.headline.details(1)
    sent = [
        (request.method, request.url.partition("/api/v1")[2], request.content.decode()) for request in transport.sent
    ]
    assert sent == [
        ("POST", "/todo/create", '{"title":"t","accountableUserId":2,"notes":"n","dueDate":"2026-01-01"}'),
        ("POST", "/L10/3/todos", '{"Title":"t","ForId":2,"Notes":"n","dueDate":"2026-01-01"}'),
        ("POST", "/issues/create", '{"title":"t","meetingid":3,"ownerid":2}'),
        ("POST", "/L10/3/headlines", '{"title":"t","ownerId":2}'),
        ("POST", "/L10/3/rocks", '{"title":"t","accountableUserId":2}'),
        ("POST", "/todo/1/complete?status=true", ""),
        ("GET", "/todo/1", ""),
        ("GET", "/headline/1?Include_Origin=true", ""),
    ]
    assert {request.headers["Content-Type"] for request in transport.sent} == {"application/json"}


async def test_any_text_and_any_id_comes_through_unchanged(client: Bloomy, meeting: int) -> None:
    text = 'Zoë & "Ünal" <b> / ? # % + \\ \U0001f600'
    made = await client.issue.create(meeting, text)
    assert (await client.issue.details(made.id)).title == text
    assert await client.user.search("%&+é/?#") == []
    transport = MemoryTransport(lambda request: Reply(json=[]))
    other = Bloomy("k", transport=transport)
    await other.user.list()
    await other.user.search("%&+é/?#")
    await other.meeting.list("x/1?a#b%2F+é")  # type: ignore[arg-type]
    await other.issue.list(meeting_id=1)
    await other.headline.list(meeting_id=1)
    await other.todo.list(meeting_id=1)
    assert [request.url.partition("/api/v1")[2] for request in transport.sent] == [
        "/search/all?term=%25",
        "/search/user?term=%25%26%2B%C3%A9%2F%3F%23",
        "/L10/x%2F1%3Fa%23b%252F%2B%C3%A9/list",
        "/l10/1/issues",
        "/l10/1/headlines",
        "/L10/1/todos",
    ]


# --- bulk operations --------------------------------------------------------------------------------------------------


async def test_each_item_of_a_bulk_has_its_own_success_or_error(
    client: Bloomy, server: BloomyServer, meeting: int
) -> None:
    items: list[dict[str, Any]] = [
        {"title": "a", "meeting_id": meeting},
        {"title": "b"},
        {"title": "c", "meeting_id": 999},
        {"title": "d", "meeting_id": meeting, "no_such_argument": 1},
        {"title": "e", "meeting_id": meeting},
    ]
    result = await client.issue.create_many(items)
    assert [issue.title for issue in result.successful] == ["a", "e"]
    assert [(failed.index, failed.status, failed.input_data) for failed in result.failed] == [
        (1, None, items[1]),
        (2, 404, items[2]),
        (3, None, items[3]),
    ]
    assert isinstance(result.failed[0].error, InvalidRequestError)
    assert result.failed[0].error.message == "meeting_id is required"
    assert server.counters.count("POST", "/api/v1/issues/create") == 3


async def test_an_invalid_item_fails_alone(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    items: list[Any] = [
        None,
        "title",
        5,
        {1: 2},
        {"title": None, "meeting_id": meeting},
        {"title": "a", "meeting_id": meeting},
    ]
    result = await client.goal.create_many(items)
    assert [goal.title for goal in result.successful] == ["a"]
    messages = [failed.error.message for failed in result.failed]
    for message, wrong in zip(messages, ("NoneType", "str", "int"), strict=False):
        assert message.startswith("each item must be a dict of arguments, got ")
        assert message.endswith(wrong)
    assert messages[3:] == ["title is required", "title is required"]
    assert {type(failed.error) for failed in result.failed} == {InvalidRequestError}


async def test_a_bulk_keeps_to_its_limit(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    await client.get_user_id()
    server.faults.add(ServerFault.delay(0.01), path="/api/v1/todo/create")
    server.faults.add(ServerFault.delay(0.01), path="/api/v1/L10/{id}/todos")
    result = await client.todo.create_many(
        [{"title": str(n), "meeting_id": meeting} for n in range(30)], max_concurrent=3
    )
    assert [todo.name for todo in result.successful] == [str(n) for n in range(30)]
    assert server.counters.max_in_flight == 3


async def test_a_limited_server_is_an_error_of_the_items_it_refused(
    client: Bloomy, server: BloomyServer, meeting: int
) -> None:
    server.faults.add(ServerFault.status(429, retry_after=600), path="/api/v1/L10/{id}/rocks", times=1)
    result = await client.goal.create_many(
        [{"title": "a", "meeting_id": meeting}, {"title": "b", "meeting_id": meeting}]
    )
    assert (len(result.successful), [failed.status for failed in result.failed]) == (1, [429])
    assert isinstance(result.failed[0].error, RateLimitError)


async def test_meetings_in_bulk(client: Bloomy, server: BloomyServer, meeting: int) -> None:
    made = await client.meeting.create_many([{"title": "a"}, {"add_self": True}])
    assert (len(made.successful), [failed.index for failed in made.failed]) == (1, [1])
    got = await client.meeting.get_many([meeting, 999, made.successful[0].meeting_id])
    assert [details.name for details in got.successful] == ["Leadership Weekly", "a"]
    assert [(failed.input_data, failed.status) for failed in got.failed] == [(999, 404)]
    assert (await client.meeting.get_many([])).successful == []
