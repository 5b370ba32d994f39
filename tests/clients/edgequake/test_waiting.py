"""Tests of waiting for documents until they complete, fail or time out, by the client's clock."""

from __future__ import annotations

import asyncio
import pickle
from itertools import pairwise
from typing import TYPE_CHECKING

import anyio
import pytest

from asdk import DeadlineExceededError, NotFoundError, RateLimitError, ServerError, Timeout
from asdk.clients.edgequake import EdgeQuake, ProcessingError, ProcessingTimeoutError
from asdk.clients.edgequake.models import DocumentStatus, TrackStatus
from asdk.sandbox import EdgeQuakeServer
from asdk.testing import MemoryTransport, Reply, VirtualClock
from tests.support.edgequake_schemas import sample

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient
    from tests.support.shared_clock import SharedClock


def track(*, done: int, of: int, status: str = "completed") -> dict[str, object]:
    documents = [
        {"id": f"d{number}", "chunk_count": 1, "status": status if number < done else "processing"}
        for number in range(of)
    ]
    reply: dict[str, object] = sample("TrackStatusResponse") | {
        "documents": documents,
        "total_count": of,
        "track_id": "t1",
    }
    return reply | {"is_complete": done == of, "latest_message": f"{done} of {of}"}


def client_of(*replies: Reply, clock: VirtualClock | None = None) -> tuple[EdgeQuake, MemoryTransport]:
    transport = MemoryTransport(list(replies))
    return EdgeQuake(auth=None, transport=transport, clock=clock or VirtualClock()), transport


async def test_it_returns_when_all_are_there() -> None:
    replies = [Reply(json=track(done=done, of=2)) for done in (0, 1, 2)]
    client, transport = client_of(*replies)
    seen: list[TrackStatus] = []
    done = await client.documents.wait("t1", on_progress=seen.append)
    assert [document.status for document in done.documents] == [DocumentStatus.COMPLETED] * 2
    assert [status.latest_message for status in seen] == ["0 of 2", "1 of 2", "2 of 2"]
    assert len(transport.sent) == 3


async def test_a_completed_document_needs_one_request() -> None:
    clock = VirtualClock()
    client, transport = client_of(Reply(json=track(done=1, of=1)), clock=clock)
    before = clock.monotonic()
    await client.documents.wait("t1")
    assert (len(transport.sent), clock.monotonic()) == (1, before)


async def test_a_track_whose_documents_are_not_entered_yet_is_not_complete() -> None:
    client, transport = client_of(
        *(Reply(json=track(done=done, of=of)) for done, of in ((0, 0), (0, 0), (0, 1), (1, 1)))
    )
    assert len((await client.documents.wait("t1")).documents) == 1
    assert len(transport.sent) == 4


async def test_a_track_that_stays_empty_is_given_back_as_it_is() -> None:
    clock = VirtualClock()
    client, _ = client_of(*(Reply(json=track(done=0, of=0)) for _ in range(9)), clock=clock)
    before = clock.monotonic()
    assert (await client.documents.wait("t1", timeout=None)).documents == []
    assert 3 < clock.monotonic() - before < 5


async def test_the_pauses_grow_to_ten_seconds() -> None:
    clock = VirtualClock()
    moments: list[float] = []
    replies = [Reply(json=track(done=0, of=1)) for _ in range(14)]
    client, _ = client_of(*replies, Reply(json=track(done=1, of=1)), clock=clock)
    await client.documents.wait("t1", timeout=None, on_progress=lambda seen: moments.append(clock.monotonic()))
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert pauses[0] == pytest.approx(0.25)
    assert [round(pause, 6) for pause in pauses] == sorted(round(pause, 6) for pause in pauses)
    assert pauses[-1] == pytest.approx(10)


async def test_a_failed_document_is_an_error_that_names_it(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.end_next_document("failed", message="no luck")
    await admin.documents.upload("lost", track_id="mine")
    kept = await admin.documents.upload("kept", track_id="mine")
    with pytest.raises(ProcessingError, match=r"1 of 2 documents of mine .*: no luck") as caught:
        await admin.documents.wait("mine")
    assert [document.error_message for document in caught.value.failed] == ["no luck"]
    assert kept.document_id in {document.id for document in caught.value.track.documents}
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.failed) == (str(caught.value), caught.value.failed)


async def test_a_partially_failed_document_is_returned(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.end_next_document("partial_failure", message="one chunk is missing")
    made = await admin.documents.upload("half of it")
    done = await admin.documents.wait(made.track_id)
    assert done.documents[0].warning_message == "one chunk is missing"


async def test_the_time_is_over_after_a_last_look() -> None:
    clock = VirtualClock()
    client, transport = client_of(*(Reply(json=track(done=0, of=1)) for _ in range(9)), clock=clock)
    before = clock.monotonic()
    with pytest.raises(ProcessingTimeoutError, match=r"t1 .* 3 s \(0 of 1\)") as caught:
        await client.documents.wait("t1", timeout=3)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.track is not None
    assert clock.monotonic() - before == pytest.approx(3)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert len(transport.sent) < 9


async def test_completion_in_the_last_pause_is_noticed() -> None:
    client, _ = client_of(Reply(json=track(done=0, of=1)), Reply(json=track(done=1, of=1)))
    assert (await client.documents.wait("t1", timeout=0.1)).is_complete


async def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_that() -> None:
    clock = VirtualClock()
    client, _ = client_of(Reply(json=track(done=0, of=1), delay=1000), clock=clock)
    before = clock.monotonic()
    with pytest.raises(ProcessingTimeoutError) as caught:
        await client.documents.wait("t1", timeout=5)
    assert caught.value.track is None
    assert clock.monotonic() - before == pytest.approx(5)


async def test_a_look_keeps_the_limit_of_the_client() -> None:
    client, _ = client_of(Reply(json=track(done=0, of=1), delay=1000))
    with pytest.raises(DeadlineExceededError):
        await client.with_options(timeout=Timeout(total=2)).documents.wait("t1", timeout=60)


async def test_an_unknown_track_is_an_error_without_a_wait(admin: EdgeQuake) -> None:
    with pytest.raises(NotFoundError):
        await admin.documents.wait("unknown")


async def test_a_server_that_is_busy_in_the_middle_is_waited_for() -> None:
    busy = {"error": "rate_limit_exceeded", "message": "later", "retry_after_seconds": 30}
    clock = VirtualClock()
    client, transport = client_of(
        Reply(json=track(done=0, of=1)),
        Reply(503),
        Reply(429, json=busy, headers={"Retry-After": "30"}),
        Reply(json=track(done=1, of=1)),
        clock=clock,
    )
    before = clock.monotonic()
    assert (await client.documents.wait("t1", timeout=120)).is_complete
    assert len(transport.sent) == 4
    assert clock.monotonic() - before >= 30


async def test_a_server_that_stays_away_is_an_error_of_its_own() -> None:
    client, transport = client_of(Reply(json=track(done=0, of=1)), *(Reply(503) for _ in range(3)))
    with pytest.raises(ServerError) as caught:
        await client.documents.wait("t1", timeout=120)
    assert (caught.value.status, caught.value.attempts) == (503, 3)
    assert len(transport.sent) == 4


async def test_a_retry_after_beyond_the_timeout_ends_the_wait() -> None:
    clock = VirtualClock()
    client, _ = client_of(Reply(json=track(done=0, of=1)), Reply(429, headers={"Retry-After": "60"}), clock=clock)
    before = clock.monotonic()
    with pytest.raises(RateLimitError) as caught:
        await client.documents.wait("t1", timeout=20)
    assert caught.value.retry_after == 60
    assert clock.monotonic() - before < 1


async def test_a_cancelled_document_is_an_error_that_names_it() -> None:
    client, _ = client_of(Reply(json=track(done=2, of=2, status="cancelled")))
    with pytest.raises(ProcessingError, match="2 of 2 documents of t1") as caught:
        await client.documents.wait("t1")
    assert [document.status for document in caught.value.failed] == [DocumentStatus.CANCELLED] * 2


async def test_a_wait_that_is_cancelled_leaves_nothing_behind(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.processing_time = 1000
    made = await admin.documents.upload("text")
    before, looked = asyncio.all_tasks(), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: admin.documents.wait(made.track_id, on_progress=lambda _: looked.set()))
        await looked.wait()
        tasks.cancel_scope.cancel()
    assert asyncio.all_tasks() == before
    assert server.counters.in_flight == 0
    assert (await admin.documents.track(made.track_id)).is_complete is False


async def test_an_on_progress_that_fails_ends_the_wait() -> None:
    client, transport = client_of(*(Reply(json=track(done=0, of=1)) for _ in range(3)))

    def refuse(seen: TrackStatus) -> None:
        raise ValueError(seen.track_id)

    with pytest.raises(ValueError, match="t1"):
        await client.documents.wait("t1", on_progress=refuse)
    assert len(transport.sent) == 1


async def test_it_follows_the_tenant_of_a_view(
    shared_clock: SharedClock, make_client: MakeClient, server: EdgeQuakeServer
) -> None:
    server.settings.processing_time = 20
    client = make_client(username="admin", password="sandbox-admin", clock=shared_clock.client)
    tenant = server.credentials.tenant_id
    workspace = await client.workspaces.create(tenant, "Notes")
    notes = client.with_workspace(workspace.id)
    made = await notes.documents.upload("text")
    with pytest.raises(NotFoundError):
        await client.documents.track(made.track_id)
    async with anyio.create_task_group() as tasks:
        seen: list[TrackStatus] = []
        tasks.start_soon(lambda: notes.documents.wait(made.track_id, on_progress=seen.append))
        while not (seen and seen[-1].is_complete):
            await anyio.sleep(0.001)
            await shared_clock.advance(2)
    assert seen[0].documents[0].status is DocumentStatus.PENDING
    assert server.settings.processing_time == 20
