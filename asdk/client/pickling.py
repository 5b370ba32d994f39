"""`PickledClient`: what a client was built with, so that it can be built again in another process.

Kept by `BaseClient`, read when a client is pickled, as the workers of multiprocessing, Dask or Ray do it. A pickle
holds settings, never a secret: what came from the environment or ``.env`` is looked for there again, by the other
process.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from asdk.clock import SYSTEM_CLOCK
from asdk.config import Config
from asdk.errors import ConfigurationError
from asdk.secret import Secret

# Names of header fields, in lower case, that may carry what nobody should see.
_TELLING = re.compile(r"auth|cookie|key|token|secret|password|credential|signature").search

# Texts that are no secret, whoever gave them.
_PLAIN = frozenset({"idempotency_key", "follow_redirects"})


class PickledClient:
    """The arguments of a client's class, and the options of the copies that led to a client.

    Args:
        client: the class.
        arguments: the positional ones.
        options: the keywords.
    """

    __slots__ = ("_arguments", "_client", "_options", "_steps")

    def __init__(self, client: type, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        self._client = client
        self._arguments = tuple(_covered(value) for value in arguments)
        self._options = {name: _covered(value) for name, value in options.items()}
        self._steps: tuple[Mapping[str, Any], ...] = ()

    def with_copy(self, options: Mapping[str, Any]) -> PickledClient:
        """The recipe of a copy that does some things differently."""
        recipe = object.__new__(PickledClient)
        recipe._client, recipe._arguments, recipe._options = self._client, self._arguments, self._options
        recipe._steps = (*self._steps, options)
        return recipe

    def to_state(self, config: Config) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The keywords to build the client with, and those of each copy; all of it may be seen.

        Args:
            config: of the client: knows which setting is a secret.

        Raises:
            ConfigurationError: something was given in code that is a secret, or may be one.
        """
        given = dict(self._options)
        if self._arguments:
            names = list(inspect.signature(self._client).parameters)
            given |= dict(zip(names, self._arguments, strict=False))
        built = {name: self._shown(name, value, config) for name, value in given.items()}
        steps = [{name: self._shown(name, value, config) for name, value in step.items()} for step in self._steps]
        return built, steps

    def _shown(self, name: str, value: Any, config: Config) -> Any:
        if value is None or isinstance(value, bool | int | float | os.PathLike):
            return value
        if name in {"auth", "transport"} or (name == "clock" and value is not SYSTEM_CLOCK):
            self._refuse(name, "a connection or a credential stays in its process", config)
        if name == "headers" and any(_TELLING(field.lower()) for field in value):
            self._refuse(name, "one of them looks like a credential", config)
        if isinstance(value, Secret):
            harmless = name in _PLAIN or (name == "proxy" and "@" not in value.reveal())
            if not harmless and not config.is_plain(name):
                self._refuse(name, "it is a secret, or may be one: Config did not read it as a plain setting", config)
            value = value.reveal()
        elif name != "headers" and _holds_text(value) and not config.is_plain(name):
            self._refuse(name, "what is in it may be a secret", config)
        return value

    def _refuse(self, name: str, reason: str, config: Config) -> NoReturn:
        names = config.names_of(name)
        instead = f"set {' or '.join(names)} for both processes" if names else "let it come from the environment"
        raise ConfigurationError(
            f"{self._client.__name__} was given {name}= in code and does not pickle: {reason}. Instead {instead}, or "
            "build the client in the other process"
        )

    def __repr__(self) -> str:
        return f"<PickledClient of {self._client.__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PickledClient does not pickle: pickle the client")


def _covered(value: Any) -> Any:
    """A string may be a secret: until the client is built, nobody knows."""
    return Secret(value) if isinstance(value, str) else value


def _holds_text(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_text(part) for part in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds_text(part) for part in value)
    return isinstance(value, str | bytes | bytearray | Secret)


def rebuild(client: type[Any], options: dict[str, Any], steps: list[dict[str, Any]]) -> Any:
    """A client from what `PickledClient.to_state` gave; called by pickle."""
    built = client(**options)
    for step in steps:
        built = built.with_options(**step)
    return built
