"""Options of a call, and that invalid ones are rejected where they are created."""

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
    Tenant,
    TenantHeaders,
    Timeout,
    merge_options,
    omit_none,
    scoped_tenant,
    tenant_scope,
)
from asdk.retrying import Retry
from asdk.unset import UNSET

ACME, OTHER = Tenant("acme"), Tenant("other")


# --- UNSET ----------------------------------------------------------------------------------------------------------


def test_unset_is_false_and_a_singleton() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    for again in (copy.copy(UNSET), copy.deepcopy(UNSET), pickle.loads(pickle.dumps(UNSET))):
        assert again is UNSET


# --- timeouts -------------------------------------------------------------------------------------------

NO_SECONDS = [0, -1, 0.0, -0.5, float("nan"), float("inf"), 10**400, True, False, "5", b"5", [5]]


@pytest.mark.parametrize("value", NO_SECONDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("field", ["total", "attempt", "connect", "idle"])
def test_a_timeout_is_a_number_of_seconds_above_zero(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field} must be a number of seconds"):
        Timeout(**{field: value})


@pytest.mark.parametrize("value", [1, 0.001, 1e9, sys.float_info.max, None])
def test_a_timeout_can_be_any_positive_number_or_none(value: Any) -> None:
    assert Timeout(value, value, value, value).total == value
    assert (Timeout().total, Timeout().attempt, Timeout().connect, Timeout().idle) == (60, 30, 5, 60)


def test_a_number_is_the_total_and_none_disables_all_limits() -> None:
    assert Timeout.of(5) == Timeout(total=5)
    assert Timeout.of(None) is NO_TIMEOUT
    assert Timeout(None, None, None, None) == NO_TIMEOUT
    given = Timeout(connect=1)
    assert Timeout.of(given) is given


def test_policies_are_values() -> None:
    assert hash(Timeout(1)) == hash(Timeout(1))
    with pytest.raises(AttributeError):
        Timeout().total = 5  # type: ignore[misc]


# --- tenants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["tenant_id", "workspace_id", "user_id"])
@pytest.mark.parametrize("value", ["", " a", "a ", "a\r\nX-Evil: 1", "a\x00", "é", 5, UUID(int=1), b"a"])
def test_a_part_of_a_tenant_must_be_a_valid_header_value(part: str, value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=part):
        Tenant(**{part: value})


def test_a_tenant_is_readable_in_a_log() -> None:
    assert str(Tenant("acme", user_id="ada")) == "acme/-/ada"


def test_the_api_chooses_the_names_of_the_tenant_headers() -> None:
    headers = TenantHeaders(tenant="X-Tenant-ID", user="X-User-ID")
    assert headers.render(Tenant("acme", "lab", "ada")) == Headers({"X-Tenant-ID": "acme", "X-User-ID": "ada"})
    assert headers.render(Tenant(workspace_id="lab")) == Headers()
    assert TenantHeaders().render(Tenant("acme", "lab", "ada")) == Headers()


@pytest.mark.parametrize("name", ["", "a b", "a\r\n", "é", 5])
def test_tenant_header_names_must_be_valid(name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="header name"):
        TenantHeaders(workspace=name)


def test_a_scope_applies_to_its_block() -> None:
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


def test_a_scope_can_be_reentered_and_nested_in_itself() -> None:
    scope = tenant_scope(ACME)
    for _ in range(2):
        with scope:
            with tenant_scope(OTHER), scope:
                assert scoped_tenant() is ACME
            assert scoped_tenant() is ACME
        assert scoped_tenant() is UNSET


async def test_a_scope_can_be_shared_by_concurrent_tasks() -> None:
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


async def test_a_task_inherits_the_scope_and_cannot_change_others() -> None:
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
def test_a_scope_needs_a_tenant_or_none(tenant: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^tenant must be"):
        tenant_scope(tenant)


# --- merging --------------------------------------------------------------------------------------------------------


def test_a_missing_option_is_inherited_and_none_turns_it_off() -> None:
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


def test_an_unknown_option_is_rejected_with_the_one_that_was_meant() -> None:
    given: Any = {"timeot": 5}
    with pytest.raises(InvalidRequestError, match=r"timeot.*'timeout'"):
        merge_options(Options(), given)


@pytest.mark.parametrize(
    "given", [{"retry": 3}, {"retry": True}, {"retry": "no"}, {"timeout": "5"}, {"timeout": 0}, {"response_limits": 5}]
)
def test_an_option_of_the_wrong_type_is_rejected(given: CallOptions) -> None:
    with pytest.raises(InvalidRequestError):
        merge_options(Options(), given)


def test_omit_none_omits_none_only() -> None:
    assert omit_none(a=1, b=None, c=False, d="") == {"a": 1, "c": False, "d": ""}


# --- messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (Timeout, {"total": 0}, "total must be a number of seconds above 0, got 0"),
        (Timeout, {"idle": "5"}, "idle must be a number of seconds above 0, got '5'"),
        (Tenant, {"tenant_id": ""}, "tenant_id must not be empty; leave it out instead"),
    ],
)
def test_messages(make: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make(**options)
    assert caught.value.message == message


@pytest.mark.parametrize(("option", "value"), [("retry", 3), ("tenant", "acme"), ("response_limits", None)])
def test_the_message_for_an_option_of_the_wrong_type_names_it(option: str, value: Any) -> None:
    wanted = option.title().replace("_", "")
    with pytest.raises(InvalidRequestError, match=rf"^{option} must be a {wanted}.* got .*{type(value).__name__}"):
        Options(**{option: value})
