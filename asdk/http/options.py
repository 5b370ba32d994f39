"""What a client, a copy of it or a single call may choose: times, retries, tenant, headers.

`BaseClient.build_request` merges these into one `Options` a request; the middlewares read that. Left out means inherit
(`UNSET`), None means off.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeAlias, TypedDict

import attrs

from asdk.errors import RETRYABLE_STATUSES, InvalidRequestError
from asdk.http.headers import Headers, check_name, check_value
from asdk.secret import Secret
from asdk.unset import UNSET, Unset


def _positive(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= sys.float_info.max:
        raise InvalidRequestError(f"{attribute.name} must be a number of seconds above 0; it is {value!r}")


def _seconds(default: float) -> float | None:
    optional: Any = attrs.validators.optional(_positive)
    field: float | None = attrs.field(default=default, validator=optional)
    return field


@attrs.frozen
class Timeout:
    """How long things may take, in seconds; None for no limit.

    Attributes:
        total: of the call: queueing, token refresh, all attempts, the waits between them, and the body. The body of a
            stream is not counted, only its head.
        attempt: of one attempt, from the moment it has a connection of the pool to the end of the body.
        connect: of making a connection: name, TCP and TLS.
        idle: between two arrivals of bytes in a stream.
    """

    total: float | None = _seconds(60.0)
    attempt: float | None = _seconds(30.0)
    connect: float | None = _seconds(5.0)
    idle: float | None = _seconds(60.0)

    @classmethod
    def of(cls, value: float | Timeout | None) -> Timeout:
        """A number is the total, None switches every limit off."""
        if isinstance(value, Timeout):
            return value
        return NO_TIMEOUT if value is None else cls(total=value)


NO_TIMEOUT = Timeout(None, None, None, None)


def _attempts(instance: object, attribute: attrs.Attribute[Any], value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError(f"attempts counts the first try too, so it is at least 1; it is {value!r}")


@attrs.frozen
class Retry:
    """When and how a failed attempt is repeated.

    The wait before repetition *n* (from 0) is drawn from ``uniform(0, min(max_delay, base_delay * 2**n))`` ("full
    jitter"), and is never shorter than the server's Retry-After.

    Attributes:
        attempts: how often a request is sent at most, the first time included.
        base_delay: the upper end of the first wait, in seconds.
        max_delay: the upper end of every wait, in seconds.
        statuses: the statuses that are worth another try.
        max_retry_after: a Retry-After beyond this many seconds is not waited for: the call fails at once.
    """

    attempts: int = attrs.field(default=3, validator=_attempts)
    base_delay: float = attrs.field(default=0.5, validator=_positive)
    max_delay: float = attrs.field(default=8.0, validator=_positive)
    statuses: frozenset[int] = attrs.field(default=RETRYABLE_STATUSES, converter=frozenset)
    max_retry_after: float = attrs.field(default=120.0, validator=_positive)


def _identifier(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        check_value(attribute.name, value)
        if not value:
            raise InvalidRequestError(f"{attribute.name} is empty; leave it out instead")


@attrs.frozen
class Tenant:
    """On whose behalf a call is made. Every part must be fit for a header value, and is checked here.

    Raises:
        InvalidRequestError: a part is empty, not ASCII, or holds a line end or control character.
    """

    tenant_id: str | None = attrs.field(default=None, validator=_identifier)
    workspace_id: str | None = attrs.field(default=None, validator=_identifier)
    user_id: str | None = attrs.field(default=None, validator=_identifier)

    def __str__(self) -> str:
        parts = (self.tenant_id, self.workspace_id, self.user_id)
        return "/".join(part or "-" for part in parts)


def _header_name(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        check_name(value)


@attrs.frozen
class TenantHeaders:
    """The names under which an API wants the parts of a `Tenant`; None for a part that it does not take."""

    tenant: str | None = attrs.field(default=None, validator=_header_name)
    workspace: str | None = attrs.field(default=None, validator=_header_name)
    user: str | None = attrs.field(default=None, validator=_header_name)

    def render(self, tenant: Tenant) -> Headers:
        """The header fields that name this tenant."""
        parts = ((self.tenant, tenant.tenant_id), (self.workspace, tenant.workspace_id), (self.user, tenant.user_id))
        return Headers([(name, value) for name, value in parts if name is not None and value is not None])


_SCOPE: ContextVar[Tenant | Unset | None] = ContextVar("asdk_tenant", default=UNSET)

#: The tenant of the `tenant_scope` around the running code, UNSET outside of one.
scoped_tenant = _SCOPE.get

# What the scopes around the running code replaced, innermost first. Not kept in the `tenant_scope`: one object may be
# entered twice, or by several tasks at once.
_OUTER: ContextVar[tuple[Any, ...]] = ContextVar("asdk_outer_tenants", default=())


class tenant_scope:  # noqa: N801 - a context manager that reads as a verb, like contextlib's
    """Name the tenant for all calls inside a ``with`` block, of every client, in this task and the tasks it starts.

    A tenant given to the call itself or to `with_options` still wins; one given to the constructor does not.
    ``tenant_scope(None)`` makes the calls inside name no tenant.
    """

    __slots__ = ("_tenant",)

    def __init__(self, tenant: Tenant | None) -> None:
        if tenant is not None and not isinstance(tenant, Tenant):
            raise InvalidRequestError(f"a tenant is a Tenant or None, not a {type(tenant).__name__}")
        self._tenant = tenant

    def __enter__(self) -> None:
        _OUTER.set((scoped_tenant(), _OUTER.get()))
        _SCOPE.set(self._tenant)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if outer := _OUTER.get():
            tenant, further = outer
            _SCOPE.set(tenant)
            _OUTER.set(further)


TimeoutTypes: TypeAlias = float | Timeout | None


class CallOptions(TypedDict, total=False):
    """What every call, and `BaseClient.with_options`, takes. Left out, or UNSET: as the client has it. None: off.

    timeout: seconds for the whole call, or a `Timeout`.
    retry: the `Retry` policy; None for a single attempt.
    tenant: on whose behalf; replaces the client's whole, never merges.
    headers: more header fields; None as a value takes a default away.
    idempotency_key: makes a POST or PATCH safe to repeat; True makes a new UUID for each call.
    """

    timeout: TimeoutTypes | Unset
    retry: Retry | Unset | None
    tenant: Tenant | Unset | None
    headers: Mapping[str, str | Secret | None] | Unset | None
    idempotency_key: str | bool | Unset | None


def _retry(instance: object, attribute: attrs.Attribute[Any], value: Retry | None) -> None:
    if value is not None and not isinstance(value, Retry):
        raise InvalidRequestError(
            f"retry= is a {type(value).__name__}; give a Retry, such as Retry(attempts=3), or None for a single attempt"
        )


def _tenant(instance: object, attribute: attrs.Attribute[Any], value: Tenant | None) -> None:
    if value is not None and not isinstance(value, Tenant):
        raise InvalidRequestError(f"tenant= is a {type(value).__name__}; give a Tenant, or None for none")


@attrs.frozen
class Options:
    """`CallOptions` after merging: what a request carries down the chain."""

    timeout: Timeout = Timeout()
    retry: Retry | None = attrs.field(default=Retry(), validator=_retry)
    tenant: Tenant | None = attrs.field(default=None, validator=_tenant)
    idempotency_key: str | None = None


def merge_options(base: Options, given: CallOptions) -> Options:
    """The base with the timeout and retry that were given; the client sees to the rest.

    Raises:
        InvalidRequestError: there is no such option, or its value cannot be one.
    """
    if unknown := given.keys() - CallOptions.__annotations__.keys():
        raise InvalidRequestError(
            f"a call has no option {sorted(unknown)}; it has {sorted(CallOptions.__annotations__)}"
        )
    timeout, retry = given.get("timeout", UNSET), given.get("retry", UNSET)
    if not isinstance(timeout, Unset):
        base = attrs.evolve(base, timeout=Timeout.of(timeout))
    if not isinstance(retry, Unset):
        base = attrs.evolve(base, retry=retry)
    return base


def omit_none(**fields: object) -> dict[str, object]:
    """The arguments that are not None: for a JSON body whose members are left out rather than null."""
    return {name: value for name, value in fields.items() if value is not None}
