"""`Headers`, the field lines of a request or response, and the parsers of the fields that asdk acts on.

Built by `BaseClient.build_request` and the transports, changed by middlewares, read by retry and the errors. A value is
checked when it is set, so that no later layer can be made to write a second header or request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

from asdk.errors import InvalidRequestError
from asdk.secret import MaskedStr, Secret

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(r"[\t\x20-\x7e]*").fullmatch
_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,9})?").fullmatch
_DATE = re.compile(r"[A-Za-z0-9,:+ -]+").fullmatch


class Headers(MutableMapping[str, str]):
    """Header fields: names in any case, the case they were given in on the wire, repeated fields kept apart.

    ``headers[name]`` is the value, several joined by ``", "`` (RFC 9110, section 5.3); `getall` gives them one by one.
    Setting replaces: a middleware may pass a request twice.

    Attributes:
        fields: what was set, ``(name, value, value, ...)`` by the name in lower case; for transports, which compare it.
    """

    __slots__ = ("fields",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self.fields: dict[str, tuple[str, ...]] = {}
        self.update(items)

    @classmethod
    def received(cls, items: Iterable[tuple[str, str]]) -> Self:
        """Headers as a server sent them: unchecked, repeated fields kept."""
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
            value = MaskedStr(value)
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
        return f"Headers({self.multi_items()!r})"  # a MaskedStr shows a mask there

    def update(self, items: Any = (), /, **more: str) -> None:
        """Set several fields at once. Another `Headers` was checked when it was built and is merged as it is."""
        if items.__class__ is Headers:
            self.fields.update(items.fields)
            return
        for name, value in items.items() if isinstance(items, Mapping) else items:
            self[name] = value
        for name, value in more.items():
            self[name] = value

    def merge(self, given: Mapping[str, str | Secret | None] | None) -> None:
        """Set what a user asks for; None takes a field away.

        Raises:
            InvalidRequestError: a name or value cannot be one, or the field frames the message: that is the transport's
                to say, and a second opinion is how requests are smuggled.
        """
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequestError(f"headers= is a {type(given).__name__}, not a mapping of names to values")
        for name, value in (given or {}).items():
            if check_name(name).lower() in _FRAMING:
                raise InvalidRequestError(f"the header {name} frames the message and is the transport's to set")
            if value is None:
                self.pop(name, None)
            else:
                self[name] = value

    def getall(self, name: str) -> list[str]:
        """The values of each field line with this name, in the order they came; empty if there is none."""
        return list(self.fields.get(name.lower(), ("",))[1:])

    def multi_items(self) -> list[tuple[str, str]]:
        """All field lines as ``(name, value)``, in the order the names first came."""
        return [(field[0], value) for field in self.fields.values() for value in field[1:]]

    def copy(self) -> Self:
        """A copy that can be changed on its own."""
        headers = object.__new__(type(self))
        headers.fields = self.fields.copy()
        return headers

    __copy__ = copy

    def secrets(self) -> list[str]:
        """The values, and the parts of them after a scheme, that no message may show."""
        found: list[str] = []
        for _, value in self.multi_items():
            if isinstance(value, MaskedStr):
                found += [str.__str__(value), value.rpartition(" ")[2]]
        return found

    def drop_secrets(self) -> None:
        """Take out every field that holds a secret: those of a client do not belong on another origin."""
        for name, field in list(self.fields.items()):
            if any(isinstance(value, MaskedStr) for value in field[1:]):
                del self.fields[name]


def check_name(name: str) -> str:
    """The name of a header, if it is one (RFC 9110, section 5.1).

    Raises:
        InvalidRequestError: it holds something other than token characters.
    """
    if not isinstance(name, str) or _NAME(name) is None:
        raise InvalidRequestError(f"the header name {name!r} is not a token of visible ASCII (RFC 9110, section 5.1)")
    return name


def check_value(name: str, value: str) -> str:
    """The value of a header, if it can travel in one.

    Raises:
        InvalidRequestError: it is no string, holds a line end or another control character, is not ASCII, or begins or
            ends with a blank.
    """
    if not isinstance(value, str):
        raise InvalidRequestError(f"the value of header {name} is a {type(value).__name__}, not a str")
    if _VALUE(value) is None:
        raise InvalidRequestError(
            f"the value of header {name} holds a line end, a control character or a non-ASCII one"
        )
    if value[:1] in _BLANKS or value[-1:] in _BLANKS:
        raise InvalidRequestError(f"the value of header {name} begins or ends with a blank")
    return value


#: Fields whose values are secrets, whoever sets them.
SENSITIVE = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})

_FRAMING = frozenset({"connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"})

_BLANKS = frozenset(" \t")


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds the server asks to wait, or None if it does not say, or says it in a way that cannot be trusted.

    Reads ``Retry-After-Ms``, then ``Retry-After`` as seconds or HTTP-date. A date is judged against the response's own
    ``Date``, so that a wrong clock on either side does no harm. Of several values the longest counts.

    Args:
        headers: of the response.
        now: the wall clock in epoch seconds, used when the response has no ``Date``.

    Source: RFC 9110, section 10.2.3.
    """
    waits = [float(value) / 1000 for value in headers.getall("retry-after-ms") if _SECONDS(value)]
    if waits:
        return max(waits)
    for value in headers.getall("retry-after"):
        if _SECONDS(value):
            waits.append(float(value))
        elif (moment := http_date(value)) is not None:
            sent = http_date(headers.get("date", ""))
            waits.append(max(0.0, moment - (now if sent is None else sent)))
    return max(waits, default=None)


def http_date(value: str) -> float | None:
    """An HTTP-date (RFC 9110, section 5.6.7) as epoch seconds; None if it is not one."""
    if _DATE(value) is None:  # what follows would take ``1_994`` and non-ASCII digits for a year
        return None
    try:
        moment: datetime = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
