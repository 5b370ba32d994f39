"""Types of the client's public API, checked by the type checkers. Not run."""

from __future__ import annotations

from typing import assert_type

from asdk import Records, Secret
from asdk.clients.bloomy import Bloomy, Configuration
from asdk.clients.bloomy.models import (
    BulkResult,
    CreatedGoal,
    CreatedMeeting,
    Goal,
    GoalList,
    Headline,
    Issue,
    MeetingDetails,
    ScorecardItem,
    Todo,
    UserDetails,
    UserListItem,
)


async def results(client: Bloomy) -> None:
    assert_type(await client.get_user_id(), int)
    assert_type(await client.user.details(), UserDetails)
    assert_type(await client.user.all(), Records[UserListItem])
    assert_type(await client.meeting.create("x"), CreatedMeeting)
    assert_type(await client.meeting.get_many([1]), BulkResult[MeetingDetails])
    assert_type(await client.with_options(timeout=5).todo.list(), Records[Todo])
    assert_type(await client.goal.list(), Records[Goal])
    assert_type(await client.goal.list(archived=True), GoalList)
    assert_type(await client.goal.create_many([{"title": "x"}]), BulkResult[CreatedGoal])
    assert_type(await client.scorecard.get(1), ScorecardItem | None)
    assert_type(await client.issue.complete(1), Issue)
    assert_type(await client.headline.update(1, "x"), Headline)
    assert_type(Configuration().api_key, Secret | None)
