"""Tests of the models: optional members, unknown members, and secrets."""

from __future__ import annotations

import copy
import inspect
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from asdk import DecodeError, OpenEnum, Secret
from asdk.clients.edgequake import EdgeQuake, models
from asdk.clients.edgequake.models import DocumentDetail, DocumentStatus, DocumentSummary, LoginResult, QueryMode
from asdk.testing import MemoryTransport, Reply

NOW = "2026-01-01T12:00:00+00:00"
LOGIN = {
    "access_token": "aaaa.bbbb.cccc",
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_token": "rrrr-rrrr",
    "user": {
        "user_id": "u1",
        "username": "ada",
        "email": "ada@example.org",
        "role": "auditor",
        "is_active": True,
        "created_at": NOW,
        "updated_at": NOW,
    },
}


async def document(**members: Any) -> DocumentDetail:
    reply = {"id": "d1", "status": "completed", "chunk_count": 1, **members}
    return await EdgeQuake(auth=None, transport=MemoryTransport([Reply(json=reply)])).documents.get("d1")


async def login(reply: dict[str, Any]) -> LoginResult:
    return await EdgeQuake(auth=None, transport=MemoryTransport([Reply(json=reply)])).auth.login("ada", "pw")


async def test_members_that_the_server_omits_are_none() -> None:
    seen = await document()
    given = {name for name in inspect.signature(DocumentDetail).parameters if getattr(seen, name) is not None}
    assert given == {"id", "status", "chunk_count"}
    assert await document(title=None, lineage=None, metadata=None) == seen


async def test_unknown_members_are_dropped() -> None:
    assert await document(invented_tomorrow={"a": 1}) == await document()


async def test_a_status_that_is_new_stays_what_it_is() -> None:
    seen = await document(status="archived")
    assert seen.status == "archived"
    assert not seen.status.is_known
    assert (await document()).status is DocumentStatus.COMPLETED


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T12:00:00Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00.123456789+00:00", datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-01-01T12:00:00", datetime(2026, 1, 1, 12, tzinfo=UTC)),
    ],
)
async def test_times_are_aware(text: str, moment: datetime) -> None:
    seen = await document(created_at=text)
    assert seen.created_at == moment
    assert seen.created_at is not None
    assert seen.created_at.tzinfo is not None


async def test_metadata_may_have_any_shape() -> None:
    for metadata in ({"a": [1, {"b": None}]}, "text", 5, [1]):
        assert (await document(metadata=metadata)).metadata == metadata


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"chunk_count": "1"}, "chunk_count"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"status": None}, "status"),
        ({"multimodal_items": [{}, 1]}, "multimodal_items[1]"),
    ],
)
async def test_another_shape_is_an_error_that_names_the_place(change: dict[str, Any], path: str) -> None:
    with pytest.raises(DecodeError) as caught:
        await document(**change)
    assert caught.value.path == path
    assert caught.value.template == "/api/v1/documents/{document_id}"


async def test_an_item_of_another_shape_names_its_place_in_the_list() -> None:
    page = {"documents": [{"id": "d1", "chunk_count": 0}, {"id": "d2"}], "total": 2}
    client = EdgeQuake(auth=None, transport=MemoryTransport([Reply(json=page)]))
    with pytest.raises(DecodeError, match="item 1 of the collection: chunk_count"):
        await client.documents.list().collect()


async def test_tokens_show_a_mask_wherever_they_stand() -> None:
    result = await login(LOGIN)
    shown = f"{result} {result!r} {attrs.asdict(result)} {result.access_token} {result.refresh_token:>40}"  # type: ignore[arg-type]
    assert "aaaa" not in shown
    assert "rrrr" not in shown
    assert result.access_token.reveal() == "aaaa.bbbb.cccc"
    assert result.user.role == "auditor"


async def test_a_broken_login_reply_shows_no_token() -> None:
    broken = copy.deepcopy(LOGIN)
    del broken["user"]
    with pytest.raises(DecodeError) as caught:
        await login(broken)
    assert "aaaa" not in f"{caught.value} {vars(caught.value)}"


def test_models_are_frozen_and_made_by_keyword() -> None:
    summary = DocumentSummary(id="d1", chunk_count=0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        summary.id = "d2"  # type: ignore[misc]
    assert inspect.signature(DocumentSummary).parameters["id"].kind is inspect.Parameter.KEYWORD_ONLY


def test_every_model_is_exported_and_documented() -> None:
    for name in models.__all__:
        kind = getattr(models, name)
        assert attrs.has(kind) or issubclass(kind, OpenEnum)
        assert kind.__doc__
        assert not kind.__doc__.startswith("Method generated")


def test_tokens_and_keys_are_secrets() -> None:
    secret_names = {"access_token", "refresh_token", "api_key", "password"}
    for name in models.__all__:
        kind = getattr(models, name)
        if attrs.has(kind):
            for attribute in attrs.fields(attrs.resolve_types(kind)):
                if attribute.name in secret_names:
                    assert attribute.type in {Secret, Secret | None}, f"{name}.{attribute.name}"


def test_modes_are_text() -> None:
    assert QueryMode("hybrid") is QueryMode.HYBRID
    assert f"{QueryMode.HYBRID}" == "hybrid"
