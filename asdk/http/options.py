"""Options of a client, a copy or a single call: timeouts, retries, tenant, headers.

`BaseClient.build_request` merges them into one `Options` per request, which the middlewares read. An option that is
left out (`UNSET`) is inherited; None turns it off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

import attrs

from asdk.errors import InvalidRequestError, describe_type, did_you_mean
from asdk.http.headers import Headers, check_name, check_value
from asdk.limits import DEFAULT_LIMITS, ResponseLimits
from asdk.retrying import Retry, check_seconds
from asdk.secret import Secret
from asdk.unset import UNSET, Unset

if TYPE_CHECKING:
    from asdk.http.response_info import ResponseInfo


def _seconds(default: float) -> float | None:
    optional: Any = attrs.validators.optional(check_seconds)
    field: float | None = attrs.field(default=default, validator=optional)
    return field


@attrs.frozen
class Timeout:
    """Time limits in seconds; None for no limit.

    Attributes:
        total: the limit for the call: queueing, token refresh, all attempts, the waits between them, and the body. For
            a stream it covers the head and not the body.
        attempt: the limit for one attempt, from the time it has a connection of the pool to the end of the body.
        connect: the limit for opening a connection: DNS, TCP and TLS.
        idle: the longest time without a byte in a stream.
    """

    total: float | None = _seconds(60.0)
    attempt: float | None = _seconds(30.0)
    connect: float | None = _seconds(5.0)
    idle: float | None = _seconds(60.0)

    @classmethod
    def of(cls, value: float | Timeout | None) -> Timeout:
        """Convert an argument: a number is the total, None turns every limit off."""
        if isinstance(value, Timeout):
            return value
        return NO_TIMEOUT if value is None else cls(total=value)


NO_TIMEOUT = Timeout(None, None, None, None)


def _identifier(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        check_value(attribute.name, value)
        if not value:
            raise InvalidRequestError(f"{attribute.name} must not be empty; leave it out instead")


@attrs.frozen
class Tenant:
    """The tenant, workspace and user that a call acts for. Each part must be a valid header value.

    Raises:
        InvalidRequestError: a part is empty, not ASCII, or contains a line break or control character.
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
    """The header names that an API uses for the parts of a `Tenant`; None for a part that it does not take."""

    tenant: str | None = attrs.field(default=None, validator=_header_name)
    workspace: str | None = attrs.field(default=None, validator=_header_name)
    user: str | None = attrs.field(default=None, validator=_header_name)

    def render(self, tenant: Tenant) -> Headers:
        """Return the header fields for a tenant."""
        parts = ((self.tenant, tenant.tenant_id), (self.workspace, tenant.workspace_id), (self.user, tenant.user_id))
        return Headers([(name, value) for name, value in parts if name is not None and value is not None])


_SCOPE: ContextVar[Tenant | Unset | None] = ContextVar("asdk_tenant", default=UNSET)

#: Returns the tenant of the enclosing `tenant_scope`, UNSET outside of one.
scoped_tenant: Callable[[], Tenant | Unset | None] = _SCOPE.get

# What the enclosing scopes replaced, innermost first. Not kept in the `tenant_scope`: one object may be entered twice,
# or by several tasks at once.
_OUTER: ContextVar[tuple[Any, ...]] = ContextVar("asdk_outer_tenants", default=())


class tenant_scope:  # noqa: N801 - a context manager that reads as a verb, like contextlib's
    """A ``with`` block that sets the tenant for the calls of every client, in this task and the tasks it starts.

    A tenant that is passed to the call or to `with_options` takes precedence over the scope; the scope takes precedence
    over one that is passed to the constructor. ``tenant_scope(None)`` sends no tenant.
    """

    __slots__ = ("_tenant",)

    def __init__(self, tenant: Tenant | None) -> None:
        if tenant is not None and not isinstance(tenant, Tenant):
            raise InvalidRequestError(f"tenant must be a Tenant or None, got {describe_type(tenant)}")
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
    """Options that every call and `BaseClient.with_options` take.

    An option that is left out, or UNSET, is inherited from the client; None turns it off.

    timeout: seconds for the whole call, or a `Timeout`.
    retry: the `Retry` policy; None for a single attempt.
    tenant: the tenant to act for; replaces the client's tenant as a whole.
    headers: additional header fields; a value of None removes a default.
    idempotency_key: makes a POST or PATCH safe to retry; True generates a UUID for each call.
    response_limits: the `ResponseLimits`, such as ``ResponseLimits(body=200 * 2**20)`` for large bodies.
    server: the name of one of the client's ``servers``, for a path template; None for the base URL.
    on_response: called with the `ResponseInfo` of the call's response, also of an error, before the body is decoded; of
        a stream, when it begins; of pages, for each.
    if_match: the entity tag, as in ``ETag``, of the version to change; else `PreconditionFailedError`.
    if_none_match: the entity tag of the version that the caller has; `NotModifiedError` if it is the newest. ``"*"``
        creates a resource only if it does not exist.
    """

    timeout: TimeoutTypes | Unset
    retry: Retry | Unset | None
    tenant: Tenant | Unset | None
    headers: Mapping[str, str | Secret | None] | Unset | None
    idempotency_key: str | bool | Unset | None
    response_limits: ResponseLimits | Unset
    server: str | Unset | None
    on_response: Callable[[ResponseInfo], object] | Unset | None
    if_match: str | None
    if_none_match: str | None


def _retry(instance: object, attribute: attrs.Attribute[Any], value: Retry | None) -> None:
    if value is not None and not isinstance(value, Retry):
        raise InvalidRequestError(
            f"retry must be a Retry, such as Retry(attempts=3), or None for one attempt, got {describe_type(value)}"
        )


def _tenant(instance: object, attribute: attrs.Attribute[Any], value: Tenant | None) -> None:
    if value is not None and not isinstance(value, Tenant):
        raise InvalidRequestError(f"tenant must be a Tenant or None, got {describe_type(value)}")


def _limits(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, ResponseLimits):
        raise InvalidRequestError(
            f"response_limits must be a ResponseLimits, such as ResponseLimits(body=2**30), got {describe_type(value)}"
        )


def _callback(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not callable(value):
        raise InvalidRequestError(f"on_response must be a function or None, got {describe_type(value)}")


#: Header fields with the server's id of a request, in order of preference.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid")


@attrs.frozen
class Options:
    """Merged `CallOptions`, as a request carries them through the chain."""

    timeout: Timeout = Timeout()
    retry: Retry | None = attrs.field(default=Retry(), validator=_retry)
    tenant: Tenant | None = attrs.field(default=None, validator=_tenant)
    idempotency_key: str | None = None
    response_limits: ResponseLimits = attrs.field(default=DEFAULT_LIMITS, validator=_limits)
    on_response: Callable[[ResponseInfo], object] | None = attrs.field(default=None, validator=_callback)
    request_id_headers: tuple[str, ...] = attrs.field(default=REQUEST_ID_HEADERS, repr=False)


def merge_options(
    base: Options, given: CallOptions, known: Collection[str] = CallOptions.__annotations__.keys()
) -> Options:
    """Return the base with the given timeout, retry and limits. The client merges the other options.

    Args:
        base: the options of the client.
        given: what differs from them.
        known: all names that the caller may give, for the error message about another one.

    Raises:
        InvalidRequestError: an option is unknown, or its value is invalid.
    """
    if unknown := given.keys() - CallOptions.__annotations__.keys():
        raise InvalidRequestError(f"there is no option {', '.join(sorted(unknown))}; {did_you_mean(unknown, known)}")
    timeout, retry = given.get("timeout", UNSET), given.get("retry", UNSET)
    if not isinstance(timeout, Unset):
        base = attrs.evolve(base, timeout=Timeout.of(timeout))
    if not isinstance(retry, Unset):
        base = attrs.evolve(base, retry=retry)
    limits, callback = given.get("response_limits", UNSET), given.get("on_response", UNSET)
    if not isinstance(callback, Unset):
        base = attrs.evolve(base, on_response=callback)
    return base if isinstance(limits, Unset) else attrs.evolve(base, response_limits=limits)


_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"').fullmatch


def conditions(given: CallOptions) -> dict[str, str]:
    """Return the header fields for the entity tags of a call (RFC 9110, sections 13.1.1 and 13.1.2).

    Raises:
        InvalidRequestError: one of them is not an entity tag.
    """
    fields: dict[str, str] = {}
    for option, header in (("if_match", "If-Match"), ("if_none_match", "If-None-Match")):
        tag: object = given.get(option)
        if tag is None:
            continue
        if not isinstance(tag, str) or not (tag == "*" or all(_ENTITY_TAG(part.strip()) for part in tag.split(","))):
            raise InvalidRequestError(f"{option} must be an entity tag in quotes, as ETag has it, got {tag!r}")
        fields[header] = tag
    return fields


def omit_none(**fields: object) -> dict[str, object]:
    """Return the arguments that are not None, for a JSON body whose members are omitted rather than null."""
    return {name: value for name, value in fields.items() if value is not None}
