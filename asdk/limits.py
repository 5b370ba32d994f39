"""`ResponseLimits`: how much work one response may cause. An option of a client, of a copy and of a call.

The transport checks the head and the body, `asdk.models` the JSON, and `asdk.streaming` the lines of a stream.
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from asdk.errors import InvalidRequestError


def _limit(default: int) -> int:
    field: int = attrs.field(default=default, validator=_check_limit)
    return field


def _check_limit(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError(f"{attribute.name} of ResponseLimits must be a positive integer, got {value!r}")


@attrs.frozen(kw_only=True)
class ResponseLimits:
    """The limits of a response. What exceeds one raises an error that names the limit, and is not retried.

    The defaults are far above what APIs send. They keep a small compressed body from becoming gigabytes of objects.

    Attributes:
        body: bytes of a body that is read into memory, after decompression. A stream or download has no such limit.
        head: bytes of the status line and the header fields.
        stream_line: bytes of one line of a stream, such as a server-sent event with an image.
        json_depth: levels of nested arrays and objects.
        json_containers: arrays and objects of one body.
        json_values: values of one body.
        integer_digits: digits of an integer; the time to read one grows with their square.
    """

    body: int = _limit(64 * 2**20)
    head: int = _limit(64 * 2**10)
    stream_line: int = _limit(16 * 2**20)
    json_depth: int = _limit(256)
    json_containers: int = _limit(1_000_000)
    json_values: int = _limit(10_000_000)
    integer_digits: int = _limit(4_300)

    #: Up to this many bytes, JSON cannot exceed a limit except its depth: a container takes two bytes, and so does a
    #: value with its comma.
    uncounted_size: int = attrs.field(init=False, repr=False, eq=False)

    #: Up to this many bytes, JSON cannot exceed a limit.
    unchecked_size: int = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        uncounted = min(2 * self.json_containers, 2 * self.json_values - 1, self.integer_digits)
        object.__setattr__(self, "uncounted_size", uncounted)
        object.__setattr__(self, "unchecked_size", min(uncounted, 2 * self.json_depth))


DEFAULT_LIMITS: Final = ResponseLimits()
