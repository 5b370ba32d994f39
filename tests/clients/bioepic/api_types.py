"""Types of the client's public API, checked by the type checkers. Not run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, assert_type

from asdk import Paginator, Records
from asdk.clients.bioepic import (
    BioEPIC,
    BioEPICAuth,
    Collection,
    build_filter,
    export_records,
    extract_field,
    parse_filter,
    requires_auth,
    split_list,
)


class Lab:
    def __init__(self, client: BioEPIC) -> None:
        self.auth = client.auth

    @requires_auth
    async def upload(self, name: str, *, twice: bool = False) -> int:
        return len(await self.auth.get_token())

    @requires_auth
    def count(self) -> int:
        return 1


async def results(client: BioEPIC) -> None:
    assert_type(client.samples.list(filter={"a": {"$gt": 1}}), Paginator[dict[str, Any]])
    assert_type(await client.samples.by_attribute("a", 1).collect(), Records[dict[str, Any]])
    assert_type(await client.samples.get("a"), dict[str, Any])
    assert_type(client.collection("notes"), Collection)
    assert_type(export_records([{"a": 1}], "a.csv"), Path)
    assert_type(build_filter({"a": 1}), dict[str, Any])
    assert_type(parse_filter("a: 1"), dict[str, Any])
    assert_type(split_list(["a"]), list[Sequence[str]])
    assert_type(extract_field([{"a": 1}], "a"), list[Any])
    assert_type(BioEPICAuth("a", "b").client, BioEPIC)
    assert_type((await client.auth.get_token())[:20], str)
    assert_type(await Lab(client).upload("a", twice=True), int)
    assert_type(Lab(client).count(), int)


async def refused_statuses(client: BioEPIC) -> None:
    await client.samples.get()  # type: ignore[call-arg]
    await Lab(client).upload()  # type: ignore[call-arg]
    export_records([], "a.csv", "parquet")  # type: ignore[arg-type]
    BioEPIC(key="a")  # type: ignore[call-arg]
