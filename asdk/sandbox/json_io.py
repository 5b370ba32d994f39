"""JSON input and output of the servers: `Fields` and `json_reply`.

`Fields` reads the members of a request body one by one and rejects those that are missing or have the wrong type.
The server builds its own error from the text.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn, cast
from uuid import UUID

from aiohttp import web

Json = dict[str, Any]
Refuse = Callable[[str], Exception]
"""Builds the server's error from a description of the problem."""


def json_reply(body: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


async def read_fields(request: web.Request, refuse: Refuse) -> "Fields":
    """Read the body of a request, which must be a JSON object."""
    try:
        data: object = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise refuse("the body is not JSON") from None
    return Fields(data, refuse)


class Fields:
    """Members of a JSON object. A null member counts as missing."""

    def __init__(self, data: object, refuse: Refuse, *, at: str = "") -> None:
        self._refuse = refuse
        self._at = at
        if not isinstance(data, dict):
            raise refuse(f"{at.rstrip('.') or 'the body'} must be an object")
        self._data = cast("Json", data)

    def __contains__(self, name: str) -> bool:
        return self._data.get(name) is not None

    @property
    def data(self) -> Json:
        """Return the whole object as received."""
        return self._data

    def text(self, name: str) -> str:
        return cast("str", self._required(name, str, "a string"))

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def filled(self, name: str) -> str:
        """Return a string that is not blank."""
        value = self.text(name)
        if not value.strip():
            self.refuse(name, "must not be empty")
        return value

    def flag(self, name: str) -> bool:
        return cast("bool", self._required(name, bool, "a boolean"))

    def whole(self, name: str) -> int:
        return cast("int", self._required(name, int, "a whole number"))

    def optional_whole(self, name: str) -> int | None:
        return self.whole(name) if name in self else None

    def uuid(self, name: str) -> str:
        """Return a UUID, received in any of its spellings, in the canonical one."""
        try:
            return str(UUID(self.text(name)))
        except ValueError:
            self.refuse(name, "is not a UUID")

    def moment(self, name: str) -> str | None:
        """Return an ISO 8601 date and time as received, with or without an offset; None if missing."""
        if name not in self:
            return None
        value = self.text(name)
        try:
            datetime.fromisoformat(value)
        except ValueError:
            self.refuse(name, "is not an ISO 8601 date and time")
        return value

    def one_of(self, name: str, choices: Mapping[str, Any] | frozenset[str]) -> str:
        value = self.text(name)
        if value not in choices:
            self.refuse(name, f"must be one of {', '.join(sorted(choices))}")
        return value

    def values(self, name: str) -> list[object]:
        return cast("list[object]", self._required(name, list, "a list"))

    def texts(self, name: str) -> list[str]:
        for number, value in enumerate(self.values(name)):
            if not isinstance(value, str):
                self.refuse(f"{name}[{number}]", "must be a string")
        return cast("list[str]", self._data[name])

    def nested(self, name: str) -> "Fields":
        return Fields(self._required(name, dict, "an object"), self._refuse, at=f"{self._at}{name}.")

    def each(self, name: str) -> "Iterator[Fields]":
        """Yield the objects of a list."""
        for number, value in enumerate(self.values(name)):
            yield Fields(value, self._refuse, at=f"{self._at}{name}[{number}].")

    def refuse(self, name: str, problem: str) -> NoReturn:
        raise self._refuse(f"{self._at}{name} {problem}")

    def _required(self, name: str, kind: type[object], called: str) -> object:
        value = self._data.get(name)
        if value is None:
            self.refuse(name, "is required")
        # True is an int in Python, but not in JSON.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(name, f"must be {called}")
        return value
