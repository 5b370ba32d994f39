"""The vendor's own package, unmodified, sync and async, against the sandbox.

Each flow is written once: what the sync client returns at once, the async one returns to be awaited. The sandbox has
a thread of its own, because the sync client blocks. The vendor's address of the token endpoint is fixed in its source,
so that one request is led to the sandbox by a transport.
"""

import types
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asdk.sandbox import Sandbox, ServerFault
from asdk.sandbox.bloomy import BloomyServer
from tests.conformance.vendors import settle

bloomy = pytest.importorskip("bloomy", reason="the vendor's package bloomy-python is not installed")
configuration = pytest.importorskip("bloomy.configuration", reason="this bloomy is the bloom filter")
httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[BloomyServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.bloomy


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("BG_API_KEY", raising=False)
    return tmp_path


@pytest.fixture(params=["Client", "AsyncClient"])
async def client(request: pytest.FixtureRequest, server: BloomyServer) -> AsyncIterator[Any]:
    client = getattr(bloomy, request.param)(server.credentials.ada.api_key, base_url=server.api_url)
    yield client
    await settle(client.close())


@pytest.fixture
def token_endpoint(server: BloomyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead the password grant to the sandbox."""
    target = httpx.URL(server.url)

    class Led(httpx.HTTPTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any) -> Any:
            request.url = request.url.copy_with(scheme=target.scheme, host=target.host, port=target.port)
            return super().handle_request(request)

    shim = types.SimpleNamespace(**{name: getattr(httpx, name) for name in httpx.__all__})
    shim.Client = lambda **options: httpx.Client(transport=Led(), **options)
    monkeypatch.setattr(configuration, "httpx", shim)


@pytest.mark.usefixtures("token_endpoint")
def test_a_password_buys_a_key_that_is_kept_in_the_file(server: BloomyServer, home: Path) -> None:
    known = server.credentials.ada
    config = bloomy.Configuration()
    config.configure_api_key(known.username, known.password, store_key=True)
    assert (home / ".bloomy" / "config.yaml").read_text() == f"api_key: {config.api_key}\nversion: 1\n"
    with bloomy.Client(base_url=server.api_url) as client:
        assert client.user.details().name == "Ada Lovelace"
    with pytest.raises(bloomy.AuthenticationError, match="invalid_grant"):
        config.configure_api_key(known.username, "wrong")


def test_no_key_anywhere_is_said() -> None:
    with pytest.raises(bloomy.ConfigurationError, match="No API key"):
        bloomy.Client()


async def test_a_revoked_key_is_a_401(client: Any, server: BloomyServer) -> None:
    server.revoke_key(server.credentials.ada.api_key)
    with pytest.raises(httpx.HTTPStatusError) as caught:
        await settle(client.user.details())
    assert caught.value.response.status_code == 401


async def test_users(client: Any, server: BloomyServer) -> None:
    ada, ben = server.credentials.ada.user_id, server.credentials.ben.user_id
    me = await settle(client.user.details(include_all=True))
    assert (me.id, [report.name for report in me.direct_reports]) == (ada, ["Ben Bitdiddle", "Open Seat"])
    assert [position.name for position in me.positions] == ["Visionary", "Integrator"]
    assert [report.id for report in await settle(client.user.direct_reports(ben))] == []
    assert [found.id for found in await settle(client.user.search("ben"))] == [ben]
    assert [user.name for user in await settle(client.user.list())] == ["Ada Lovelace", "Ben Bitdiddle"]
    assert len(await settle(client.user.list(include_placeholders=True))) == 3


async def test_meetings(client: Any, server: BloomyServer) -> None:
    known = server.credentials
    assert [meeting.name for meeting in await settle(client.meeting.list())] == ["Leadership Weekly"]
    made = await settle(client.meeting.create("Retro", attendees=[known.ben.user_id]))
    people = await settle(client.meeting.attendees(made["meeting_id"]))
    assert [person.user_id for person in people] == [known.ada.user_id, known.ben.user_id]
    details = await settle(client.meeting.details(known.meeting_id))
    assert (details.name, len(details.attendees)) == ("Leadership Weekly", 2)
    assert [(metric.title, metric.target) for metric in details.metrics] == [("Releases", 2.0), ("Open defects", 10.0)]
    many = await settle(client.meeting.get_many([known.meeting_id, 999]))
    assert (len(many.successful), [failed.index for failed in many.failed]) == (1, [1])
    assert await settle(client.meeting.delete(made["meeting_id"]))


async def test_todos(client: Any, server: BloomyServer) -> None:
    meeting = server.credentials.meeting_id
    own = await settle(client.todo.create("Write", due_date="2026-02-01", notes="soon"))
    team = await settle(client.todo.create("Review", meeting_id=meeting))
    assert [todo.name for todo in await settle(client.todo.list())] == ["Write", "Review"]
    assert [todo.id for todo in await settle(client.todo.list(meeting_id=meeting))] == [team.id]
    changed = await settle(client.todo.update(own.id, title="Rewrite"))
    assert (changed.name, changed.due_date.day) == ("Rewrite", 1)
    done = await settle(client.todo.complete(team.id))
    assert (done.complete, done.meeting_name) == (True, "Leadership Weekly")
    assert await settle(client.meeting.todos(meeting)) == []
    assert len(await settle(client.meeting.todos(meeting, include_closed=True))) == 1
    many = await settle(client.todo.create_many([{"title": "a", "meeting_id": meeting}, {"title": "b"}]))
    assert (len(many.successful), many.failed[0].error) == (1, "meeting_id is required")


async def test_goals(client: Any, server: BloomyServer) -> None:
    meeting = server.credentials.meeting_id
    made = await settle(client.goal.create("Ship it", meeting))
    assert (made.status, made.meeting_title) == ("on", "Leadership Weekly")
    changed = await settle(client.goal.update(made.id, title="Ship", status="complete"))
    assert (changed.title, changed.status) == ("Ship", "Completed")
    await settle(client.goal.archive(made.id))
    both = await settle(client.goal.list(archived=True))
    assert (both.active, [goal.status for goal in both.archived]) == ([], ["Complete"])
    await settle(client.goal.restore(made.id))
    assert [goal.id for goal in await settle(client.goal.list())] == [made.id]
    await settle(client.goal.delete(made.id))
    with pytest.raises(httpx.HTTPStatusError):
        await settle(client.goal.details(made.id))


async def test_scorecard(client: Any, server: BloomyServer) -> None:
    week = await settle(client.scorecard.current_week())
    [empty] = await settle(client.scorecard.list(show_empty=True, week_offset=0))
    assert (empty.value, empty.week_id, empty.target) == (None, week.week_number, 2.0)
    assert await settle(client.scorecard.score(empty.measurable_id, 3))
    [scored] = await settle(client.scorecard.list())
    assert scored.value == 3.0
    assert (await settle(client.scorecard.get(empty.measurable_id))).value == 3.0
    everything = await settle(client.scorecard.list(meeting_id=server.credentials.meeting_id, show_empty=True))
    assert {item.title for item in everything} == {"Releases", "Open defects"}


async def test_issues(client: Any, server: BloomyServer) -> None:
    meeting = server.credentials.meeting_id
    made = await settle(client.issue.create(meeting, "Slow tests", notes="very"))
    assert made.meeting_title == "Leadership Weekly"
    changed = await settle(client.issue.update(made.id, title="Slower tests"))
    assert (changed.title, changed.archived) == ("Slower tests", False)
    assert [issue.id for issue in await settle(client.issue.list())] == [made.id]
    assert [issue.id for issue in await settle(client.issue.list(meeting_id=meeting))] == [made.id]
    assert [issue.name for issue in await settle(client.meeting.issues(meeting))] == ["Slower tests"]
    done = await settle(client.issue.complete(made.id))
    assert done.completed_at
    assert await settle(client.issue.list()) == []
    assert len(await settle(client.meeting.issues(meeting, include_closed=True))) == 1


async def test_headlines(client: Any, server: BloomyServer) -> None:
    meeting = server.credentials.meeting_id
    made = await settle(client.headline.create(meeting, "We won", notes="a prize"))
    assert made.notes_url
    changed = await settle(client.headline.update(made.id, "We won a prize"))
    assert (changed.title, changed.meeting_details.title) == ("We won a prize", "Leadership Weekly")
    for listed in (client.headline.list(), client.headline.list(meeting_id=meeting)):
        [headline] = await settle(listed)
        assert (headline.id, headline.notes_url) == (made.id, None)
    await settle(client.headline.delete(made.id))
    assert await settle(client.headline.list()) == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServerFault.status(429, retry_after=1), lambda: httpx.HTTPStatusError),
        (ServerFault.status(500), lambda: httpx.HTTPStatusError),
        (ServerFault.drop(), lambda: httpx.RequestError),
        (ServerFault.status(200, html="<p>hello</p>"), lambda: ValueError),
    ],
)
async def test_faults_reach_the_vendor_as_they_are(
    client: Any, server: BloomyServer, fault: ServerFault, expected: Callable[[], type[Exception]]
) -> None:
    server.faults.add(fault, path="/api/v1/weeks/current", times=1)
    with pytest.raises(expected()):
        await settle(client.scorecard.current_week())
    assert (await settle(client.scorecard.current_week())).week_number
