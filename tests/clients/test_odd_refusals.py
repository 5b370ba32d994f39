"""Tests of unusual error bodies: the error of each of the five clients is one line with the status."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asdk import BaseClient, StatusError
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import APIError, Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.testing import MemoryTransport, Reply

BODIES = [
    b"null",
    b"[]",
    b'"text"',
    b"17",
    b"",
    b"{",
    b"\xff\xfe",
    b"<html>502</html>",
    b'{"error": null, "message": null, "Message": null, "detail": null, "violations": null}',
    b'{"error": {"code": [1]}, "message": {"a": 1}, "Message": ["x"], "detail": {"a": [1]}}',
    b'{"error": "", "Message": "", "violations": [null, 7, {}, {"check": null}, {"detail": "x"}]}',
    b'{"detail": [null, 7, {}, {"loc": null}, {"loc": [1, null], "msg": ["x"]}, {"msg": "y"}]}',
    b'{"error": "\\ud800", "message": "a\\nb\\u001b[31m", "Message": "a\\u2028b", "detail": "a\\r\\nb"}',
    b'{"error": {"error": {"error": {}}}}',
    b"[" * 100_000,
]
CLIENTS: dict[str, Callable[[MemoryTransport], BaseClient]] = {
    "apala": lambda transport: Apala(auth=None, transport=transport, retry=None),
    "bioepic": lambda transport: BioEPIC(auth=None, transport=transport, retry=None),
    "bloomy": lambda transport: Bloomy("key", transport=transport, retry=None),
    "edgequake": lambda transport: EdgeQuake(auth=None, transport=transport, retry=None),
    "mgnify": lambda transport: MGnify(auth=None, transport=transport, retry=None),
}


@pytest.mark.parametrize("api", CLIENTS)
@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 503, 599])
@pytest.mark.parametrize("body", BODIES, ids=[str(number) for number in range(len(BODIES))])
async def test_any_rejection_is_one_line_with_the_status(api: str, status: int, body: bytes) -> None:
    client = CLIENTS[api](MemoryTransport([Reply(status, content=body)]))
    with pytest.raises(StatusError) as caught:
        await client.request("GET", "/things/{id}", path_params={"id": 1})
    error = caught.value
    assert error.status == status
    assert not isinstance(error, APIError) or error.status_code == status
    assert isinstance(error, APIError) is (api == "bloomy")
    assert str(error).isprintable()
