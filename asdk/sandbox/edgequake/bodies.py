"""Conversion of request bodies to typed values, with the server framework's errors: 400, 415 or 422 in plain text.

A request model is an attrs class in the handler's file. A field without a default is required, one that may
be None accepts null, and unknown keys are ignored.
"""

import json
import types
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.errors import RejectedError

T = TypeVar("T")
Check = Callable[[object], object]


async def read_json(request: web.Request, model: type[T]) -> T:
    """Read a JSON body as a model.

    Raises:
        RejectedError: no JSON content type, broken JSON, or JSON of another shape.
    """
    if not _is_json(request.content_type):
        raise RejectedError(415, "Expected request with `Content-Type: application/json`")
    try:
        data: object = _DECODER.decode((await request.read()).decode())
    except (ValueError, RecursionError) as error:
        raise RejectedError(400, f"Failed to parse the request body as JSON: {error}") from None
    return decode(model, data)


def decode(model: type[T], data: object) -> T:
    """Check plain data against a model and build it.

    Raises:
        RejectedError: a field is missing or has another type.
    """
    kind: Any = model
    try:
        return cast("T", _checker(kind)(data))
    except _MismatchError as mismatch:
        message = f"Failed to deserialize the JSON body into the target type: {mismatch}"
        raise RejectedError(422, message) from None


class _MismatchError(Exception):
    pass


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or (
        content_type.startswith("application/") and content_type.endswith("+json")
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@cache
def _checker(kind: Any) -> Check:
    """Return the check for values of this type; cached per type."""
    if kind is Any:
        return lambda value: value
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):
        inner = _checker(next(part for part in get_args(kind) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is list:
        return _list_checker(_checker(get_args(kind)[0]))
    if origin is dict:
        return _dict_checker(_checker(get_args(kind)[1]))
    if attrs.has(kind):
        return _model_checker(kind)
    return _scalar_checker(kind)


def _scalar_checker(kind: type[object]) -> Check:
    accepted = (int, float) if kind is float else kind

    def check(value: object) -> object:
        # True is an int in Python, but not in JSON.
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise _MismatchError(f"invalid type: {_json_name(value)}, expected {_NAMES[kind]}")
        return value

    return check


def _list_checker(item: Check) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, list):
            raise _MismatchError(f"invalid type: {_json_name(value)}, expected a sequence")
        return [item(part) for part in cast("list[object]", value)]

    return check


def _dict_checker(item: Check) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, dict):
            raise _MismatchError(f"invalid type: {_json_name(value)}, expected a map")
        return {key: item(part) for key, part in cast("dict[str, object]", value).items()}

    return check


def _model_checker(model: type[attrs.AttrsInstance]) -> Check:
    hints = get_type_hints(model)
    fields = [
        (field.name, field.default is attrs.NOTHING, _checker(hints[field.name])) for field in attrs.fields(model)
    ]

    def check(value: object) -> object:
        if not isinstance(value, dict):
            raise _MismatchError(f"invalid type: {_json_name(value)}, expected struct {model.__name__}")
        data = cast("dict[str, object]", value)
        values: dict[str, object] = {}
        for name, required, checker in fields:
            if name in data:
                values[name] = checker(data[name])
            elif required:
                raise _MismatchError(f"missing field `{name}`")
        return model(**values)

    return check


_NAMES: dict[type[object], str] = {str: "a string", int: "an integer", float: "a number", bool: "a boolean"}


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    names: dict[type[object], str] = {
        bool: "boolean",
        int: "integer",
        float: "floating point",
        str: "string",
        list: "sequence",
        dict: "map",
    }
    return names[type(value)]
