"""The tenant of a call: the order of its sources, and its headers."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel
import pytest

from asdk import BaseClient, InvalidRequestError, Tenant, TenantHeaders, tenant_scope
from asdk.http.request import Request
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply


class Api(BaseClient):
    base_url = "https://api.example.org"
    tenant_headers = TenantHeaders(tenant="X-Tenant-ID", workspace="X-Workspace-ID", user="X-User-ID")


def echo(request: Request) -> Reply:
    names = ("X-Tenant-ID", "X-Workspace-ID", "X-User-ID")
    return Reply(json=[request.headers.get(name) for name in names])


def client_of(**options: Any) -> Api:
    return Api(transport=MemoryTransport(echo), **options)


async def test_each_part_goes_into_the_header_that_the_api_chose() -> None:
    client = client_of(tenant=Tenant("t", "w", "u"))
    assert await client.request("GET", "/x") == ["t", "w", "u"]


async def test_the_nearest_choice_wins_and_replaces_whole() -> None:
    client = client_of(tenant=Tenant("constructor", "w"))
    assert await client.request("GET", "/x") == ["constructor", "w", None]
    with tenant_scope(Tenant("scope")):
        assert await client.request("GET", "/x") == ["scope", None, None]
        copy = client.with_options(tenant=Tenant("copy"))
        assert await copy.request("GET", "/x") == ["copy", None, None]
        assert await copy.request("GET", "/x", tenant=Tenant("call")) == ["call", None, None]
        assert await client.request("GET", "/x", tenant=None) == [None, None, None]
        with tenant_scope(None):
            assert await client.request("GET", "/x") == [None, None, None]
    assert await client.request("GET", "/x") == ["constructor", "w", None]
    assert await client.with_options(tenant=None).request("GET", "/x") == [None, None, None]


async def test_a_scope_reaches_the_tasks_started_inside_and_no_others() -> None:
    client = client_of()
    seen: dict[str, object] = {}

    async def call(name: str) -> None:
        await anyio.lowlevel.checkpoint()
        seen[name] = (await client.request("GET", "/x"))[0]

    async with anyio.create_task_group() as tasks:
        for name in ("a", "b"):
            with tenant_scope(Tenant(name)):
                tasks.start_soon(call, name)
        tasks.start_soon(call, "none")
    assert seen == {"a": "a", "b": "b", "none": None}


async def test_the_tenant_is_named_on_the_clients_own_origin_only() -> None:
    client = client_of(tenant=Tenant("t"))
    assert await client.request("GET", "https://other.example.org/x") == [None, None, None]


async def test_a_page_walk_fixes_its_tenant_when_it_is_made() -> None:
    def serve(request: Request) -> Reply:
        return Reply(json={"items": [request.headers["X-Tenant-ID"], request.url[-1]], "n": 4})

    transport = MemoryTransport(serve)
    client = Api(transport=transport)
    with tenant_scope(Tenant("maker")):
        walk = client.paginate("/x", strategy=PageNumbers(items="items", total="n"))
    with tenant_scope(Tenant("walker")):
        assert await walk.collect() == ["maker", "1", "maker", "2"]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "", " a", "a ", "\x00", "tenänt"])
def test_an_invalid_tenant_is_rejected_at_once(value: str) -> None:
    with pytest.raises(InvalidRequestError, match="tenant_id"):
        Tenant(value)
