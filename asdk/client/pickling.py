"""`PickledClient`: the arguments of a client, with which another process builds it again.

`BaseClient` keeps it and reads it when a client is pickled, as for the workers of multiprocessing, Dask or Ray. A
pickle contains settings, never a secret: the other process reads secrets from its own environment or ``.env``.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, NoReturn

from asdk.client.unpickled import unpickling
from asdk.clock import SYSTEM_CLOCK
from asdk.config import Config
from asdk.errors import ConfigurationError
from asdk.secret import Secret

# Names of header fields, in lower case, that may contain a secret.
_SECRET_NAME = re.compile(r"auth|cookie|key|token|secret|password|credential|signature").search

# Options with a text that is never a secret.
_PLAIN = frozenset({"idempotency_key", "follow_redirects"})


class PickledClient:
    """The arguments of a client's class, and the options of each `with_options` after it.

    Args:
        client: the class.
        arguments: the positional ones.
        options: the keywords.
    """

    __slots__ = ("_arguments", "_client", "_options", "_steps", "original")

    def __init__(self, client: type, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> None:
        self._client = client
        self._arguments = tuple(_masked(value) for value in arguments)
        self._options = {name: _masked(value) for name, value in options.items()}
        self._steps: tuple[Mapping[str, Any], ...] = ()
        self.original = token_hex(16)  # all copies have it, also those in other processes

    def was_given(self, name: str) -> bool:
        """Return whether a keyword was passed in code, and not set by the client's class."""
        return name in self._options

    def with_copy(self, options: Mapping[str, Any]) -> PickledClient:
        """Return the arguments of a copy made by `with_options`."""
        pickled = object.__new__(PickledClient)
        pickled._client, pickled._arguments, pickled._options = self._client, self._arguments, self._options
        pickled._steps, pickled.original = (*self._steps, options), self.original
        return pickled

    def to_state(self, config: Config) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the keywords of the client and of each copy, without secrets.

        Args:
            config: of the client: knows which setting is a secret.

        Raises:
            ConfigurationError: an argument that was given in code is a secret, or may be one.
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
        if name == "auth":
            self._refuse_auth(config)
        if name == "signer":
            self._refuse(name, "keys stay in their process", config)
        if name == "transport" or (name == "clock" and value is not SYSTEM_CLOCK):
            self._refuse(name, "connections and credentials stay in their process", config)
        if name == "headers" and any(_SECRET_NAME(field.lower()) for field in value):
            self._refuse(name, "one of them looks like a credential", config)
        if isinstance(value, Secret):
            harmless = name in _PLAIN or (name == "proxy" and "@" not in value.reveal())
            if not harmless and not config.is_plain(name):
                self._refuse(name, "it is a secret, or may be one: Config did not read it as a plain setting", config)
            value = value.reveal()
        elif name != "headers" and _holds_text(value) and not config.is_plain(name):
            self._refuse(name, "it may contain a secret", config)
        return value

    def _refuse_auth(self, config: Config) -> NoReturn:
        name = self._client.__name__
        setting = config.names_of("api_key")
        where = f", such as {setting[0]}" if setting else ""
        raise ConfigurationError(
            f"{name} does not pickle, because auth was given in code: credentials stay in their process. Instead let "
            f"{name}.__init__ read the secret from the environment{where}: key = "
            "self.config_for(options).secret('api_key'), then options.setdefault('auth', ApiKey(key)); or build the "
            "client in the other process"
        )

    def _refuse(self, name: str, reason: str, config: Config) -> NoReturn:
        names = config.names_of(name)
        instead = f"set {' or '.join(names)} for both processes" if names else "let it come from the environment"
        raise ConfigurationError(
            f"{self._client.__name__} does not pickle, because {name} was given in code: {reason}. Instead {instead}, "
            "or build the client in the other process"
        )

    def __repr__(self) -> str:
        return f"<PickledClient of {self._client.__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PickledClient does not pickle: pickle the client")


def _masked(value: Any) -> Any:
    """Mask a string: whether it is a secret is not known until the client is built."""
    return Secret(value) if isinstance(value, str) else value


def _holds_text(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_text(part) for part in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds_text(part) for part in value)
    return isinstance(value, str | bytes | bytearray | Secret)


def rebuild(client: type[Any], options: dict[str, Any], steps: list[dict[str, Any]], original: str) -> Any:
    """Build a client from the result of `PickledClient.to_state`; called by pickle."""
    with unpickling(original):
        built = client(**options)
    built._pickled.original = original
    for step in steps:
        built = built.with_options(**step)
    return built
