"""JSON bytes to typed values: one decoder a type, made once and cached.

Called by `Response.decode`. The fast converter runs first; only when it fails is the same data decoded again by the
detailed one, to name the place. What cattrs is told about the types of asdk stands in `asdk.structuring`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast

from typing_extensions import TypeForm

from asdk.errors import ConfigurationError, DecodeError

T = TypeVar("T")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_raw_decode = _decoder.raw_decode


def parse_json(content: bytes) -> Any:
    """UTF-8 JSON as plain data.

    Raises:
        DecodeError: it is not JSON, or nested too deep to be read.
    """
    try:
        text = content.decode()
        data, end = _raw_decode(text)  # the quick way, which takes no blanks around the value
        return data if end == len(text) else _decoder.decode(text)
    except (ValueError, RecursionError):
        pass
    return _parse_or_explain(content)


def _parse_or_explain(content: bytes) -> Any:
    try:
        return _decoder.decode(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise DecodeError(_describe_content(content), cause=problem, body=content[:1024])


def _describe_content(content: bytes) -> str:
    if not content:
        return "the body is empty, where JSON was expected"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "the body is HTML or XML, where JSON was expected: is a proxy or another server answering?"
    return "the body is not valid JSON"


class Decoder(Generic[T]):
    """Turns the bytes of a body, or data already parsed, into one type."""

    __slots__ = ("_structure", "_type")

    def __init__(self, form: TypeForm[T]) -> None:
        from asdk.structuring import structure_hook

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
            if end == len(text):
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
        from asdk.structuring import locate, structure_hook

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
