"""What a 401 asks for: the challenges of ``WWW-Authenticate``, read as RFC 9110 writes them.

Called by the auth middleware and by credentials. A comma separates challenges and also the parameters of one, several
challenges may share a field or come in several, and a server may write anything at all: nothing here raises.
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
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@attrs.frozen
class Challenge:
    """One way to authenticate that the server offers.

    Attributes:
        scheme: in lower case, such as ``"bearer"``.
        parameters: by name in lower case; of a name that comes twice, the first.
        token68: what some schemes have instead of parameters.
    """

    scheme: str
    parameters: Mapping[str, str] = attrs.field(factory=dict)
    token68: str | None = None


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """The challenges in all ``WWW-Authenticate`` fields of a response, in their order; what is malformed is left out.

    Args:
        values: of each field, as `Headers.getall` gives them.

    Source: RFC 9110, section 11.6.1.
    """
    return [challenge for value in values for challenge in _parse_field(value)]


def _parse_field(text: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str], str | None]] = []
    position = _skip(text, 0)
    while position < len(text):
        if found and (parameter := _PARAMETER.match(text, position)):
            _keep(found[-1][1], parameter)
            position = parameter.end()
        elif scheme := _SCHEME.match(text, position):
            # A token68 may look like the beginning of a parameter ("abc=="), but not the other way round.
            token68 = _TOKEN68.match(text, scheme.end()) if scheme[2] else None
            found.append((scheme[1].lower(), {}, token68 and token68[1]))
            position = token68.end() if token68 else scheme.end()
        else:
            rest = _REST.match(text, position)
            position = max(position + 1, rest.end() if rest else position)
        position = _skip(text, position)
    return [Challenge(scheme, parameters, token68) for scheme, parameters, token68 in found]


def _keep(parameters: dict[str, str], match: re.Match[str]) -> None:
    name, quoted, plain = match.groups()
    parameters.setdefault(name.lower(), plain if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted))


def _skip(text: str, position: int) -> int:
    separator = _SEPARATOR.match(text, position)
    return separator.end() if separator else position
