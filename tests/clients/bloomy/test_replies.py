"""Tests of unusual replies: members that are missing, null or empty, and invalid days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from asdk import DecodeError
from asdk.clients.bloomy import Bloomy
from asdk.clients.bloomy.models import GoalStatus
from asdk.testing import MemoryTransport, Reply


def client_of(*bodies: object) -> Bloomy:
    """Create a client whose calls get these replies, in turn."""
    return Bloomy("key", transport=MemoryTransport([Reply(json=body) for body in bodies]))


async def test_a_meeting_without_basics_has_an_empty_name() -> None:
    def answer(request: Any) -> Reply:
        return Reply(json={"Id": 1, "Basics": None} if request.url.endswith("/L10/1") else [])

    details = await Bloomy(api_key="k", transport=MemoryTransport(answer)).meeting.details(1)
    assert (details.name, details.metrics) == ("", [])


async def test_a_goal_of_no_meeting() -> None:
    goal = {"Id": 1, "Name": "x", "CreateTime": "2026-01-01T00:00:00", "DueDate": "", "Owner": {"Id": 2, "Name": None}}
    transport = MemoryTransport([Reply(json={**goal, "Origins": []}), Reply(json={**goal, "Origins": None})])
    client = Bloomy(api_key="k", transport=transport)
    for _ in range(2):
        found = await client.goal.details(1)
        assert (found.meeting_id, found.meeting_title, found.due_date, found.status) == (None, None, None, "Incomplete")


async def test_the_least_that_a_creation_may_answer() -> None:
    least = {"Id": 1, "Name": "x"}
    todo = await client_of(least).todo.create("x", user_id=2)
    assert (todo.id, todo.due_date, todo.create_date, todo.complete, todo.archived) == (1, None, None, False, False)
    headline = await client_of(least).headline.create(3, "x", owner_id=2)
    assert (headline.notes_url, headline.owner, headline.created_at) == (None, None, None)
    issue = await client_of({**least, "OriginId": 3, "Origin": "m", "Owner": {"Id": 2}}).issue.create(3, "x", user_id=2)
    assert (issue.meeting_title, issue.user_id, issue.user_name, issue.created_at) == ("m", 2, None, None)
    made = {**least, "Owner": {"Name": "Ada"}, "Origins": [{"Name": "m"}], "CreateTime": "2026-01-01"}
    goal = await client_of(made).goal.create("x", 3, user_id=2)
    assert (goal.user_name, goal.user_id, goal.meeting_title, goal.meeting_id) == ("Ada", None, "m", None)
    assert goal.status == GoalStatus.AT_RISK


@pytest.mark.parametrize(("completion", "status"), [(2, "complete"), (1, "on"), (0, "off"), (None, "off"), (7, "off")])
async def test_how_a_new_goal_is_doing(completion: int | None, status: str) -> None:
    made = {"Id": 1, "Name": "x", "Completion": completion, "Owner": None}
    assert (await client_of(made).goal.create("x", 3, user_id=2)).status == status


async def test_a_goal_that_was_put_away_may_say_less() -> None:
    put_away = {"Id": 1, "Name": "x", "CreateTime": "2026-01-01T00:00:00", "DueDate": None, "Complete": True}

    def answer(request: Any) -> Reply:
        return Reply(json=[put_away] if "archivedrocks" in request.url else [])

    both = await Bloomy("key", transport=MemoryTransport(answer)).goal.list(2, archived=True)
    [goal] = both.archived
    assert (goal.status, goal.user_id, goal.created_at) == ("Completed", None, datetime(2026, 1, 1, tzinfo=UTC))


async def test_an_invalid_day_stays_text() -> None:
    """Check that text of goals, issues, headlines and scores may have any form."""
    goal = await client_of({"Id": 1, "Name": "x", "CreateTime": "1/2/2026", "DueDate": "soon"}).goal.details(1)
    assert (goal.due, goal.due_date, goal.created, goal.created_at) == ("soon", None, "1/2/2026", None)
    issue = await client_of({"Id": 1, "Name": "x", "CreateTime": "", "CloseTime": "done"}).issue.details(1)
    assert (issue.created_at, issue.closed, issue.completed_at) == (None, "done", None)
    todo = await client_of(
        {"Id": 1, "Name": "x", "DueDate": "next week", "CloseTime": "", "CompleteTime": ""}
    ).todo.details(1)
    assert (todo.due, todo.due_date, todo.archived, todo.complete_date) == ("next week", None, False, None)


async def test_invalid_measurables_of_a_meeting_are_left_out() -> None:
    found = [
        {"Id": 1, "Name": " a ", "Target": "2.5", "Modifiers": "count", "Direction": ">=", "Owner": {"Id": 2}},
        {"Id": 2, "Name": "b", "Target": "", "Owner": None},
        {"Id": 3, "Name": "c", "Target": None, "Owner": {"Id": None, "Name": None}},
        {"Id": 4, "Name": "d", "Target": "many"},
        {"Id": 5, "Name": ""},
        {"Id": 6, "Name": None},
        {"Name": "no id"},
        None,
        {},
    ]
    metrics = await client_of(found).meeting.metrics(1)
    assert [(metric.id, metric.title, metric.target) for metric in metrics] == [
        (1, "a", 2.5),
        (2, "b", None),
        (3, "c", None),
        (4, "d", None),
    ]
    assert [metric.accountable_user_id for metric in metrics] == [2, None, None, None]
    assert {metric.accountable_user_name for metric in metrics} == {None}


@pytest.mark.parametrize("body", [None, {}, {"Message": "no scorecard"}, []])
async def test_a_meeting_without_numbers(body: object) -> None:
    assert await client_of(body).meeting.metrics(1) == []


async def test_a_seat_without_a_name_and_a_user_without_a_picture() -> None:
    [seat] = await client_of([{"Group": {"Position": {"Id": 1, "Name": None}}}]).user.positions(1)
    assert seat.name is None
    assert (await client_of({"Id": 1, "Name": "x", "ImageUrl": None}).user.details(1)).image_url is None


async def test_lists_of_people_leave_out_invalid_entries() -> None:
    common = {"Description": None, "OrganizationId": 1, "ImageUrl": None}
    found = [
        {"Id": 1, "Name": "Ada", "Email": "a@x", "ResultType": "User", **common},
        {"Id": 2, "Name": "Seat", "Email": "", "ResultType": "User", **common},
        {"Id": 3, "Name": "Nobody", "Email": None, "ResultType": "User", **common},
        {"Id": 4, "Name": "Team", "Email": "t@x", "ResultType": "Team", **common},
    ]
    client = client_of(found, found)
    assert [user.id for user in await client.user.list()] == [1]
    assert [user.id for user in await client.user.list(include_placeholders=True)] == [1, 2, 3]


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"", b"{", b'{"Id": 1}', b"[null]", b"\xff"])
async def test_an_invalid_reply_is_a_typed_error(body: bytes) -> None:
    client = Bloomy("key", transport=MemoryTransport(lambda request: Reply(200, content=body)))
    with pytest.raises(DecodeError):
        await client.user.details(1)


async def test_members_that_are_not_read_may_be_anything() -> None:
    """Check that a deletion, an archival and a score succeed with any body."""
    client = Bloomy("key", transport=MemoryTransport(lambda request: Reply(200, content=b"<p>done</p>")))
    await client.headline.delete(1)
    await client.goal.archive(1)
    await client.goal.restore(1)
    assert await client.meeting.delete(1)
