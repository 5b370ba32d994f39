"""Decoding of JSON bytes to typed values, with a cached decoder for each type.

Called by `Response.decode`. The fast converter runs first. If it fails, the data is parsed again with the text of each
number and decoded exactly; if that fails too, the detailed converter finds the path. All three are defined in
`asdk.models.converter`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal
from types import NoneType
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar, cast, get_args, get_origin

from typing_extensions import TypeForm

from asdk.errors import ConfigurationError, DecodeError
from asdk.limits import DEFAULT_LIMITS, ResponseLimits
from asdk.models.parsing import (
    is_deeper,
    may_be_deep,
    parse_json,
    raw_decode,
    raw_decode_exact,
    raw_decode_finite,
)
from asdk.models.secret_fields import has_secret_field
from asdk.models.type_forms import depends_on_order, held_types, members_of, ordered_key

T = TypeVar("T")


class Decoder(Generic[T]):
    """A decoder from the bytes of a body, or from parsed data, to one type.

    Args:
        tp: the type to decode to.

    Attributes:
        is_exact: whether `from_data` needs data with `ExactFloat`, for a `Decimal`.
        is_text: whether the type is ``str`` or ``str | None``, which a body that is not JSON matches as it is.
    """

    __slots__ = ("_raw_decode", "_structure", "_type", "is_exact", "is_text")

    def __init__(self, tp: TypeForm[T]) -> None:
        from asdk.models.converter import exact_hook, fast_hook

        self._type = tp
        held = held_types(tp)
        self.is_exact: bool = Decimal in held
        self.is_text: bool = {member for member in members_of(tp) if member is not NoneType} == {str}
        self._structure: Callable[[Any, Any], T] = exact_hook(tp) if self.is_exact else fast_hook(tp)
        self._raw_decode = raw_decode_exact if self.is_exact else raw_decode_finite if Any in held else raw_decode

    def __call__(self, content: bytes, limits: ResponseLimits = DEFAULT_LIMITS) -> T:
        """Decode a body.

        Args:
            content: the body.
            limits: the limits of the JSON.

        Raises:
            DecodeError: the content is not JSON, exceeds a limit, or does not match the type; ``path`` is the location.
        """
        try:
            size = len(content)
            nested = size > limits.unchecked_size and (
                may_be_deep(content, limits)
                if size > limits.uncounted_size
                else content.count(b"[") + content.count(b"{") > limits.json_depth
            )
            text = content.decode()
            data, end = self._raw_decode(text)  # as in `parse_json`
            if (end == len(text) or text[end:].isspace()) and not (nested and is_deeper(data, limits.json_depth)):
                return self._structure(data, self._type)
        except DecodeError as error:  # a limit
            self._hide_body(error)
            raise
        except Exception:  # noqa: BLE001, S110 - explained by the slow path below
            pass
        return self._decode_slowly(content, limits)

    def _decode_slowly(self, content: bytes, limits: ResponseLimits) -> T:
        if NoneType in members_of(self._type) and not content.strip():  # such as a 204
            return cast("T", None)
        try:
            data = parse_json(content, limits, exact=True)
        except DecodeError as error:
            self._hide_body(error)
            raise
        return self._structure_exactly(data)

    def _hide_body(self, error: DecodeError) -> None:
        if has_secret_field(self._type):
            error.body = b""  # part of a new secret, such as a token of a login

    def from_data(self, data: Any) -> T:
        """Decode parsed JSON.

        Raises:
            DecodeError: the data does not match the type; ``path`` is the location.
        """
        try:
            return self._structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - any error of a hook or a user's __init__ becomes a DecodeError
            pass
        return self._structure_exactly(data)

    def _structure_exactly(self, data: Any) -> T:
        from asdk.models.converter import detailed_hook, exact_hook, locate
        from asdk.models.unions import remembering_failures

        try:
            structure: Callable[[Any, Any], T] = exact_hook(self._type)
            with remembering_failures():
                return structure(data, self._type)
        except Exception:  # noqa: BLE001, S110 - as above
            pass
        try:
            with remembering_failures():
                detailed_hook(self._type)(data, self._type)
        except Exception as error:  # noqa: BLE001 - as above
            path, reason = locate(error)
        else:
            path, reason = "", "invalid value"
        raise DecodeError(f"{path or 'the body'}: {reason}", path=path)


class _BytesDecoder(Decoder[Any]):
    """The decoder for ``bytes``, which gives the body as it is."""

    __slots__ = ()

    def __init__(self, tp: Any) -> None:  # pyright: ignore[reportMissingSuperCall] - it needs no converter
        self._type = tp
        self.is_exact = self.is_text = False

    def __call__(self, content: bytes, limits: ResponseLimits = DEFAULT_LIMITS) -> Any:
        return content or (None if NoneType in members_of(self._type) else b"")

    def from_data(self, data: Any) -> NoReturn:
        raise DecodeError("the body: bytes cannot be decoded from JSON", path="")


class ResponseDecoder(Decoder[Any]):
    """The decoder for `TypedResponse`, which has facts of the response beside the decoded body."""

    __slots__ = ("_wrap",)

    def __init__(self, tp: Any, wrap: Callable[[Any, Any], Any]) -> None:  # pyright: ignore[reportMissingSuperCall]
        self._type = get_args(tp)[0]
        self._wrap = wrap
        self.is_exact, self.is_text = False, True
        _make_decoder(self._type)  # reports a type that cannot be decoded

    def decode(self, response: object) -> Any:
        """Return the body of a response together with its facts."""
        return self._wrap(response, self._type)

    def __call__(self, content: bytes, limits: ResponseLimits = DEFAULT_LIMITS) -> NoReturn:
        """Reject a body without its response, such as an item of a page."""
        raise DecodeError("a TypedResponse is decoded from a whole response", path="")

    def from_data(self, data: Any) -> NoReturn:
        """Reject a body without its response, such as an item of a page."""
        raise DecodeError("a TypedResponse is decoded from a whole response", path="")


def _make_decoder(tp: Any) -> Decoder[Any]:
    problem = None
    try:
        if (wrap := getattr(get_origin(tp), "decode_response", None)) is not None:
            return ResponseDecoder(tp, wrap)
        is_bytes = {member for member in members_of(tp) if member is not NoneType} == {bytes}
        return _BytesDecoder(tp) if is_bytes else Decoder(tp)
    except NameError as error:
        problem = f"cannot resolve an annotation: {error}"
    except Exception as error:  # noqa: BLE001 - cattrs and attrs raise various errors for an unsupported type
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"cannot decode to {tp!r}: {problem}")


# How many decoders are cached.
_CACHE_SIZE: Final = 1024


class _Decoders(dict[Any, Decoder[Any]]):
    """The cached decoders by type. A hit is one lookup in a dict, without a call of a Python function.

    A type whose decoding depends on the order of a union is not stored by itself: ``A | B`` and ``B | A`` are equal.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ordered: dict[Hashable, Decoder[Any]] = {}

    def __missing__(self, tp: Any) -> Decoder[Any]:
        by_key, key = (self._ordered, ordered_key(tp)) if depends_on_order(tp) else (self, tp)
        decoder = by_key.get(key)
        if decoder is None:
            decoder = _make_decoder(tp)
            if len(by_key) >= _CACHE_SIZE:
                by_key.clear()
            by_key[key] = decoder
        return decoder


class _DecoderFor(Protocol):
    def __call__(self, tp: TypeForm[T], /) -> Decoder[T]: ...


#: Returns the cached decoder for a class, ``list[Study]``, ``A | B``, a ``Literal`` or another type expression.
#: Raises ConfigurationError if a part of the type cannot be decoded.
decoder_for: _DecoderFor = cast("_DecoderFor", _Decoders().__getitem__)
