"""Parsing of JSON to plain data, within `ResponseLimits`.

Called by `Response.json` and by `asdk.models.decoding`. The fast way parses once with the json module; the slow way
runs only after it failed: it applies every limit to each number and explains what is wrong.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias

from asdk.errors import DecodeError
from asdk.limits import DEFAULT_LIMITS, ResponseLimits

#: Parses the JSON value at the start of a text; returns it and the index of its end.
RawDecode: TypeAlias = Callable[[str], tuple[Any, int]]

#: Plain JSON data.
JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"

#: The reason for a body that is no JSON, if nothing better is known.
NOT_JSON: Final = "the body is not valid JSON"

# Number of bytes of an invalid body that an error keeps.
_SAMPLE_SIZE = 1024

# How many bytes are counted at a time.
_WINDOW = 256 * 1024


class ExactFloat(float):
    """A number with its text, from which a `Decimal` or a large integer is made without loss.

    Attributes:
        text: the number as the server wrote it.
    """

    __slots__ = ("text",)
    text: str


class _LimitError(ValueError):
    """JSON that is valid, but beyond a limit. The text is a complete message."""


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _to_exact(text: str) -> ExactFloat:
    number = ExactFloat(text)
    number.text = text
    return number


def _to_finite(text: str) -> float:
    number = float(text)
    if number - number == 0:
        return number
    shown = text if len(text) <= 40 else "a number"
    raise _LimitError(f"the body contains {shown}, which is beyond the range of a float")


#: Parses numbers with a fraction or exponent to floats, which may be infinite.
raw_decode: RawDecode = json.JSONDecoder(parse_constant=_reject_constant).raw_decode

#: Parses numbers with a fraction or exponent to finite floats.
raw_decode_finite: RawDecode = json.JSONDecoder(parse_float=_to_finite, parse_constant=_reject_constant).raw_decode

#: Parses numbers with a fraction or exponent to `ExactFloat`.
raw_decode_exact: RawDecode = json.JSONDecoder(parse_float=_to_exact, parse_constant=_reject_constant).raw_decode


def parse_json(content: bytes, limits: ResponseLimits = DEFAULT_LIMITS, *, exact: bool = False) -> Any:
    """Parse UTF-8 JSON to plain data.

    Args:
        content: the JSON.
        limits: its limits.
        exact: whether each number with a fraction or exponent becomes an `ExactFloat`.

    Raises:
        DecodeError: the content is not JSON, or exceeds a limit.
    """
    try:
        size = len(content)
        nested = size > limits.unchecked_size and (
            may_be_deep(content, limits)
            if size > limits.uncounted_size
            else content.count(b"[") + content.count(b"{") > limits.json_depth
        )
        text = content.decode()
        data, end = (raw_decode_exact if exact else raw_decode_finite)(text)  # without whitespace before the value
        if (end == len(text) or text[end:].isspace()) and not (nested and is_deeper(data, limits.json_depth)):
            return data
    except (ValueError, RecursionError):
        pass
    return _parse_slowly(content, limits, _to_exact if exact else _to_finite)


def may_be_deep(content: bytes, limits: ResponseLimits) -> bool:
    """Check the size of JSON before it is parsed, and return whether its depth must be checked after it.

    Raises:
        DecodeError: the JSON has too many containers or values.
        ValueError: an integer may have too many digits; only the slow way can tell.
    """
    containers = content.count(b"[") + content.count(b"{")
    if containers > limits.json_containers or (
        len(content) > limits.json_values and containers + content.count(b",") >= limits.json_values
    ):
        _check_exact_count(content, limits)
    if (sys.get_int_max_str_digits() or sys.maxsize) > limits.integer_digits and _has_digits(content, limits):
        raise ValueError("an integer may be too long")
    return containers > limits.json_depth


def is_deeper(data: Any, depth: int) -> bool:
    """Return whether parsed data is nested deeper. Checked level by level, since recursion has a limit of its own."""
    level: list[Any] = [data]
    for _ in range(depth + 1):
        if not level:
            return False
        level = [
            item
            for parent in level
            for item in (parent.values() if type(parent) is dict else parent if type(parent) is list else ())
            if type(item) in _CONTAINERS
        ]
    return True


_CONTAINERS = frozenset({dict, list})


def _check_exact_count(content: bytes, limits: ResponseLimits) -> None:
    """Check the number of containers and values outside of strings.

    Raises:
        DecodeError: there are too many.
    """
    containers = commas = 0
    for outside in _outside_strings(content):
        containers += outside.count(b"[") + outside.count(b"{")
        commas += outside.count(b",")
        if containers > limits.json_containers:
            found = f"{limits.json_containers} arrays and objects {_of('json_containers')}"
        elif containers + commas >= limits.json_values:
            found = f"{limits.json_values} values {_of('json_values')}"
        else:
            continue
        raise DecodeError(f"the JSON of the body has more than {found}", body=content[:_SAMPLE_SIZE])


def _outside_strings(content: bytes) -> Iterator[bytes]:
    """Yield the brackets and commas outside of strings, in windows of bounded size."""
    inside, start = False, 0
    while start < len(content):
        end = start + _WINDOW
        window = content[start:end]
        if (len(window) - len(window.rstrip(b"\\"))) % 2:  # do not separate a backslash from what it escapes
            window += content[end : end + 1]
            end += 1
        start = end
        window = window.replace(b"\\\\", b"").replace(b'\\"', b"")
        # Two quotes with nothing between them change nothing, and most strings are that after the deletion.
        parts = window.translate(None, _NOT_COUNTED).replace(b'""', b"").split(b'"')
        yield b"".join(parts[inside::2])
        inside ^= len(parts) % 2 == 0


_NOT_COUNTED = bytes(set(range(256)) - set(b'"[{,'))


def _has_digits(content: bytes, limits: ResponseLimits) -> bool:
    """Return whether there are more digits in a row than an integer may have, be it in a string."""
    return any(found.end() - found.start() > limits.integer_digits for found in _DIGITS(content))


_DIGITS = re.compile(rb"[0-9]+").finditer


def _integer_parser(digits: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if len(text) - text.startswith("-") > digits:
            raise _LimitError(f"the body contains an integer of more than {digits} digits {_of('integer_digits')}")
        try:
            return int(text)
        except ValueError:  # beyond the limit of the interpreter, which Decimal does not have
            return int(Decimal(text))

    return parse


def _of(limit: str) -> str:
    return f"({limit} of response_limits=)"


def _parse_slowly(content: bytes, limits: ResponseLimits, parse_float: Callable[[str], float]) -> Any:
    reason: str | None = None
    problem: str | None = None
    decoder = json.JSONDecoder(
        parse_float=parse_float, parse_int=_integer_parser(limits.integer_digits), parse_constant=_reject_constant
    )
    try:
        _check_exact_count(content, limits)
        data = decoder.decode(content.decode("utf-8-sig"))
        if not is_deeper(data, limits.json_depth):
            return data
        reason = _too_deep(limits)
    except RecursionError as error:
        problem, reason = f"{type(error).__name__}: {error}", _too_deep(limits)
    except _LimitError as error:
        reason = str(error)
    except ValueError as error:
        problem = f"{type(error).__name__}: {error}"
        if type(error) is ValueError:  # not a JSONDecodeError: NaN
            reason = f"the body is not valid JSON ({error})"
    raise DecodeError(reason or _describe_content(content), cause=problem, body=content[:_SAMPLE_SIZE])


def _too_deep(limits: ResponseLimits) -> str:
    return f"the JSON of the body is nested deeper than {limits.json_depth} {_of('json_depth')}"


# The start of UTF-16 and UTF-32 text: a byte order mark, or an ASCII character, with which JSON starts.
_UTF16_OR_32 = re.compile(rb"\xff\xfe|\xfe\xff|\0.|.\0", re.DOTALL).match


def _describe_content(content: bytes) -> str:
    if not content or content.isspace():
        return "expected JSON, but the body is empty"
    if _UTF16_OR_32(content):
        return "expected JSON in UTF-8, but the body is UTF-16 or UTF-32"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "expected JSON, but the body is HTML or XML; it may come from a proxy or another server"
    return NOT_JSON
