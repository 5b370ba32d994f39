"""The vendor's package and ours, each against a server of its own in the same state, give equal results.

Both servers draw the same ids from the same seed and their clocks stand still. The vendor's models are flat where the
server nests; ours have the same names as properties. Each test names what it compares.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import anyio
import pytest

from asdk.clients.bloomy import APIError, Bloomy
from asdk.sandbox import ManualClock, Sandbox
from asdk.sandbox.bloomy import BloomyServer

bloomy = pytest.importorskip("bloomy", reason="the vendor's package bloomy-python is not installed")
pytest.importorskip("bloomy.configuration", reason="this bloomy is the bloom filter")
httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def servers() -> Iterator[tuple[BloomyServer, BloomyServer]]:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        yield one.bloomy, other.bloomy


@pytest.fixture
def theirs(servers: tuple[BloomyServer, BloomyServer]) -> Iterator[Any]:
    server = servers[0]
    with bloomy.Client(server.credentials.ada.api_key, base_url=server.api_url) as client:
        yield client


@pytest.fixture
async def ours(servers: tuple[BloomyServer, BloomyServer]) -> AsyncIterator[Bloomy]:
    server = servers[1]
    async with Bloomy(base_url=server.api_url, api_key=server.credentials.ada.api_key) as client:
        yield client


@pytest.fixture
def meeting(servers: tuple[BloomyServer, BloomyServer]) -> int:
    return servers[0].credentials.meeting_id


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # The server's days have no zone: ours are read as UTC, the vendor's have none.
        return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str) and len(value) > 18 and value[4:5] == value[7:8] == "-":
        return datetime.fromisoformat(value).isoformat()  # the vendor leaves some of them text
    return value


def assert_equal(one: Any, other: Any, names: str) -> None:
    """Compare the attributes of these names, ``theirs=ours`` where they differ; of each item of a list."""
    if isinstance(one, list):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_equal(left, right, names)
        return
    for name in names.split():
        theirs, _, ours = name.partition("=")
        assert plain(getattr(one, theirs)) == plain(getattr(other, ours or theirs)), name


USER = "id name image_url"
TODO = "id name details_url due_date complete_date create_date meeting_id meeting_name complete archived"
GOAL = "id user_id user_name title created_at due_date status meeting_id meeting_title"
ISSUE = "id title notes_url created_at completed_at archived meeting_id meeting_title user_id user_name"
SCORE = "id measurable_id accountable_user_id title target value week week_id updated_at"


async def test_users(theirs: Any, ours: Bloomy) -> None:
    one, other = theirs.user.details(include_all=True), await ours.user.details(include_all=True)
    assert_equal(one, other, USER)
    assert_equal(one.direct_reports, other.direct_reports, USER)
    assert_equal(one.positions, other.positions, "id name")
    found = "id name description email organization_id image_url"
    assert_equal(theirs.user.search("a"), await ours.user.search("a"), found)
    listed = "id name email position image_url"
    assert_equal(theirs.user.list(), await ours.user.list(), listed)
    assert_equal(theirs.user.list(include_placeholders=True), await ours.user.list(include_placeholders=True), listed)


async def test_meetings(theirs: Any, ours: Bloomy, meeting: int, servers: tuple[BloomyServer, BloomyServer]) -> None:
    ben = servers[0].credentials.ben.user_id
    for title in ("a", "b"):
        theirs.issue.create(meeting, title)
        await ours.issue.create(meeting, title)
        theirs.todo.create(title, meeting_id=meeting)
        await ours.todo.create(title, meeting_id=meeting)
    assert_equal(theirs.meeting.list(), await ours.meeting.list(), "id type key name")
    one, other = theirs.meeting.details(meeting), await ours.meeting.details(meeting)
    assert_equal(one, other, "id name start_date_utc created_date organization_id")
    assert_equal(one.attendees, other.attendees, "user_id name image_url")
    issue = "id name=title details_url=notes_url created_date=created_at meeting_id meeting_name=meeting_title"
    assert_equal(one.issues, other.issues, f"{issue} owner_id=user_id owner_name=user_name")
    assert_equal(one.todos, other.todos, TODO)
    metric = "id title target unit metric_type accountable_user_id accountable_user_name"
    assert_equal(one.metrics, other.metrics, metric)
    made, same = theirs.meeting.create("Retro", attendees=[ben]), await ours.meeting.create("Retro", attendees=[ben])
    assert made == {"meeting_id": same.meeting_id, "title": same.title, "attendees": same.attendees}
    assert theirs.meeting.delete(made["meeting_id"]) is await ours.meeting.delete(same.meeting_id) is True


async def test_to_dos(theirs: Any, ours: Bloomy, meeting: int) -> None:
    for arguments in ({"due_date": "2026-02-01", "notes": "n"}, {"meeting_id": meeting}):
        one, other = theirs.todo.create("t", **arguments), await ours.todo.create("t", **arguments)
        assert_equal(one, other, "id name details_url due_date create_date")
        one, other = theirs.todo.update(one.id, title="u"), await ours.todo.update(other.id, title="u")
        assert_equal(one, other, TODO)
        assert_equal(theirs.todo.complete(one.id), await ours.todo.complete(other.id), TODO)
    assert_equal(theirs.todo.list(), await ours.todo.list(), TODO)


async def test_goals(theirs: Any, ours: Bloomy, meeting: int) -> None:
    one, other = theirs.goal.create("g", meeting), await ours.goal.create("g", meeting)
    assert_equal(one, other, "id user_id user_name title meeting_id meeting_title status created_at")
    for status in ("off", "complete"):
        assert_equal(theirs.goal.update(one.id, status=status), await ours.goal.update(other.id, status=status), GOAL)
    assert_equal(theirs.goal.list(), await ours.goal.list(), GOAL)
    theirs.goal.archive(one.id)
    await ours.goal.archive(other.id)
    left, right = theirs.goal.list(archived=True), await ours.goal.list(archived=True)
    assert_equal(left.archived, right.archived, "id title created_at due_date")
    assert (left.archived[0].status, right.archived[0].status) == ("Complete", "Completed"), "one word in ours"


async def test_the_scorecard(theirs: Any, ours: Bloomy, meeting: int) -> None:
    assert_equal(
        theirs.scorecard.current_week(), await ours.scorecard.current_week(), "id week_number week_start week_end"
    )
    everything = theirs.scorecard.list(meeting_id=meeting, show_empty=True)
    assert_equal(everything, await ours.scorecard.list(meeting_id=meeting, show_empty=True), SCORE)
    measurable = everything[0].measurable_id
    assert theirs.scorecard.score(measurable, 0) is await ours.scorecard.score(measurable, 0) is True
    assert_equal(theirs.scorecard.list(), await ours.scorecard.list(), SCORE)
    assert_equal(theirs.scorecard.get(measurable), await ours.scorecard.get(measurable), SCORE)


async def test_issues(theirs: Any, ours: Bloomy, meeting: int) -> None:
    one, other = theirs.issue.create(meeting, "i", notes="n"), await ours.issue.create(meeting, "i", notes="n")
    assert_equal(one, other, "id meeting_id meeting_title title user_id notes_url")
    assert_equal(theirs.issue.list(), await ours.issue.list(), "id title notes_url created_at archived meeting_id")
    assert_equal(theirs.issue.update(one.id, title="j"), await ours.issue.update(other.id, title="j"), ISSUE)
    assert_equal(theirs.issue.complete(one.id), await ours.issue.complete(other.id), ISSUE)


async def test_headlines(theirs: Any, ours: Bloomy, meeting: int) -> None:
    one, other = theirs.headline.create(meeting, "h"), await ours.headline.create(meeting, "h")
    assert_equal(one, other, "id title notes_url")
    for left, right in (
        ([theirs.headline.update(one.id, "k")], [await ours.headline.update(other.id, "k")]),
        (theirs.headline.list(), await ours.headline.list()),
        (theirs.headline.list(meeting_id=meeting), await ours.headline.list(meeting_id=meeting)),
    ):
        assert_equal(left, right, "id title notes_url archived created_at closed_at")
        assert [item.owner_details.id for item in left] == [item.owner and item.owner.id for item in right]
        assert [item.meeting_details.id for item in left] == [item.meeting_id for item in right]


async def test_bulk(theirs: Any, ours: Bloomy, meeting: int) -> None:
    items: list[dict[str, Any]] = [
        {"title": "a", "meeting_id": meeting},
        {"title": "b"},
        {"title": "c", "meeting_id": 999},
    ]
    one, other = theirs.todo.create_many(items), await ours.todo.create_many(items)
    assert_equal(one.successful, other.successful, "id name")
    assert_equal(one.failed, other.failed, "index input_data")
    assert [failed.status for failed in other.failed] == [None, 404], "the vendor's are text"


async def test_statuses(theirs: Any, ours: Bloomy, servers: tuple[BloomyServer, BloomyServer]) -> None:
    for status in (404, 401):
        if status == 401:
            for server in servers:
                server.revoke_key()
        with pytest.raises(httpx.HTTPStatusError) as one:
            theirs.todo.details(999)
        with pytest.raises(APIError) as other:
            await ours.todo.details(999)
        assert one.value.response.status_code == other.value.status_code == status


async def test_a_hundred_callers_ask_for_their_own_id(servers: tuple[BloomyServer, BloomyServer], ours: Bloomy) -> None:
    """The vendor's client asks once a caller, ours once."""
    server = servers[0]
    async with (
        bloomy.AsyncClient(server.credentials.ada.api_key, base_url=server.api_url) as theirs,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(100):
            tasks.start_soon(theirs.todo.list)
    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(ours.todo.list)
    asked = [server.counters.count("GET", "/api/v1/users/mine") for server in servers]
    assert asked[0] > 1
    assert asked[1] == 1
