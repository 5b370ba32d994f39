"""Wording of the errors that the BioEPIC client raises itself. Other tests assert classes and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from asdk import AsdkError
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bioepic.exports import export_records
from asdk.clients.bioepic.filters import parse_filter
from asdk.clients.bioepic.records import split_list
from asdk.testing import MemoryTransport


def client() -> BioEPIC:
    return BioEPIC(auth=None, transport=MemoryTransport())


def construct(make: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def call() -> object:
        return make()

    return call


#: A call that sends nothing, and the message of its error.
MESSAGES: list[tuple[Callable[[], Awaitable[object]], str]] = [
    (
        construct(lambda: BioEPIC(auth=None, client_id="a")),
        "auth cannot be combined with other credentials; pass auth=, or client_id= and "
        "client_secret=, or username= and password=",
    ),
    (construct(lambda: BioEPIC(env="test")), "env must be one of prod, dev, got 'test'"),
    (
        construct(lambda: BioEPIC(client_id="a")),
        "incomplete credentials: pass client_id= and client_secret=, or username= and password=; "
        "the other half was not found in BIOEPIC_CLIENT_ID, CLIENT_ID, BIOEPIC_CLIENT_SECRET, "
        "CLIENT_SECRET, BIOEPIC_USERNAME, USERNAME, BIOEPIC_PASSWORD, PASSWORD in the environment "
        "and in .env",
    ),
    (
        lambda: client().auth.get_token(),
        "no BioEPIC credentials with auth=None; pass client_id= and client_secret=, or username= and password=",
    ),
    (
        construct(lambda: parse_filter("3")),
        'filter must be JSON such as {"type": "sample"}, or YAML such as type: sample, got \'3\'',
    ),
    (
        lambda: client().samples.list(filter="[").first(),
        'filter must be a JSON object such as {"type": "sample"}, got \'[\'; parse_filter() reads YAML',
    ),
    (
        construct(lambda: export_records([], "x.csv", "xml")),  # type: ignore[arg-type]
        "format must be auto, json, csv or tsv, got 'xml'",
    ),
    (construct(lambda: split_list([1], 0)), "chunk_size must be at least 1, got 0"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
async def test_messages(call: Callable[[], Awaitable[object]], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        await call()
    assert str(caught.value) == message
