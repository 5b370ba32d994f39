"""Decoding of JSON bytes to typed values, with a cached decoder for each type.

Called by `Response.decode`. The fast converter runs first. If it fails, the detailed one decodes the same data again to
find the path. Both are defined in `asdk.models.converter`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar, cast

from typing_extensions import TypeForm

from asdk.errors import ConfigurationError, DecodeError
from asdk.models.secret_fields import has_secret_field

T = TypeVar("T")

#: Maximum nesting depth of arrays and objects. The limit of Python itself depends on its version, and data just below
#: it fails later: in a hook, a repr, or the code of a user.
MAX_DEPTH: Final = 256

# A body of up to this many bytes cannot be nested deeper.
_SHALLOW_SIZE: Final = 2 * MAX_DEPTH

# Number of bytes of an invalid body that an error keeps.
_SAMPLE_SIZE = 1024


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_reject_constant)
_raw_decode = _decoder.raw_decode


def parse_json(content: bytes) -> Any:
    """Parse UTF-8 JSON to plain data.

    Raises:
        DecodeError: the content is not JSON, or is nested deeper than `MAX_DEPTH`.
    """
    try:
        text = content.decode()
        data, end = _raw_decode(text)  # the fast path, which does not allow whitespace around the value
        if end != len(text):
            data = _decoder.decode(text)
        if len(content) <= _SHALLOW_SIZE or _is_shallow(content, data):
            return data
    except (ValueError, RecursionError):
        pass
    return _parse_or_explain(content)


def _is_shallow(content: bytes, data: Any) -> bool:
    """Return True if parsed data is not nested deeper than `MAX_DEPTH`.

    Most bodies have too few brackets for that. The others are checked level by level, since recursion has a limit of
    its own.
    """
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return True
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return True
        level = [
            item
            for parent in level
            for item in (parent.values() if type(parent) is dict else parent if type(parent) is list else ())
            if type(item) in _CONTAINERS
        ]
    return False


_CONTAINERS = frozenset({dict, list})


def _parse_or_explain(content: bytes) -> Any:
    reason: str | None = None
    try:
        data = _decoder.decode(content.decode("utf-8-sig"))
        if _is_shallow(content, data):
            return data
        problem, reason = None, _TOO_DEEP
    except RecursionError as error:
        problem, reason = f"{type(error).__name__}: {error}", _TOO_DEEP
    except ValueError as error:
        problem = f"{type(error).__name__}: {error}"
        if type(error) is ValueError:  # not a JSONDecodeError: an integer of thousands of digits, or NaN
            reason = f"the body is not valid JSON ({error})"
    raise DecodeError(reason or _describe_content(content), cause=problem, body=content[:_SAMPLE_SIZE])


_TOO_DEEP = f"the JSON of the body is nested deeper than {MAX_DEPTH}"

# The start of UTF-16 and UTF-32 text: a byte order mark, or an ASCII character, with which JSON starts.
_UTF16_OR_32 = re.compile(rb"\xff\xfe|\xfe\xff|\0.|.\0", re.DOTALL).match


def _describe_content(content: bytes) -> str:
    if not content:
        return "expected JSON, but the body is empty"
    if _UTF16_OR_32(content):
        return "expected JSON in UTF-8, but the body is UTF-16 or UTF-32"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "expected JSON, but the body is HTML or XML; it may come from a proxy or another server"
    return "the body is not valid JSON"


class Decoder(Generic[T]):
    """A decoder from the bytes of a body, or from parsed data, to one type.

    Args:
        tp: the type to decode to.
    """

    __slots__ = ("_structure", "_type")

    def __init__(self, tp: TypeForm[T]) -> None:
        from asdk.models.converter import structure_hook

        self._type = tp
        self._structure: Callable[[Any, Any], T] = structure_hook(tp, detailed=False)

    def __call__(self, content: bytes) -> T:
        """Decode a body.

        Raises:
            DecodeError: the content is not JSON, or does not match the type; ``path`` is the location.
        """
        try:
            text = content.decode()
            data, end = _raw_decode(text)  # as in `parse_json`
            if end == len(text) and (len(content) <= _SHALLOW_SIZE or _is_shallow(content, data)):
                return self._structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - explained by the slow path below
            pass
        try:
            data = parse_json(content)
        except DecodeError as error:
            if has_secret_field(self._type):
                error.body = b""  # part of a new secret, such as a token of a login
            raise
        return self.from_data(data)

    def from_data(self, data: Any) -> T:
        """Decode parsed JSON.

        Raises:
            DecodeError: the data does not match the type; ``path`` is the location.
        """
        try:
            return self._structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - any error of a hook or a user's __init__ becomes a DecodeError
            pass
        raise self._explain(data)

    def _explain(self, data: Any) -> DecodeError:
        from asdk.models.converter import locate, structure_hook

        try:
            structure_hook(self._type, detailed=True)(data, self._type)
        except Exception as error:  # noqa: BLE001 - as above
            path, reason = locate(error)
        else:
            path, reason = "", "invalid value"
        return DecodeError(f"{path or 'the body'}: {reason}", path=path)


def _make_decoder(tp: Any) -> Decoder[Any]:
    problem = None
    try:
        return Decoder(tp)
    except NameError as error:
        problem = f"cannot resolve an annotation: {error}"
    except Exception as error:  # noqa: BLE001 - cattrs and attrs raise various errors for an unsupported type
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"cannot decode to {tp!r}: {problem}")


class _DecoderFor(Protocol):
    def __call__(self, tp: TypeForm[T], /) -> Decoder[T]: ...


#: Returns the cached decoder for a class, ``list[Study]``, ``A | B``, a ``Literal`` or another type expression.
#: Raises ConfigurationError if a part of the type cannot be decoded.
decoder_for: _DecoderFor = cast("_DecoderFor", lru_cache(maxsize=1024)(_make_decoder))
