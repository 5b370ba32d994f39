"""The structure hooks of scalars: texts, numbers, dates, UUIDs, secrets. Used by `asdk.models.converter`.

Each JSON value must have the type that the model declares. Numbers are exact: a `Decimal` and an integer are made from
the text of the number, and a float that overflows is an error. Dates, times, decimals and UUIDs are read in their
canonical spelling alone, so that a text which happens to resemble one is rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any, Final, TypeAlias
from uuid import UUID

from asdk.models.parsing import ExactFloat
from asdk.secret import Secret

#: Builds a value from parsed JSON, given the type. The term is that of cattrs.
StructureHook: TypeAlias = Callable[[Any, Any], Any]

#: The largest exponent of a number that becomes an integer: ``1e999999999`` would fill the memory.
MAX_EXPONENT: Final = 400


class MismatchError(ValueError):
    """A JSON value that does not have the expected type."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, found {describe(found)}")


class NeedsExactError(ValueError):
    """Data that the fast way cannot decide: a float that may have lost digits, or unions that would be tried too often.

    The data is then parsed again with `ExactFloat`.
    """


_JSON_NAMES: dict[type, str] = {dict: "an object", list: "an array", bool: "a boolean", NoneType: "null"}


def describe(value: object) -> str:
    """Describe a JSON value for an error message."""
    if isinstance(value, str):
        return f"the string {value!r}" if len(value) <= 40 else "a long string"
    if isinstance(value, ExactFloat):
        return f"the number {value.text}" if len(value.text) <= 40 else "a long number"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"the number {value!r}" if value.bit_length() < 128 else "a large number"
    return f"the number {value!r}" if isinstance(value, float) else _JSON_NAMES.get(type(value), type(value).__name__)


def to_plain(value: Any) -> Any:
    """Return data without `ExactFloat`, as the json module would have parsed it."""
    if value.__class__ is ExactFloat:
        return _structure_float(value, float)
    if value.__class__ is list:
        return [to_plain(item) for item in value]
    if value.__class__ is dict:
        return {name: to_plain(item) for name, item in value.items()}
    return value


# --- text, numbers, booleans ------------------------------------------------------------------------------------------


def _structure_str(value: Any, _: Any) -> str:
    if value.__class__ is str:
        return value
    raise MismatchError("a string", value)


def _structure_int(value: Any, _: Any) -> int:
    if value.__class__ is int:
        return value
    if value.__class__ is float and (value.is_integer() or value - value != 0):
        raise NeedsExactError  # see `structure_exact_int`
    raise MismatchError("an integer", value)


def structure_exact_int(value: Any, _: Any) -> int:
    """Convert an integer, also one that is written with a fraction of zeros or an exponent.

    Raises:
        MismatchError: the value is not an integer, or its exponent exceeds `MAX_EXPONENT`.
    """
    if value.__class__ is int:
        return value
    if value.__class__ is ExactFloat:
        number = _to_decimal(value.text)
        if number is None or (number and number.adjusted() > MAX_EXPONENT):
            raise MismatchError(f"an integer with an exponent of up to {MAX_EXPONENT}, or Decimal as type", value)
        if number == number.to_integral_value():
            return int(number)
    elif value.__class__ is float and value.is_integer() and abs(value) < _EXACT_BELOW:
        return int(value)
    raise MismatchError("an integer", value)


# Below it, a float has all digits of an integer.
_EXACT_BELOW = 2.0**53


def _structure_float(value: Any, _: Any) -> float:
    if value.__class__ is int or isinstance(value, float):
        try:
            number = float(value)
        except OverflowError:
            pass
        else:
            if number - number == 0:
                return number
        raise MismatchError("a number within the range of a float", value)
    raise MismatchError("a number", value)


def _structure_bool(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return value
    raise MismatchError("a boolean", value)


def _structure_none(value: Any, _: Any) -> None:
    if value is not None:
        raise MismatchError("null", value)


_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch


def _structure_decimal(value: Any, _: Any) -> Decimal:
    text: str | None = None
    if value.__class__ is ExactFloat:
        text = value.text
    elif value.__class__ is int:
        return Decimal(value)
    elif value.__class__ is float:
        text = repr(value)
    elif value.__class__ is str:
        text = value
    number = None if text is None or _DECIMAL(text) is None else _to_decimal(text)
    if number is None:
        raise MismatchError("a decimal number", value)
    return number


def _to_decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent beyond that of Decimal
        return None


def _structure_secret(value: Any, _: Any) -> Secret:
    if value.__class__ is str:
        return Secret(value)
    raise ValueError("expected a string, found another type (not shown, since it may be secret)")


# --- dates, times, UUIDs ----------------------------------------------------------------------------------------------


def _structure_datetime(value: Any, _: Any) -> datetime:
    if value.__class__ is str:
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            raise MismatchError("a date and time in ISO 8601", value) from None
        # A server that omits the time zone means UTC far more often than the client's time zone.
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    raise MismatchError("a date and time in ISO 8601", value)


_TIME = re.compile(
    r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?",
).fullmatch
_TIME_WITH_SECONDS = re.compile(
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?",
).fullmatch
_DATE_AND_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
).fullmatch


def _structure_date(text: str) -> date | None:
    day = date.fromisoformat(text)
    return day if day.isoformat() == text else None


def _structure_time(text: str) -> time | None:
    return time.fromisoformat(text) if _TIME(text) else None


def _structure_uuid(text: str) -> UUID | None:
    uuid = UUID(text)
    return uuid if str(uuid) == text.lower() else None


def _from_text(parse: Callable[[str], Any], expected: str) -> StructureHook:
    def structure(value: Any, _: Any) -> Any:
        parsed = None
        if value.__class__ is str:
            with suppress(ValueError):
                parsed = parse(value)
        if parsed is None:
            raise MismatchError(expected, value)
        return parsed

    return structure


#: The hooks by type. An integer that is written like a float needs `structure_exact_int`.
SCALARS: Final[dict[Any, StructureHook]] = {
    str: _structure_str,
    int: _structure_int,
    float: _structure_float,
    bool: _structure_bool,
    NoneType: _structure_none,
    datetime: _structure_datetime,
    date: _from_text(_structure_date, "a date in ISO 8601"),
    time: _from_text(_structure_time, "a time in ISO 8601"),
    UUID: _from_text(_structure_uuid, "a UUID"),
    Decimal: _structure_decimal,
    Secret: _structure_secret,
}

_IS_SPELLED_AS: Final[dict[Any, Callable[[str], object]]] = {
    datetime: _DATE_AND_TIME,
    time: _TIME_WITH_SECONDS,
    UUID: re.compile("[0-9a-f-]+").fullmatch,
    Decimal: re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").fullmatch,
}


def beside_str(tp: Any, hook: StructureHook) -> StructureHook:
    """Return the hook of a type in a union with ``str``: it takes only texts that the type itself would write.

    Any other text, such as ``"1e5"`` for a `Decimal` or ``"10:30"`` for a time, is then kept as a string.

    Args:
        tp: the type.
        hook: its hook outside of such a union.
    """
    is_spelled = _IS_SPELLED_AS.get(tp)
    if is_spelled is None:
        return hook

    def structure(value: Any, value_type: Any) -> Any:
        if value.__class__ is str and not is_spelled(value):
            raise MismatchError(tp.__name__, value)
        return hook(value, value_type)

    return structure
