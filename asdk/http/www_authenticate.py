"""The parser of ``WWW-Authenticate`` (RFC 9110), which lists the challenges of a 401.

Called by the auth middleware and by credentials. A comma separates both challenges and parameters, and challenges may
share a field or have one each. Servers may send anything: no function here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

_SCHEME = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:([ \t]+)|(?=,|$))")
_TOKEN68 = re.compile(r"([A-Za-z0-9\-._~+/]+=*)[ \t]*(?=,|$)")
_PARAMETER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))", re.DOTALL)
_SEPARATOR = re.compile(r"[ \t,]*")
_REST = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"?|[^,\"])*", re.DOTALL)
# How many schemes, parameters and malformed parts of a field are read: a field of thousands would keep the loop busy.
_MOST_PARTS = 500

_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@attrs.frozen
class Challenge:
    """One authentication method that the server offers.

    Attributes:
        scheme: the lower-case name, such as ``"bearer"``.
        parameters: the parameters by lower-case name; of repeated ones, the first.
        token68: the value that some schemes have instead of parameters.
    """

    scheme: str
    parameters: Mapping[str, str] = attrs.field(factory=dict)
    token68: str | None = None


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Parse the challenges of all ``WWW-Authenticate`` fields of a response, in order. Malformed parts are skipped.

    Args:
        values: the values of the fields, as `Headers.getall` returns them.

    Source: RFC 9110, section 11.6.1.
    """
    return [challenge for value in values for challenge in _parse_field(value)]


def _parse_field(text: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str], str | None]] = []
    position = _skip(text, 0)
    for _ in range(_MOST_PARTS):
        if position == len(text):
            break
        if found and (parameter := _PARAMETER.match(text, position)):
            _add(found[-1][1], parameter)
            position = parameter.end()
        elif scheme := _SCHEME.match(text, position):
            # A token68 may look like the start of a parameter ("abc=="), but not vice versa.
            token68 = _TOKEN68.match(text, scheme.end()) if scheme[2] else None
            found.append((scheme[1].lower(), {}, token68 and token68[1]))
            position = token68.end() if token68 else scheme.end()
        else:
            rest = _REST.match(text, position)
            position = max(position + 1, rest.end() if rest else position)
        position = _skip(text, position)
    return [Challenge(scheme, parameters, token68) for scheme, parameters, token68 in found]


def _add(parameters: dict[str, str], match: re.Match[str]) -> None:
    name, quoted, plain = match.groups()
    parameters.setdefault(name.lower(), plain if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted))


def _skip(text: str, position: int) -> int:
    separator = _SEPARATOR.match(text, position)
    return separator.end() if separator else position
