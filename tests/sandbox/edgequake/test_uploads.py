import hashlib
import json
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import EdgeQuakeSettings, Sandbox

pytestmark = pytest.mark.anyio
PATH = "/api/v1/documents/upload"
TEXT = b"Sarah Chen works at Acme Labs."


def form(data: bytes = TEXT, *, filename: str = "sarah.md", field: str = "file", **texts: str) -> aiohttp.FormData:
    made = aiohttp.FormData(texts)
    made.add_field(field, data, filename=filename)
    return made


async def upload(session: aiohttp.ClientSession, data: Any) -> tuple[int, Any]:
    async with session.post(PATH, data=data) as reply:
        return reply.status, await reply.json(content_type=None) if "json" in reply.content_type else await reply.text()


async def detail(session: aiohttp.ClientSession, document_id: str) -> dict[str, Any]:
    async with session.get(f"/api/v1/documents/{document_id}") as reply:
        return dict(await reply.json())


async def test_a_file_becomes_a_document(admin: aiohttp.ClientSession) -> None:
    status, body = await upload(admin, form())
    assert (status, body["filename"], body["size"]) == (202, "sarah.md", len(TEXT))
    assert body["content_hash"] == hashlib.sha256(TEXT).hexdigest()
    assert (body["status"], body["is_duplicate"], body["chunk_count"]) == ("completed", False, 1)
    seen = await detail(admin, body["document_id"])
    assert (seen["content"], seen["file_name"], seen["mime_type"]) == (TEXT.decode(), "sarah.md", "text/markdown")


async def test_metadata_is_one_json_string_and_a_title_is_passed_over(admin: aiohttp.ClientSession) -> None:
    _, body = await upload(admin, form(metadata=json.dumps({"year": 2026}), title="ignored"))
    seen = await detail(admin, body["document_id"])
    assert (seen["metadata"], seen["title"]) == ({"year": 2026}, "sarah.md")
    status, refusal = await upload(admin, form(b"other", metadata="{"))
    assert (status, refusal["code"]) == (400, "BAD_REQUEST")


async def test_the_same_file_is_taken_once(admin: aiohttp.ClientSession) -> None:
    _, first = await upload(admin, form())
    status, again = await upload(admin, form(filename="copy.md"))
    assert (status, again["is_duplicate"], again["status"]) == (202, True, "duplicate_processing")
    assert again["document_id"] == first["document_id"]


@pytest.mark.parametrize("data", [form(field="files"), form(b""), form(b"\xff\xfe\x00")])
async def test_a_form_without_a_readable_file_is_refused(admin: aiohttp.ClientSession, data: aiohttp.FormData) -> None:
    status, body = await upload(admin, data)
    assert (status, body["code"]) == (400, "BAD_REQUEST")


async def test_an_invalid_form_is_rejected_in_plain_text(admin: aiohttp.ClientSession) -> None:
    assert await upload(admin, b"text") == (400, "Invalid `boundary` for `multipart/form-data` request")
    broken = aiohttp.BytesPayload(b"no parts at all", content_type="multipart/form-data; boundary=x")
    status, message = await upload(admin, broken)
    assert status == 400
    assert message.startswith("Error parsing `multipart/form-data` request")


async def test_too_large_a_body_is_refused() -> None:
    async with Sandbox(edgequake=EdgeQuakeSettings(max_upload_bytes=1000)) as sandbox:
        headers = {"X-API-Key": sandbox.edgequake.credentials.api_key}
        async with aiohttp.ClientSession(sandbox.edgequake.url, headers=headers) as session:
            status, body = await upload(session, form(b"x" * 1001))
            assert (status, body["code"]) == (413, "PAYLOAD_TOO_LARGE")
            assert (await upload(session, form(b"x" * 1000)))[0] == 202
            async with session.post("/api/v1/documents", json={"content": "x" * 1001}) as reply:
                assert reply.status == 413
                assert (await reply.json(content_type=None))["code"] == "PAYLOAD_TOO_LARGE"
