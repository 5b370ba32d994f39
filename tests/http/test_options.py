"""What a call may choose, and that a choice which makes no sense is refused where it is made."""

from __future__ import annotations

import copy
import pickle
import sys
from contextlib import suppress
from typing import Any
from uuid import UUID

import anyio
import pytest

from asdk.errors import InvalidRequestError
from asdk.http.headers import Headers
from asdk.http.options import (
    NO_TIMEOUT,
    CallOptions,
    Options,
    Retry,
    Tenant,
    TenantHeaders,
    Timeout,
    merge_options,
    omit_none,
    scoped_tenant,
    tenant_scope,
)
from asdk.unset import UNSET

ACME, OTHER = Tenant("acme"), Tenant("other")


# --- UNSET ----------------------------------------------------------------------------------------------------------


def test_unset_is_false_and_not_none_and_always_itself() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    for again in (copy.copy(UNSET), copy.deepcopy(UNSET), pickle.loads(pickle.dumps(UNSET))):
        assert again is UNSET


# --- times and retries ----------------------------------------------------------------------------------------------

NO_SECONDS = [0, -1, 0.0, -0.5, float("nan"), float("inf"), 10**400, True, False, "5", b"5", [5]]


@pytest.mark.parametrize("value", NO_SECONDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", ["total", "attempt", "connect", "idle"])
def test_a_timeout_is_a_number_of_seconds_above_zero(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field} must be a number of seconds"):
        Timeout(**{field: value})


@pytest.mark.parametrize("value", [1, 0.001, 1e9, sys.float_info.max, None])
def test_a_timeout_may_be_any_time_or_none(value: Any) -> None:
    assert Timeout(value, value, value, value).total == value
    assert (Timeout().total, Timeout().attempt, Timeout().connect, Timeout().idle) == (60, 30, 5, 60)


def test_a_number_is_the_total_and_none_switches_all_off() -> None:
    assert Timeout.of(5) == Timeout(total=5)
    assert Timeout.of(None) is NO_TIMEOUT
    assert Timeout(None, None, None, None) == NO_TIMEOUT
    given = Timeout(connect=1)
    assert Timeout.of(given) is given


@pytest.mark.parametrize("value", [*NO_SECONDS, None], ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", ["base_delay", "max_delay", "max_retry_after"])
def test_the_waits_of_a_retry_are_numbers_of_seconds(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field} must be a number of seconds"):
        Retry(**{field: value})


@pytest.mark.parametrize("attempts", [0, -1, 1.5, "3", None, True])
def test_at_least_one_attempt_is_made(attempts: Any) -> None:
    with pytest.raises(InvalidRequestError, match="at least 1"):
        Retry(attempts=attempts)


def test_the_statuses_to_retry_come_in_any_collection() -> None:
    statuses: Any = [429, 429]
    assert Retry(statuses=statuses).statuses == frozenset({429})
    assert Retry(attempts=1, statuses=frozenset()).statuses == frozenset()


def test_a_policy_is_a_value() -> None:
    assert Retry() == Retry(attempts=3, base_delay=0.5, max_delay=8.0, max_retry_after=120.0)
    assert hash(Timeout(1)) == hash(Timeout(1))
    with pytest.raises(AttributeError):
        Timeout().total = 5  # type: ignore[misc]


# --- tenants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["tenant_id", "workspace_id", "user_id"])
@pytest.mark.parametrize("value", ["", " a", "a ", "a\r\nX-Evil: 1", "a\x00", "é", 5, UUID(int=1), b"a"])
def test_a_part_of_a_tenant_is_fit_for_a_header(part: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=part):
        Tenant(**{part: value})


def test_a_tenant_reads_in_a_log() -> None:
    assert str(Tenant("acme", user_id="ada")) == "acme/-/ada"


def test_the_api_chooses_the_names_of_the_tenants_headers() -> None:
    headers = TenantHeaders(tenant="X-Tenant-ID", user="X-User-ID")
    assert headers.render(Tenant("acme", "lab", "ada")) == Headers({"X-Tenant-ID": "acme", "X-User-ID": "ada"})
    assert headers.render(Tenant(workspace_id="lab")) == Headers()
    assert TenantHeaders().render(Tenant("acme", "lab", "ada")) == Headers()


@pytest.mark.parametrize("name", ["", "a b", "a\r\n", "é", 5])
def test_a_header_that_could_not_be_sent_is_refused_when_the_class_is_written(name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="header name"):
        TenantHeaders(workspace=name)


def test_a_scope_ends_where_its_block_ends() -> None:
    assert scoped_tenant() is UNSET
    with tenant_scope(ACME):
        assert scoped_tenant() is ACME
        with tenant_scope(None):
            assert scoped_tenant() is None
        with suppress(RuntimeError), tenant_scope(OTHER):
            assert scoped_tenant() is OTHER
            raise RuntimeError
        assert scoped_tenant() is ACME
    assert scoped_tenant() is UNSET


def test_one_scope_may_be_entered_again_also_inside_of_itself() -> None:
    scope = tenant_scope(ACME)
    for _ in range(2):
        with scope:
            with tenant_scope(OTHER), scope:
                assert scoped_tenant() is ACME
            assert scoped_tenant() is ACME
        assert scoped_tenant() is UNSET


async def test_one_scope_serves_many_tasks_at_once() -> None:
    scope, seen = tenant_scope(ACME), list[object]()
    first_in, second_in, first_out = anyio.Event(), anyio.Event(), anyio.Event()

    async def first() -> None:
        with scope:
            first_in.set()
            await second_in.wait()
        seen.append(scoped_tenant())
        first_out.set()

    async def second() -> None:
        await first_in.wait()
        with tenant_scope(OTHER):
            with scope:
                second_in.set()
                await first_out.wait()
                seen.append(scoped_tenant())
            seen.append(scoped_tenant())
        seen.append(scoped_tenant())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        tasks.start_soon(second)
    assert seen == [UNSET, ACME, OTHER, UNSET]


async def test_a_task_inherits_the_scope_and_cannot_change_that_of_others() -> None:
    seen: list[object] = []

    async def child() -> None:
        seen.append(scoped_tenant())
        tenant_scope(OTHER).__enter__()

    with tenant_scope(ACME):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(child)
        seen.append(scoped_tenant())
    assert seen == [ACME, ACME]


@pytest.mark.parametrize("tenant", ["acme", 5, {}, UNSET])
def test_a_scope_is_of_a_tenant(tenant: Any) -> None:
    with pytest.raises(InvalidRequestError, match="a tenant is a Tenant or None"):
        tenant_scope(tenant)


# --- merging --------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_inherited_and_none_is_off() -> None:
    base = Options(timeout=Timeout(5), retry=Retry(attempts=2), tenant=ACME, idempotency_key="k")
    assert merge_options(base, {}) == base
    assert merge_options(base, {"timeout": UNSET, "retry": UNSET}) == base
    merged = merge_options(base, {"timeout": None, "retry": None})
    assert (merged.timeout, merged.retry) == (NO_TIMEOUT, None)
    assert (merged.tenant, merged.idempotency_key) == (ACME, "k")
    assert merge_options(base, {"timeout": 9, "retry": Retry(attempts=5)}) == Options(
        timeout=Timeout(total=9), retry=Retry(attempts=5), tenant=ACME, idempotency_key="k"
    )
    assert base.timeout == Timeout(5)


def test_an_unknown_option_is_refused_with_those_there_are() -> None:
    given: Any = {"timeot": 5}
    with pytest.raises(InvalidRequestError, match=r"no option \['timeot'\].*'timeout'"):
        merge_options(Options(), given)


@pytest.mark.parametrize("given", [{"retry": 3}, {"retry": True}, {"retry": "no"}, {"timeout": "5"}, {"timeout": 0}])
def test_an_option_of_the_wrong_kind_is_refused(given: CallOptions) -> None:
    with pytest.raises(InvalidRequestError):
        merge_options(Options(), given)


def test_members_that_are_none_are_left_out() -> None:
    assert omit_none(a=1, b=None, c=False, d="") == {"a": 1, "c": False, "d": ""}
