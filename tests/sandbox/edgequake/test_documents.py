import re
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeServer, ManualClock

pytestmark = pytest.mark.anyio
PATH = "/api/v1/documents"
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."


async def call(
    session: aiohttp.ClientSession, method: str, path: str = PATH, body: Any = None, **headers: str
) -> tuple[int, Any]:
    async with session.request(method, path, json=body, headers=headers) as reply:
        return reply.status, await reply.json(content_type=None)


async def upload(session: aiohttp.ClientSession, content: str, **body: Any) -> dict[str, Any]:
    status, reply = await call(session, "POST", body={"content": content} | body)
    assert status == 202, reply
    return dict(reply)


async def titles(session: aiohttp.ClientSession, query: str = "") -> list[str]:
    status, body = await call(session, "GET", f"{PATH}?{query}")
    assert status == 200, body
    return [document["title"] for document in body["documents"]]


async def test_a_text_is_processed_at_once_when_no_time_is_set(admin: aiohttp.ClientSession) -> None:
    made = await upload(admin, TEXT, title="Sarah", metadata={"a": [1]})
    assert made["status"] == "completed"
    assert (made["chunk_count"], made["entity_count"], made["relationship_count"]) == (1, 3, 2)
    assert re.fullmatch(r"upload_20260101000000_[0-9a-f]{8}", made["track_id"])
    status, seen = await call(admin, "GET", f"{PATH}/{made['document_id']}")
    assert status == 200
    assert (seen["content"], seen["title"], seen["metadata"]) == (TEXT, "Sarah", {"a": [1]})


async def test_the_same_content_is_taken_once(admin: aiohttp.ClientSession) -> None:
    made = await upload(admin, TEXT)
    status, again = await call(admin, "POST", body={"content": TEXT, "title": "other"})
    assert (status, again["status"], again["duplicate_of"]) == (200, "duplicate_processing", made["document_id"])
    assert (await call(admin, "GET"))[1]["total"] == 1
    await call(admin, "DELETE", f"{PATH}/{made['document_id']}")
    assert (await upload(admin, TEXT))["document_id"] != made["document_id"]


async def test_a_document_goes_from_pending_over_processing_to_completed(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, clock: ManualClock
) -> None:
    edgequake.settings.processing_time = 10
    made = await upload(admin, TEXT)
    path, tracked = f"{PATH}/{made['document_id']}", f"{PATH}/track/{made['track_id']}"
    seen: list[tuple[str, int, bool]] = []
    for step in (1, 2, 5, 3):
        document, track = (await call(admin, "GET", path))[1], (await call(admin, "GET", tracked))[1]
        assert track["documents"][0]["status"] == document["status"]
        seen.append((document["status"], document["chunk_count"], track["is_complete"]))
        clock.advance(step)
    assert seen == [("pending", 0, False), ("pending", 0, False), ("processing", 0, False), ("processing", 0, False)]
    assert (await call(admin, "GET", path))[1]["status"] == "completed"
    assert (await call(admin, "GET", tracked))[1]["is_complete"] is True
    assert (await call(admin, "GET", path))[1]["processed_at"] == "2026-01-01T00:00:10+00:00"


async def test_status_counts_follow_processing(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, clock: ManualClock
) -> None:
    async def counts() -> dict[str, int]:
        body = (await call(admin, "GET"))[1]
        return {status: count for status, count in body["status_counts"].items() if count}

    await upload(admin, "done")
    edgequake.settings.processing_time = 10
    first = await upload(admin, "first")
    clock.advance(5)
    await upload(admin, "second")
    assert await counts() == {"completed": 1, "processing": 1, "pending": 1}
    await call(admin, "DELETE", f"{PATH}/{first['document_id']}")
    clock.advance(20)
    assert await counts() == {"completed": 2}


async def test_the_outcome_of_processing_can_be_scripted(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    edgequake.end_next_document("failed", message="out of tokens")
    edgequake.end_next_document("partial_failure")
    failed, partial, fine = [await upload(admin, f"text {number}") for number in range(3)]
    assert [made["status"] for made in (failed, partial, fine)] == ["failed", "partial_failure", "completed"]
    assert (await call(admin, "GET", f"{PATH}/{failed['document_id']}"))[1]["error_message"] == "out of tokens"
    assert "warning_message" in (await call(admin, "GET", f"{PATH}/{partial['document_id']}"))[1]
    # A text that failed may be sent again.
    assert (await upload(admin, "text 0"))["status"] == "completed"


async def test_a_callers_track_gathers_documents(admin: aiohttp.ClientSession) -> None:
    for number in range(2):
        assert (await upload(admin, f"text {number}", track_id="mine"))["track_id"] == "mine"
    track = (await call(admin, "GET", f"{PATH}/track/mine"))[1]
    assert (track["total_count"], track["status_summary"]["completed"]) == (2, 2)
    assert (await call(admin, "GET", f"{PATH}/track/other"))[0] == 404


async def test_lists_come_newest_first_in_pages(admin: aiohttp.ClientSession) -> None:
    for number in range(5):
        await upload(admin, f"text {number}", title=str(number))
    assert await titles(admin) == ["4", "3", "2", "1", "0"]
    body = (await call(admin, "GET", f"{PATH}?page=2&page_size=2"))[1]
    assert [document["title"] for document in body["documents"]] == ["2", "1"]
    assert (body["total"], body["page"], body["page_size"], body["total_pages"]) == (5, 2, 2, 3)
    assert body["has_more"] is True
    assert (await call(admin, "GET", f"{PATH}?page=3&page_size=2"))[1]["has_more"] is False
    assert (await call(admin, "GET", f"{PATH}?page=4&page_size=2"))[1]["documents"] == []


@pytest.mark.parametrize(("asked", "got"), [("", 20), ("page_size=500", 100), ("page_size=0", 1), ("page_size=7", 7)])
async def test_a_page_has_at_most_a_hundred(admin: aiohttp.ClientSession, asked: str, got: int) -> None:
    assert (await call(admin, "GET", f"{PATH}?{asked}"))[1]["page_size"] == got


async def test_lists_can_be_filtered(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession, clock: ManualClock
) -> None:
    for number, title in enumerate(("Annual Report", "Minutes", "report draft")):
        await upload(admin, f"text {number}", title=title)
        clock.advance(24 * 3600)
    edgequake.settings.processing_time = 10
    await upload(admin, "slow", title="Slow")
    assert await titles(admin, "status=pending") == ["Slow"]
    assert await titles(admin, "document_pattern=REPORT") == ["report draft", "Annual Report"]
    assert await titles(admin, "document_pattern=minutes,%20slow") == ["Slow", "Minutes"]
    assert await titles(admin, "date_from=2026-01-02&date_to=2026-01-03") == ["report draft", "Minutes"]
    assert await titles(admin, "date_to=2026-01-02T00:00:00Z") == ["Minutes", "Annual Report"]
    assert await titles(admin, "date_to=2026-01-01T23:59:59%2B00:00") == ["Annual Report"]
    body = (await call(admin, "GET", f"{PATH}?status=completed&page_size=2"))[1]
    assert (body["total"], body["total_pages"], body["status_counts"]["pending"]) == (3, 2, 1)


async def test_words_that_are_no_numbers_or_dates_are_refused(admin: aiohttp.ClientSession) -> None:
    async with admin.get(f"{PATH}?page=two") as reply:
        assert (reply.status, reply.content_type) == (400, "text/plain")
    status, body = await call(admin, "GET", f"{PATH}?date_from=yesterday")
    assert (status, body["code"]) == (400, "BAD_REQUEST")


async def test_a_deleted_document_is_gone(admin: aiohttp.ClientSession) -> None:
    made = await upload(admin, TEXT)
    path = f"{PATH}/{made['document_id']}"
    status, body = await call(admin, "DELETE", path)
    assert (status, body["deleted"], body["chunks_deleted"], body["entities_affected"]) == (200, True, 1, 3)
    for method in ("GET", "DELETE"):
        assert (await call(admin, method, path))[0] == 404
    assert (await call(admin, "GET", f"{PATH}/track/{made['track_id']}"))[0] == 404


async def test_deleting_all_skips_what_is_being_processed(
    edgequake: EdgeQuakeServer, admin: aiohttp.ClientSession
) -> None:
    await upload(admin, TEXT)
    await upload(admin, "Acme Labs again.")
    edgequake.settings.processing_time = 10
    busy = await upload(admin, "slow")
    status, body = await call(admin, "DELETE")
    assert status == 200
    assert (body["deleted_count"], body["total_chunks_deleted"], body["total_entities_removed"]) == (2, 2, 3)
    assert (body["skipped_count"], body["skipped_documents"]) == (1, [busy["document_id"]])
    assert (await call(admin, "GET"))[1]["total"] == 1


async def test_each_tenant_and_workspace_has_its_own_documents(admin: aiohttp.ClientSession) -> None:
    made = await upload(admin, TEXT)
    for headers in ({"X-Tenant-ID": "t2"}, {"X-Workspace-ID": "w2"}, {"X-Tenant-ID": "t2", "X-Workspace-ID": "w2"}):
        assert (await call(admin, "GET", **headers))[1]["total"] == 0
        assert (await call(admin, "GET", f"{PATH}/{made['document_id']}", **headers))[0] == 404
        status, other = await call(admin, "POST", body={"content": TEXT}, **headers)
        assert (status, other["status"]) == (202, "completed")
    assert (await call(admin, "GET"))[1]["total"] == 1


@pytest.mark.parametrize("tenant", ["default", "00000000-0000-0000-0000-000000000002"])
async def test_the_default_space_has_names(admin: aiohttp.ClientSession, tenant: str) -> None:
    made = await upload(admin, TEXT)
    headers = {"X-Tenant-ID": tenant, "X-Workspace-ID": "default"}
    status, seen = await call(admin, "GET", f"{PATH}/{made['document_id']}", **headers)
    assert status == 200
    assert seen["tenant_id"] == "00000000-0000-0000-0000-000000000002"
    assert seen["workspace_id"] == "00000000-0000-0000-0000-000000000003"


async def test_empty_content_is_refused(admin: aiohttp.ClientSession) -> None:
    status, body = await call(admin, "POST", body={"content": " \n"})
    assert (status, body["code"]) == (400, "BAD_REQUEST")
