"""`Headers`, the header fields of a request or response, and the parsers of the fields that asdk uses.

Created by `BaseClient.build_request` and the transports, modified by middlewares, read by retry and the errors. Values
are validated when they are set, which prevents header and request injection in later layers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

from asdk.errors import InvalidRequestError, describe_type
from asdk.redaction import secrets_of_header
from asdk.secret import MASK, MaskedStr, Secret

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e]*").fullmatch
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
_WEEKDAY = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}", re.IGNORECASE).fullmatch
_DATE = re.compile(r"[A-Za-z0-9,:+ -]+").fullmatch


class PlainStr(str):
    """The value of a field that the client class names in ``plain_headers``: it contains no secret."""

    __slots__ = ()


class UserStr(MaskedStr):
    """The value of a field that a user set: masked in a repr, since it may be a key."""

    __slots__ = ()


class Headers(MutableMapping[str, str]):
    """A mapping of header fields. Names are case-insensitive, keep their case on the wire, and may have several values.

    ``headers[name]`` is the value; several values are joined by ``", "`` (RFC 9110, section 5.3). `getall` returns them
    separately. Setting a field replaces it, since a request may pass a middleware twice.

    Attributes:
        fields: ``(name, value, value, ...)`` by lower-case name, for transports, which compare it.
    """

    __slots__ = ("fields",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self.fields: dict[str, tuple[str, ...]] = {}
        self.update(items)

    @classmethod
    def received(cls, items: Iterable[tuple[str, str]]) -> Self:
        """Return the headers of a response: not validated, with repeated fields kept."""
        headers = cls()
        fields = headers.fields
        for name, value in items:
            key = name.lower()
            known = fields.get(key)
            fields[key] = (name, value) if known is None else (*known, value)
        return headers

    def __getitem__(self, name: str) -> str:
        field = self.fields[name.lower()]
        return field[1] if len(field) == 2 else ", ".join(field[1:])

    def __setitem__(self, name: str, value: str | Secret) -> None:
        key = check_name(name).lower()
        if isinstance(value, Secret):
            value = MaskedStr(value.reveal())
        elif key in SENSITIVE and isinstance(value, str):
            value = MaskedStr(str.__str__(value))
        self.fields[key] = (name, check_value(name, value))

    def __delitem__(self, name: str) -> None:
        del self.fields[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.fields

    def __iter__(self) -> Iterator[str]:
        return (field[0] for field in self.fields.values())

    def __len__(self) -> int:
        return len(self.fields)

    def __eq__(self, other: object) -> bool:
        return self.fields == other.fields if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [(name, value if _may_show(name, value) else MASK) for name, value in self.multi_items()]
        return f"Headers({shown!r})"

    def update(self, items: Any = (), /, **more: str) -> None:
        """Set several fields. The fields of another `Headers` were validated already and are copied."""
        if items.__class__ is Headers:
            self.fields.update(items.fields)
            return
        for name, value in items.items() if isinstance(items, Mapping) else items:
            self[name] = value
        for name, value in more.items():
            self[name] = value

    def merge(self, given: Mapping[str, str | Secret | None] | None, *, plain: Collection[str] = ()) -> None:
        """Set the fields of a user; None removes a field. A value may be a key, so it is masked in a repr.

        Args:
            given: the fields.
            plain: lower-case names of fields whose values are not masked, in addition to standard ones.

        Raises:
            InvalidRequestError: a name or value is invalid, or the field frames the message. Only the transport sets
                those: contradictory framing enables request smuggling.
        """
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequestError(f"headers must be a mapping of names to values, got {describe_type(given)}")
        for name, value in (given or {}).items():
            if check_name(name).lower() in FRAMING:
                raise framing_error(name)
            if value is None:
                self.pop(name, None)
                continue
            key = name.lower()
            is_plain = not isinstance(value, str) or (is_plain_field(key) and key not in plain)
            self[name] = value if is_plain else PlainStr(value) if key in plain else UserStr(value)

    def getall(self, name: str) -> list[str]:
        """Return the values of all field lines with this name, in their order."""
        return list(self.fields.get(name.lower(), ("",))[1:])

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all field lines as ``(name, value)``, ordered by the first occurrence of each name."""
        return [(field[0], value) for field in self.fields.values() for value in field[1:]]

    def copy(self) -> Self:
        """Return an independent copy."""
        headers = object.__new__(type(self))
        headers.fields = self.fields.copy()
        return headers

    __copy__ = copy

    def secrets(self) -> list[str]:
        """Return the values that no message may show, and their parts after a scheme."""
        found: list[str] = []
        for _, value in self.multi_items():
            if isinstance(value, MaskedStr):
                found += [str.__str__(value), value.rpartition(" ")[2]]
        return found

    def drop_secrets(self) -> None:
        """Remove every field that contains a secret."""
        for name, field in list(self.fields.items()):
            if any(isinstance(value, MaskedStr) for value in field[1:]):
                del self.fields[name]

    def keep_for_another_origin(self, *, has_body: bool, named: Collection[str] = ()) -> None:
        """Remove every field that another origin must not receive: an allow-list, since any field may contain a key.

        Args:
            has_body: whether the request has a body, which the ``Content-`` fields describe.
            named: lower-case names of the fields that the call itself passed for this origin.
        """
        for key, field in list(self.fields.items()):
            describes_body = has_body and key.startswith("content-")
            is_secret = any(isinstance(value, MaskedStr) for value in field[1:])
            if key not in named and (is_secret or not (describes_body or key in _CROSS_ORIGIN)):
                del self.fields[key]


def is_plain_field(key: str) -> bool:
    """Return whether a field, by its lower-case name, never contains a key."""
    return key in _PLAIN or key.startswith(_PLAIN_PREFIXES)


def framing_error(name: str) -> InvalidRequestError:
    """Return the error for a field that only the transport sets."""
    remedy = "; pass host_header= to the client" if name.lower() == "host" else ""
    return InvalidRequestError(
        f"header {name} must not be set: it frames the message, and the transport sets it{remedy}"
    )


def _may_show(name: str, value: str) -> bool:
    """Return whether a repr may show a value: it must be of a known field, and not look like a secret.

    A repr does not know the request, whose secrets a server may echo in any field of its response.
    """
    if isinstance(value, PlainStr):
        return True
    known = name.lower() in _SHOWN and not isinstance(value, MaskedStr)
    return known and not secrets_of_header(value, sensitive=False)


# The fields whose values a repr may show.
_SHOWN = frozenset(
    {
        "accept",
        "accept-encoding",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "expires",
        "last-modified",
        "range",
        "retry-after",
        "vary",
    }
)


def check_name(name: str) -> str:
    """Return the name of a header if it is valid (RFC 9110, section 5.1).

    Raises:
        InvalidRequestError: the name contains other characters than those of a token.
    """
    if not isinstance(name, str) or _NAME(name) is None:
        raise InvalidRequestError(
            f"a header name must be a token of visible ASCII (RFC 9110, section 5.1), got {name!r}"
        )
    return name


def check_value(name: str, value: str) -> str:
    """Return the value of a header if it is valid.

    Raises:
        InvalidRequestError: the value is not a str, contains a line break, another control character or a non-ASCII
            character, or starts or ends with whitespace.
    """
    if not isinstance(value, str):
        raise InvalidRequestError(f"header {name} must be a str, got {describe_type(value)}")
    if _VALUE(value) is None:
        raise InvalidRequestError(f"header {name} must be ASCII without line breaks and control characters")
    if value.startswith(_WHITESPACE) or value.endswith(_WHITESPACE):
        raise InvalidRequestError(f"header {name} must not start or end with whitespace")
    return value


#: Fields whose values are always secrets.
SENSITIVE = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})

#: Fields that frame or route the message. Only the transport sets them.
FRAMING = frozenset({"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"})

# The fields whose values are never keys, besides those that begin with one of the prefixes.
_PLAIN = frozenset(
    {
        "cache-control",
        "date",
        "host",
        "idempotency-key",
        "last-event-id",
        "pragma",
        "prefer",
        "priority",
        "range",
        "request-id",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-correlation-id",
        "x-request-id",
    }
)
_PLAIN_PREFIXES = ("accept", "content-", "if-")

# The fields of a request that another origin receives: all others may contain a key or name a tenant.
_CROSS_ORIGIN = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "user-agent",
    }
)

_WHITESPACE = (" ", "\t")

# How many values are read of a field that should have one.
_MOST_VALUES = 1000

# The longest wait that is told apart from longer ones, in seconds.
_LONGEST = 1e18


def retry_after(headers: Headers, now: float) -> float | None:
    """Return how many seconds the server asks to wait, or None if it does not ask or the value is invalid.

    Reads ``Retry-After-Ms``, then ``Retry-After`` as seconds or an HTTP-date. A date is compared with the ``Date`` of
    the response, so that a wrong clock on either side has no effect. Of several values, in one field or in several, the
    longest counts.

    Args:
        headers: the headers of the response.
        now: the wall-clock time in epoch seconds, used if the response has no ``Date``.

    Source: RFC 9110, section 10.2.3.
    """
    waits = [wait / 1000 for value in _members(headers, "retry-after-ms") if (wait := _seconds(value)) is not None]
    if waits:
        return max(waits)
    for value in _members(headers, "retry-after"):
        if (wait := _seconds(value)) is not None:
            waits.append(wait)
        elif (date := http_date(value)) is not None:
            sent = http_date(headers.get("date", ""))
            waits.append(max(0.0, date - (now if sent is None else sent)))
    return max(waits, default=None)


def _members(headers: Headers, name: str) -> Iterator[str]:
    """Yield the values of a field that should have one, but may be a list: a proxy joins lines, some servers too.

    A date contains a comma after its weekday.
    """
    if name not in headers:
        return
    weekday = ""
    for part in ",".join(headers.getall(name)).split(",", _MOST_VALUES)[:_MOST_VALUES]:
        value = part.strip()
        if _WEEKDAY(value):
            weekday = f"{value}, "
            continue
        yield weekday + value
        weekday = ""


def _seconds(value: str) -> float | None:
    # A number that no clock can count to still means a long wait, not none.
    return min(float(value), _LONGEST) if _SECONDS(value) else None


def http_date(value: str) -> float | None:
    """Return an HTTP-date (RFC 9110, section 5.6.7) in epoch seconds, or None if it is invalid."""
    if _DATE(value) is None:  # the parser would accept ``1_994`` and non-ASCII digits as a year
        return None
    try:
        date: datetime = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
