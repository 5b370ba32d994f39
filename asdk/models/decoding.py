"""JSON bytes to typed values: one decoder a type, made once and cached.

Called by `Response.decode`. The fast converter runs first; only when it fails is the same data decoded again by the
detailed one, to name the place. What cattrs is told about the types of asdk stands in `asdk.models.converter`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar, cast

from typing_extensions import TypeForm

from asdk.errors import ConfigurationError, DecodeError

T = TypeVar("T")


#: How deep arrays and objects may lie in each other. Python's own limit differs from version to version, and what comes
#: through it breaks later: in a hook, in a repr, in the code of a user.
MAX_DEPTH: Final = 256

# A body up to this size, in bytes, is not deeper.
_SHALLOW: Final = 2 * MAX_DEPTH

# How much of a body that is no JSON an error keeps, in bytes.
_SAMPLE = 1024


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_raw_decode = _decoder.raw_decode


def parse_json(content: bytes) -> Any:
    """UTF-8 JSON as plain data.

    Raises:
        DecodeError: it is not JSON, or deeper than `MAX_DEPTH`.
    """
    try:
        text = content.decode()
        data, end = _raw_decode(text)  # the quick way, which takes no blanks around the value
        if end != len(text):
            data = _decoder.decode(text)
        if len(content) <= _SHALLOW or _is_shallow(content, data):
            return data
    except (ValueError, RecursionError):
        pass
    return _parse_or_explain(content)


def _is_shallow(content: bytes, data: Any) -> bool:
    """Whether parsed data keeps to `MAX_DEPTH`. Most bodies have too few brackets for more; the others are walked level
    by level, since a walk by recursion has a limit of its own."""
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return True
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return True
        level = [
            item
            for holder in level
            for item in (holder.values() if type(holder) is dict else holder if type(holder) is list else ())
            if type(item) in _HOLDERS
        ]
    return False


_HOLDERS = frozenset({dict, list})


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
        if type(error) is ValueError:  # no JSONDecodeError: an integer of thousands of digits, or NaN
            reason = f"the body is not valid JSON ({error})"
    raise DecodeError(reason or _describe_content(content), cause=problem, body=content[:_SAMPLE])


_TOO_DEEP = f"the JSON of the body is nested deeper than {MAX_DEPTH}"

# What UTF-16 and UTF-32 look like, where JSON begins with an ASCII character.
_WIDE = re.compile(rb"\xff\xfe|\xfe\xff|\0.|.\0", re.DOTALL).match


def _describe_content(content: bytes) -> str:
    if not content:
        return "the body is empty, where JSON was expected"
    if _WIDE(content):
        return "the body is UTF-16 or UTF-32, where JSON in UTF-8 was expected"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "the body is HTML or XML, where JSON was expected: is a proxy or another server answering?"
    return "the body is not valid JSON"


class Decoder(Generic[T]):
    """Turns the bytes of a body, or data already parsed, into one type."""

    __slots__ = ("_structure", "_type")

    def __init__(self, form: TypeForm[T]) -> None:
        from asdk.models.converter import structure_hook

        self._type = form
        self._structure: Callable[[Any, Any], T] = structure_hook(form, detailed=False)

    def __call__(self, content: bytes) -> T:
        """Decode a body.

        Raises:
            DecodeError: it is not JSON, or not of this type; ``path`` names the place.
        """
        try:
            text = content.decode()
            data, end = _raw_decode(text)  # as in `parse_json`
            if end == len(text) and (len(content) <= _SHALLOW or _is_shallow(content, data)):
                return self._structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - whatever it was, the careful way below explains it
            pass
        return self.from_data(parse_json(content))

    def from_data(self, data: Any) -> T:
        """Decode parsed JSON.

        Raises:
            DecodeError: it is not of this type; ``path`` names the place.
        """
        try:
            return self._structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - what a hook or a user's __init__ raises becomes our error
            pass
        raise self._explain(data)

    def _explain(self, data: Any) -> DecodeError:
        from asdk.models.converter import locate, structure_hook

        try:
            structure_hook(self._type, detailed=True)(data, self._type)
        except Exception as error:  # noqa: BLE001 - as above
            path, reason = locate(error)
        else:
            path, reason = "", "the value is refused"
        return DecodeError(f"{path or 'the body'}: {reason}", path=path)


def _make_decoder(form: Any) -> Decoder[Any]:
    problem = None
    try:
        return Decoder(form)
    except NameError as error:
        problem = f"an annotation cannot be resolved: {error}"
    except Exception as error:  # noqa: BLE001 - cattrs and attrs raise many kinds for a type they cannot build
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"no decoder for {form!r}: {problem}")


class _DecoderFor(Protocol):
    def __call__(self, form: TypeForm[T], /) -> Decoder[T]: ...


#: The decoder for a class, ``list[Study]``, ``A | B``, a ``Literal`` or any other type expression; made once a type.
#: Raises ConfigurationError if the type has a part that cannot be decoded.
decoder_for: _DecoderFor = cast("_DecoderFor", lru_cache(maxsize=1024)(_make_decoder))
