"""URLs: normalized origins, path templates whose values cannot change the route, and the encoding of query strings.

Called by `BaseClient.build_request` and by credentials. The raw string is checked before any library normalizes it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from ipaddress import IPv6Address
from urllib.parse import quote, unquote, urljoin, urlsplit
from uuid import UUID

import attrs

from asdk.errors import ConfigurationError, InvalidRequestError, describe_type
from asdk.redaction import mask_userinfo

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]").search
_PARAMETER = re.compile(r"\{([^{}]*)\}")
# The characters with which a value may contain a segment that a server resolves; all others are harmless.
_SEGMENTS = re.compile(r"[./\\%;]").search
# Some servers decode a path, and proxies in front of them decode it again.
_MAX_DECODINGS = 3
# Brackets must enclose the whole host, an IPv6 address: urlsplit drops what follows them.
_HOST_AND_PORT = re.compile(r"[^\[\]]*|\[[^\[\]]*:[^\[\]]*\](?::[0-9]*)?").fullmatch
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|.+\.localhost").fullmatch


@attrs.frozen
class Origin:
    """An origin as in RFC 6454: scheme, host and effective port.

    Attributes:
        scheme: ``"http"`` or ``"https"``.
        host: in lower-case IDNA form, an IPv6 address in brackets.
        port: the port, also if it is the default one.
    """

    scheme: str
    host: str
    port: int

    @property
    def is_secure(self) -> bool:
        """Return whether a secret may be sent there: over https, or without leaving the machine."""
        return self.scheme == "https" or _LOOPBACK(self.host) is not None

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def parse_url(url: str) -> tuple[Origin, str]:
    """Split an absolute http or https URL into its origin and the rest (path and query, without fragment).

    Raises:
        InvalidRequestError: the URL is not absolute, or contains userinfo, a control character, a space or a backslash,
            which libraries interpret differently.
    """
    if not isinstance(url, str):
        raise InvalidRequestError(f"url must be a str, got {describe_type(url)}")
    parsed = _parse(url)
    if isinstance(parsed, str):
        raise InvalidRequestError(f"invalid URL {_shown(url)!r}: {parsed}")
    return parsed


def _parse(url: str) -> tuple[Origin, str] | str:
    """Return origin and rest of an absolute URL, or the reason why it is refused, which does not quote the URL."""
    if _FORBIDDEN(url) or has_surrogate(url):
        return "it contains a space, a control character, a backslash or a lone surrogate"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "its host or port is invalid"  # the text of the exception may quote a password
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return "it must start with http:// or https:// and contain a host"
    if "@" in parts.netloc:
        return "it must not contain credentials"
    if port == 0:
        return "port 0 cannot be used"
    if (ascii_host := _idna(host)) is None or not _HOST_AND_PORT(parts.netloc):
        return "its host is not a valid name"
    rest = quote(parts.path, safe=_PATH_SAFE)
    origin = Origin(parts.scheme, ascii_host, port or _DEFAULT_PORTS[parts.scheme])
    return origin, f"{rest}?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else rest


def resolve_reference(base: str, reference: str) -> tuple[Origin, str] | str:
    """Resolve a URL that a server sent, such as a ``Location`` or the target of a link.

    A blank is read as ``%20``, and blanks around the reference are dropped, as browsers do (WHATWG URL): IIS, nginx and
    PHP send names of files as they are. All else that libraries interpret differently is refused.

    Args:
        base: the absolute URL that a relative reference is relative to.
        reference: what the server sent.

    Returns:
        The origin and the rest, as `parse_url`, or the reason why the reference is refused, which does not quote it.
    """
    encoded = reference.strip(" ").replace(" ", "%20")
    if _FORBIDDEN(encoded) or has_surrogate(encoded):
        return "it contains a control character, a backslash or a lone surrogate"
    try:
        return _parse(urljoin(base, encoded))
    except ValueError:
        return "its host or port is invalid"


def origin_of(url: str) -> str:
    """Return the origin of a URL that `parse_url` has normalized, as a string for comparison."""
    begin = url.find("://") + 3
    end = min((at for mark in "/?" if (at := url.find(mark, begin)) > 0), default=len(url))
    return url[:end]


_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE = _PATH_SAFE + "?"


# The longest host name, with its final dot (RFC 1035, section 2.3.4). Longer ones would keep the IDNA codec busy.
_LONGEST_HOST = 254


def _shown(url: str) -> str:
    """Return a URL for a message, without its query and without anything that may be userinfo."""
    return re.split("[?#]", mask_userinfo(url), maxsplit=1)[0]


def _idna(host: str) -> str | None:
    """Return the host in lower-case ASCII, or None if it is not a host name."""
    if len(host) > _LONGEST_HOST:
        return None
    try:
        if ":" in host:
            return None if "%" in host else f"[{IPv6Address(host).compressed}]"  # the canonical form (RFC 5952)
        name = host.lower() if host.isascii() else _encode_idna(host)
    except ValueError:
        return None
    if not re.fullmatch(r"[a-z0-9_.-]+", name) or not all(0 < len(label) < 64 for label in name.rstrip(".").split(".")):
        return None
    return name


def _encode_idna(host: str) -> str:
    # IDNA 2008 with the mapping of UTS 46, as browsers and yarl have it. Python's own codec is IDNA 2003, by which four
    # letters lead to another domain. The module has large tables, which few clients need.
    import idna

    return idna.encode(host, uts46=True).decode("ascii")


@attrs.frozen
class BaseURL:
    """The base URL of an API.

    Attributes:
        origin: its origin.
        prefix: the URL without a trailing slash, which precedes each path template.
    """

    origin: Origin
    prefix: str

    @classmethod
    def parse(cls, url: str) -> BaseURL:
        """Parse a base URL such as ``"https://api.example.org/v1"``. Trailing slashes are ignored.

        Raises:
            ConfigurationError: the URL is not an absolute http or https URL, or has a query or fragment.
        """
        if not url:
            raise ConfigurationError(
                "base_url is missing: set it on the class, pass base_url=, or set the environment variable"
            )
        if isinstance(url, str) and ("?" in url or "#" in url):
            raise ConfigurationError(f"base_url must not have a query or a fragment, got {_shown(url)!r}")
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
    """A path with named parameters, such as ``"/users/{id}"`` or ``"/contents/{+path}"``.

    Attributes:
        literals: the percent-encoded text around the parameters.
        names: the parameters, in order.
        safe: for each parameter, the characters that are not encoded: ``"/"`` for ``{+path}``.
    """

    literals: tuple[str, ...]
    names: tuple[str, ...]
    safe: tuple[str, ...]
    _expected: frozenset[str] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_expected", frozenset(self.names))

    def expand(self, values: Mapping[str, object]) -> str:
        """Return the path with each value percent-encoded; ``{+name}`` leaves slashes as they are.

        Raises:
            InvalidRequestError: a parameter is missing, unknown, None, empty, or not a scalar, or has a segment that is
                empty, ``.`` or ``..``: servers decode a path before they route it, so encoding would not protect it.
        """
        if not values and not self.names:
            return self.literals[0]
        if values.keys() != self._expected:
            raise self._mismatch(values)
        pieces = [self.literals[0]]
        for name, safe, literal in zip(self.names, self.safe, self.literals[1:], strict=True):
            pieces += _encode_segment(name, values[name], safe), literal
        return "".join(pieces)

    def _mismatch(self, values: Mapping[str, object]) -> InvalidRequestError:
        missing = [name for name in self.names if name not in values]
        unknown = [name for name in values if name not in self.names]
        return InvalidRequestError(
            f"path_params must match the template's {list(self.names)}: missing {missing}, unknown {unknown}"
        )


# The integers that ids are; larger ones may have more digits than Python converts.
_INT64 = 2**63


def _encode_segment(name: str, value: object, safe: str) -> str:
    # Most values are strings, whose surrogates quote() finds, or integers.
    if type(value) is str:
        text = value
    else:
        small = type(value) is int and -_INT64 <= value < _INT64
        text = str(value) if small else scalar_to_text("path parameter", name, value)
    try:
        encoded = quote(text, safe=safe)
    except UnicodeEncodeError:
        encoded = ""
    if not encoded:
        problem = "contains a lone surrogate" if text else "is empty, which would change the route"
        raise InvalidRequestError(f"path parameter {name!r} {problem}")
    if _SEGMENTS(text):
        _check_segments(name, text)
    return encoded


def _check_segments(name: str, value: str) -> None:
    """Check that no segment of a value changes the route, however often a server decodes the path.

    nginx and URL parsers of the WHATWG decode ``%2E%2E`` and ``%2F``, and nginx merges slashes.
    """
    text = value
    for _ in range(_MAX_DECODINGS + 1):
        segments = re.split(r"[/\\]", text)
        bad = [segment for segment in segments if segment.partition(";")[0] in {".", "..", ""}]
        if bad:
            what = f"a {bad[0]!r} segment" if bad[0] else "an empty segment"
            raise InvalidRequestError(
                f"path parameter {name!r} must not contain {what}, which would change the route, got {value!r}"
            )
        decoded = unquote(text)
        if decoded == text:
            return
        text = decoded


@functools.lru_cache(maxsize=4096)
def path_template(template: str) -> PathTemplate:
    """Compile a path template.

    Raises:
        InvalidRequestError: the template does not start with ``/``, has an unclosed or empty brace, names a parameter
            twice, or contains a query, a fragment or a dot segment.
    """
    pieces = _PARAMETER.split(template)
    literals, names = pieces[::2], [name.removeprefix("+") for name in pieces[1::2]]
    if not template.startswith("/"):
        problem = "it must start with '/', or be an absolute URL"
    elif any("{" in literal or "}" in literal for literal in literals):
        problem = "it has an unmatched brace"
    elif not all(name.isidentifier() for name in names) or len(set(names)) != len(names):
        problem = "each parameter must be a unique identifier"
    elif "?" in template or "#" in template:
        problem = "it must not have a query or a fragment; pass params="
    elif _FORBIDDEN(template) or has_surrogate(template):
        problem = "it contains a space, a control character, a backslash or a lone surrogate"
    elif any(unquote(segment) in {".", ".."} for segment in template.split("/")):
        problem = "it contains a dot segment"
    else:
        safe = tuple("/" if name.startswith("+") else "" for name in pieces[1::2])
        return PathTemplate(tuple(quote(literal, safe=_PATH_SAFE) for literal in literals), tuple(names), safe)
    raise InvalidRequestError(f"invalid path template {template!r}: {problem}")


@attrs.frozen(kw_only=True)
class QueryStyle:
    """The encoding of values in an API's query strings.

    By default: ``true`` and ``false``, ISO 8601, and a repeated name for a list.

    Attributes:
        true: the text of True.
        false: the text of False.
        separator: joins the items of a list, such as ``","``; None repeats the name for each item.
        list_suffix: follows the name of a list, such as ``"[]"``.
    """

    true: str = "true"
    false: str = "false"
    separator: str | None = None
    list_suffix: str = ""

    def encode(self, params: Mapping[str, object]) -> str:
        """Return the query string, without ``?``. Parameters with the value None are omitted.

        Raises:
            InvalidRequestError: a value cannot be encoded (a mapping, bytes, an object), or a list contains None.
        """
        return "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in self._pairs(params))

    def _pairs(self, params: Mapping[str, object]) -> Iterable[tuple[str, str]]:
        if not isinstance(params, Mapping):
            raise InvalidRequestError(f"params must be a mapping of names to values, got {describe_type(params)}")
        for name, value in params.items():
            if value is None:
                continue
            if not isinstance(name, str) or has_surrogate(name):
                raise InvalidRequestError(f"a parameter name must be a str without a lone surrogate, got {name!r}")
            if isinstance(value, list | tuple | set | frozenset):
                texts = [self.spell(name, item) for item in value]
                if isinstance(value, set | frozenset):
                    texts.sort()  # so that equal sets produce the same URL
                if self.separator is not None:
                    yield name + self.list_suffix, self.separator.join(texts)
                else:
                    yield from ((name + self.list_suffix, text) for text in texts)
            else:
                yield name, self.spell(name, value)

    def spell(self, name: str, value: object) -> str:
        """Return one value as text."""
        return scalar_to_text("parameter", name, value, true=self.true, false=self.false)


def scalar_to_text(what: str, name: str, value: object, *, true: str = "true", false: str = "false") -> str:
    """Return a string, boolean, number, UUID, date, time, or an enum member of these, as text.

    Args:
        what: the role of the value, for the message, such as ``"parameter"``.
        name: the name of the value, for the message.
        value: the value. Numbers are those of Python and numpy and `decimal.Decimal`, with all their digits.
        true: the text of True.
        false: the text of False.

    Raises:
        InvalidRequestError: the value is of another type, or is NaN, infinite, a datetime without a time zone, or a
            string with a lone surrogate.
    """
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, str):
        if has_surrogate(plain):
            raise InvalidRequestError(f"{what} {name!r} contains a lone surrogate")
        return plain
    if isinstance(plain, bool):
        return true if plain else false
    if isinstance(plain, date | time):
        if isinstance(plain, datetime) and plain.tzinfo is None:
            raise InvalidRequestError(f"{what} {name!r} must have a time zone, got a naive datetime")
        return plain.isoformat()
    kind = _numpy_kind(plain)
    if kind == "b":
        return true if plain else false
    # A numpy number is not converted to Python's first: the text of float32(0.1) is 0.1, that of its float is longer.
    if isinstance(plain, int | float | Decimal) or kind in {"i", "u", "f"}:
        with suppress(ValueError):  # an integer of more than 4300 digits
            if (text := str(plain)).lstrip("-")[:1].isdigit():  # not "nan", "inf", "sNaN"
                return text
    if isinstance(plain, UUID):
        return str(plain)
    raise InvalidRequestError(f"{what} {name!r} cannot be converted to text, got {describe_type(value)}")


def _numpy_kind(value: object) -> str | None:
    """Return the kind of a numpy scalar, such as ``"i"`` for an integer, or None. Does not import numpy."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return kind if isinstance(kind, str) and getattr(value, "shape", None) == () else None


def has_surrogate(text: str) -> bool:
    """Return whether the text contains a lone surrogate, which cannot be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
