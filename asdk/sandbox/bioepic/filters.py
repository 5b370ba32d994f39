"""MongoDB's query language, to the extent that the API promises it, on plain JSON records.

Source: MongoDB manual, "Query and Projection Operators". Unlike in MongoDB, an unknown operator is an error.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

Record = dict[str, Any]
_ABSENT = object()


class FilterError(Exception):
    """Filter that is not valid."""


def matches(record: Record, wanted: Mapping[str, Any]) -> bool:
    """Check a record against a filter; an empty filter matches every record.

    Raises:
        FilterError: an operator is unknown, or its value has the wrong type.
    """
    return all(_matches_member(record, name, value) for name, value in wanted.items())


def _matches_member(record: Record, name: str, wanted: Any) -> bool:
    if name in ("$and", "$or"):
        parts = _list(wanted, name)
        found = [matches(record, part) for part in parts]
        return all(found) if name == "$and" else any(found)
    if name.startswith("$"):
        raise FilterError(f"unknown operator: {name}")
    values = list(_values(record, name.split(".")))
    if isinstance(wanted, dict) and any(key.startswith("$") for key in cast("Record", wanted)):
        conditions = cast("Record", wanted)
        return all(_meets(values, operator, value, conditions) for operator, value in conditions.items())
    return _equals(values, wanted)


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield the values at a path: a list on the way stands for all of its items, one at the end also for itself."""
    if not path:
        yield value
        if isinstance(value, list):
            yield from cast("list[object]", value)
    elif isinstance(value, dict):
        yield from _values(cast("Record", value).get(path[0], _ABSENT), path[1:])
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from _values(part, path)
    else:
        yield _ABSENT


def _meets(values: list[Any], operator: str, wanted: Any, beside: Record) -> bool:
    if operator == "$options":
        if "$regex" not in beside:
            raise FilterError("$options needs a $regex")
        return True
    if operator == "$exists":
        return any(value is not _ABSENT for value in values) is bool(wanted)
    if operator == "$eq":
        return _equals(values, wanted)
    if operator == "$ne":
        return not _equals(values, wanted)
    if operator == "$in":
        return any(_equals(values, one) for one in _list(wanted, operator))
    if operator == "$regex":
        pattern = _pattern(wanted, beside.get("$options", ""))
        return any(isinstance(value, str) and pattern.search(value) is not None for value in values)
    compare = _COMPARISONS.get(operator)
    if compare is None:
        raise FilterError(f"unknown operator: {operator}")
    return any(
        _kind(value) is not None and _kind(value) is _kind(wanted) and compare(value, wanted) for value in values
    )


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda value, wanted: value > wanted,
    "$gte": lambda value, wanted: value >= wanted,
    "$lt": lambda value, wanted: value < wanted,
    "$lte": lambda value, wanted: value <= wanted,
}


def _kind(value: Any) -> type | None:
    """Return the category of comparable values: numbers compare with numbers, text with text."""
    if isinstance(value, bool):
        return None
    return float if isinstance(value, int | float) else str if isinstance(value, str) else None


def _equals(values: list[Any], wanted: Any) -> bool:
    # null also means absent; True does not equal 1.
    return any(
        (value is _ABSENT or value is None)
        if wanted is None
        else value == wanted and isinstance(value, bool) is isinstance(wanted, bool)
        for value in values
    )


def _list(value: object, operator: str) -> list[Any]:
    if not isinstance(value, list):
        raise FilterError(f"{operator} needs an array")
    return list(cast("list[object]", value))


def _pattern(text: Any, options: Any) -> re.Pattern[str]:
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    if not isinstance(text, str) or not isinstance(options, str) or not set(options) <= set(flags):
        raise FilterError("$regex needs text, and $options some of the letters i, m, s and x")
    try:
        return re.compile(text, sum(flags[letter] for letter in set(options)))
    except re.error as error:
        raise FilterError(f"$regex: {error}") from None
