"""Record that the server returns, and its model: about 1 KB of JSON, 20 fields, nested, with datetimes."""

from __future__ import annotations

import json
from datetime import datetime

from asdk import OpenEnum, model


class Status(OpenEnum):
    READY = "ready"
    FAILED = "failed"
    QUEUED = "queued"


@model
class Owner:
    id: int
    name: str
    email: str
    since: datetime


@model
class Address:
    street: str
    city: str
    zip: str
    country: str


@model
class Chunk:
    id: int
    offset: int
    length: int
    text: str


@model
class Record:
    id: int
    uuid: str
    name: str
    description: str | None
    status: Status
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    tags: list[str]
    scores: list[float]
    metadata: dict[str, str]
    owner: Owner
    address: Address | None
    chunks: list[Chunk]
    count: int
    ratio: float
    active: bool
    parent_id: int | None
    version: int
    url: str


def record(number: int = 1) -> dict[str, object]:
    """Return a record as plain data."""
    return {
        "id": number,
        "uuid": f"6f1c2d3e-0000-4000-8000-{number:012d}",
        "name": f"document {number}",
        "description": None if number % 3 else "a text with a few words in it, as a user writes it",
        "status": ("ready", "failed", "queued")[number % 3],
        "created_at": "2025-03-01T12:30:45.123456+00:00",
        "updated_at": "2025-03-02T08:15:00+00:00",
        "deleted_at": None if number % 4 else "2025-04-01T00:00:00+00:00",
        "tags": ["alpha", "beta", "gamma"],
        "scores": [0.25, 0.5, 0.75],
        "metadata": {"lang": "en", "source": "upload", "team": "search"},
        "owner": {"id": 7, "name": "Ada", "email": "ada@example.org", "since": "2024-01-01T00:00:00+00:00"},
        "address": None if number % 2 else {"street": "Main 1", "city": "Bern", "zip": "3000", "country": "CH"},
        "chunks": [
            {"id": 1, "offset": 0, "length": 512, "text": "first chunk"},
            {"id": 2, "offset": 512, "length": 300, "text": "second chunk"},
        ],
        "count": 42,
        "ratio": 0.125,
        "active": True,
        "parent_id": None if number % 5 else 3,
        "version": 4,
        "url": f"https://api.example.org/v1/documents/{number}",
    }


ONE = json.dumps(record()).encode()
