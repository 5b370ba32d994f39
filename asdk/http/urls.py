"""URLs without surprises: origins compared in one spelling, path templates whose values cannot climb, query spelling.

Called by `BaseClient.build_request` and by credentials. The raw string is judged before any library normalises it.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import Enum
from ipaddress import IPv6Address
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import attrs

from asdk.errors import ConfigurationError, InvalidRequestError
from asdk.secret import MASK

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]").search
_PARAMETER = re.compile(r"\{([^{}]*)\}")
# Brackets stand around an IPv6 address, and that is all of the host: urlsplit drops whatever follows them.
_HOST_AND_PORT = re.compile(r"[^\[\]]*|\[[^\[\]]*:[^\[\]]*\](?::[0-9]*)?").fullmatch
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|.+\.localhost").fullmatch


@attrs.frozen
class Origin:
    """Scheme, host and effective port: what RFC 6454 calls an origin. ``host`` is lower-case IDNA, IPv6 in brackets."""

    scheme: str
    host: str
    port: int

    @property
    def is_secure(self) -> bool:
        """Whether a secret may go there: over https, or without leaving the machine."""
        return self.scheme == "https" or _LOOPBACK(self.host) is not None

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def parse_url(url: str) -> tuple[Origin, str]:
    """Split an absolute http or https URL into its origin and the rest (path and query, without fragment).

    Raises:
        InvalidRequestError: it is not absolute, carries userinfo, or holds a control character, a blank or a backslash,
            which libraries read in different ways.
    """
    if not isinstance(url, str):
        raise InvalidRequestError(f"a URL is a str, not a {type(url).__name__}")
    if _FORBIDDEN(url) or has_surrogate(url):
        raise InvalidRequestError(
            f"the URL {_shown(url)!r} holds a blank, a control character, a backslash or a lone surrogate"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        reason = "its host or port cannot be read"  # what urlsplit says may quote a password
    else:
        if parts.scheme not in _DEFAULT_PORTS or not host:
            reason = "it must begin with http:// or https:// and name a host"
        elif "@" in parts.netloc:
            reason = "credentials do not belong in a URL"
        elif port == 0:
            reason = "nothing can listen on port 0"
        elif (ascii_host := _idna(host)) is None or not _HOST_AND_PORT(parts.netloc):
            reason = "its host is not a name"
        else:
            origin = Origin(parts.scheme, ascii_host, port or _DEFAULT_PORTS[parts.scheme])
            rest = quote(parts.path, safe=_PATH_SAFE)
            return origin, f"{rest}?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else rest
    raise InvalidRequestError(f"the URL {_shown(url)!r} cannot be used: {reason}")


def is_clean(url: str) -> bool:
    """Whether a raw URL, absolute or relative, is free of what libraries strip or read in different ways."""
    return not _FORBIDDEN(url) and not has_surrogate(url)


def origin_of(url: str) -> str:
    """The origin of a URL that `parse_url` has already normalised, as a string to compare."""
    begin = url.find("://") + 3
    end = min((at for mark in "/?" if (at := url.find(mark, begin)) > 0), default=len(url))
    return url[:end]


_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE = _PATH_SAFE + "?"


def _shown(url: str) -> str:
    """A URL for a message: without query, and without whatever could be userinfo, wherever the host begins."""
    before, at, rest = url.rpartition("@")
    if at:
        scheme = before.partition("://")[0]
        url = f"{scheme}://{MASK}@{rest}" if scheme.lower() in _DEFAULT_PORTS else f"{MASK}@{rest}"
    return re.split("[?#]", url, maxsplit=1)[0]


def _idna(host: str) -> str | None:
    """The host in lower-case ASCII; None if it is no host name."""
    try:
        if ":" in host:
            return None if "%" in host else f"[{IPv6Address(host).compressed}]"  # one spelling of many (RFC 5952)
        name = host.encode("idna").decode("ascii").lower()
    except ValueError:
        return None
    return name if re.fullmatch(r"[a-z0-9_.-]+", name) else None


@attrs.frozen
class BaseURL:
    """Where an API lives: the origin and the path prefix before each template, which is kept."""

    origin: Origin
    prefix: str

    @classmethod
    def parse(cls, url: str) -> BaseURL:
        """Read a base URL such as ``"https://api.example.org/v1"``; slashes at its end do not matter.

        Raises:
            ConfigurationError: it is not an absolute http or https URL, or has a query or fragment.
        """
        if not url:
            raise ConfigurationError(
                "there is no base_url: set it on the class, pass base_url=, or set the environment"
            )
        if isinstance(url, str) and ("?" in url or "#" in url):
            raise ConfigurationError(f"the base_url {_shown(url)!r} has a query or a fragment")
        try:
            origin, rest = parse_url(url)
        except InvalidRequestError as error:
            reason = error.message
        else:
            return cls(origin, f"{origin}{rest.rstrip('/')}")
        raise ConfigurationError(f"base_url: {reason}")

    def __str__(self) -> str:
        return self.prefix


@attrs.frozen
class PathTemplate:
    """A path with named parameters, such as ``"/users/{id}"``: the literal pieces around the names."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    _wanted: frozenset[str] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_wanted", frozenset(self.names))

    def expand(self, values: Mapping[str, object]) -> str:
        """The path with each value percent-encoded whole: ``/``, ``..`` and ``%2e`` cannot change the route.

        Raises:
            InvalidRequestError: a parameter is missing, unknown, None, empty, or not a plain value.
        """
        if not values and not self.names:
            return self.literals[0]
        if values.keys() != self._wanted:
            self._refuse(values)
        pieces = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            pieces += _encode_segment(name, values[name]), literal
        return "".join(pieces)

    def _refuse(self, values: Mapping[str, object]) -> None:
        missing = [name for name in self.names if name not in values]
        unknown = [name for name in values if name not in self.names]
        raise InvalidRequestError(
            f"path_params do not fit the template: missing {missing}, unknown {unknown}, wanted {list(self.names)}"
        )


def _encode_segment(name: str, value: object) -> str:
    text = value if type(value) is str else scalar_to_text("path parameter", name, value)
    if not text:
        raise InvalidRequestError(f"path parameter {name!r} is empty: the path would be another route")
    if has_surrogate(text):
        raise InvalidRequestError(f"path parameter {name!r} holds a lone surrogate, which has no UTF-8 form")
    encoded = quote(text, safe="")
    # A dot is an unreserved character that quote() leaves alone; a segment of dots alone would climb.
    return encoded.replace(".", "%2E") if encoded in {".", ".."} else encoded


@functools.lru_cache(maxsize=4096)
def path_template(template: str) -> PathTemplate:
    """Compile a path template.

    Raises:
        InvalidRequestError: it does not begin with ``/``, has an unclosed or empty brace, names a parameter twice, or
            holds a query, a fragment or a dot segment.
    """
    pieces = _PARAMETER.split(template)
    literals, names = pieces[::2], pieces[1::2]
    if not template.startswith("/"):
        problem = "it must begin with '/', or be an absolute URL"
    elif any("{" in literal or "}" in literal for literal in literals):
        problem = "a brace is not closed"
    elif not all(name.isidentifier() for name in names) or len(set(names)) != len(names):
        problem = "its parameters need names, each used once"
    elif "?" in template or "#" in template:
        problem = "a query belongs in params="
    elif _FORBIDDEN(template) or has_surrogate(template):
        problem = "it holds a blank, a control character, a backslash or a lone surrogate"
    elif any(unquote(segment) in {".", ".."} for segment in template.split("/")):
        problem = "it holds a dot segment"
    else:
        return PathTemplate(tuple(quote(literal, safe=_PATH_SAFE) for literal in literals), tuple(names))
    raise InvalidRequestError(f"the path template {template!r} cannot be used: {problem}")


@attrs.frozen(kw_only=True)
class QueryStyle:
    """How an API spells values in a query string. The defaults: ``true``/``false``, ISO 8601, repeated names for lists.

    Attributes:
        true, false: the spelling of booleans.
        separator: joins the items of a list, such as ``","``; None repeats the name for each item.
        list_suffix: follows the name of a list, such as ``"[]"``.
    """

    true: str = "true"
    false: str = "false"
    separator: str | None = None
    list_suffix: str = ""

    def encode(self, params: Mapping[str, object]) -> str:
        """The query string, without ``?``. A value of None leaves its name out.

        Raises:
            InvalidRequestError: a value has no spelling (a mapping, bytes, an object), or a list holds None.
        """
        return "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in self._pairs(params))

    def _pairs(self, params: Mapping[str, object]) -> Iterable[tuple[str, str]]:
        if not isinstance(params, Mapping):
            raise InvalidRequestError(f"params= is a {type(params).__name__}, not a mapping of names to values")
        for name, value in params.items():
            if value is None:
                continue
            if not isinstance(name, str) or has_surrogate(name):
                raise InvalidRequestError(f"the parameter name {name!r} is no text, or holds a lone surrogate")
            if isinstance(value, list | tuple | set | frozenset):
                texts = [self.spell(name, item) for item in value]
                if isinstance(value, set | frozenset):
                    texts.sort()  # so that the same set makes the same URL
                if self.separator is not None:
                    yield name + self.list_suffix, self.separator.join(texts)
                else:
                    yield from ((name + self.list_suffix, text) for text in texts)
            else:
                yield name, self.spell(name, value)

    def spell(self, name: str, value: object) -> str:
        """One value as text."""
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, bool):
            return self.true if value else self.false
        return scalar_to_text("parameter", name, value)


def scalar_to_text(what: str, name: str, value: object) -> str:
    """A string, number, UUID, date, time, or an enum's member of these, as text. A boolean is for the caller to spell.

    Args:
        what: what is spelled, for the message, such as ``"parameter"``.
        name: its name, for the message.
        value: the value.

    Raises:
        InvalidRequestError: it is something else, or has no text: NaN, a datetime without zone, a lone surrogate.
    """
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, str):
        if has_surrogate(plain):
            raise InvalidRequestError(f"{what} {name!r} holds a lone surrogate, which has no UTF-8 form")
        return plain
    if isinstance(plain, date | time):
        if isinstance(plain, datetime) and plain.tzinfo is None:
            raise InvalidRequestError(f"{what} {name!r} is a datetime without a time zone: which moment is it?")
        return plain.isoformat()
    no_text = isinstance(plain, bool) or (isinstance(plain, float) and not math.isfinite(plain))
    if isinstance(plain, int | float | UUID) and not no_text:
        try:
            return str(plain)
        except ValueError:  # an integer of more than 4300 digits
            pass
    raise InvalidRequestError(f"{what} {name!r} is a {type(value).__name__} without a plain text")


def has_surrogate(text: str) -> bool:
    """Whether the text has half of a surrogate pair, and so no UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
