"""`Config`: where each setting of a client comes from, and how to say so without saying the secret.

Read while a client is built, by its ``__init__``. An argument wins over the process environment, that over ``./.env``,
that over the default. This is the one place where dotenv is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import overload

import attrs

from asdk.errors import ConfigurationError
from asdk.secret import MASK, Secret

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+").fullmatch
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search


@attrs.frozen
class Setting:
    """One value that a client was built with.

    Attributes:
        name: of the parameter, such as ``"api_key"``.
        origin: where the value came from, such as ``"argument"``, ``"environment EDGEQUAKE_API_KEY"``, ``".env
            EDGEQUAKE_API_KEY"`` or ``"default"``.
        value: the value; a `Secret` shows a mask.
        looked_for: every name that was looked for, in order.
    """

    name: str
    origin: str
    value: str | Secret | None
    looked_for: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = MASK if isinstance(self.value, Secret) else self.value
        return f"{self.name} = {shown} ({self.origin})"


class Config:
    """Looks settings up and remembers where each was found.

    Args:
        prefix: goes before the upper-case name of a setting, as in ``EDGEQUAKE_API_KEY``; without one only the further
            names of a setting are looked for.
        names: further names, such as those that a vendor documents, by the name of the setting.
        environ: the environment; by default that of the process, read at each look-up.
        dotenv: a file in dotenv format, ``.env`` of the working directory by default; None reads none. Parents are
            never searched, a missing default file is no error, and nothing is exported into the environment.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        names: Mapping[str, tuple[str, ...]] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: str | os.PathLike[str] | None = ".env",
    ) -> None:
        self.prefix = prefix
        self._names = names or {}
        self._environ = os.environ if environ is None else environ
        self._dotenv = None if dotenv is None else Path(dotenv)
        self._is_default = dotenv == ".env"
        self._file: dict[str, str] | None = None
        self._settings: dict[str, Setting] = {}

    def get(self, name: str, argument: str | None = None, *, default: str | None = None) -> str | None:
        """A plain setting: from the argument, the environment, the file, or the default.

        Args:
            name: of the parameter; with the prefix and in upper case, the first name that is looked for.
            argument: what the caller passed; None if nothing.
            default: the value if it is found nowhere.

        Raises:
            ConfigurationError: the value holds a control character.
        """
        value = self._find(name, argument, default).value
        return None if value is None else str(value)

    def identifier(self, name: str, argument: str | None = None) -> str | None:
        """A plain setting that will travel in a header, such as the id of a tenant.

        Raises:
            ConfigurationError: the value holds a blank or a character that is not visible ASCII.
        """
        value = self.get(name, argument)
        if value is not None and not _VISIBLE_ASCII(value):
            place = f"{name} ({self.origin(name)})"
            raise ConfigurationError(f"{place} is empty, or holds a blank or a character that is not visible ASCII")
        return value

    def secret(self, name: str, argument: str | Secret | None = None, *, free_text: bool = False) -> Secret | None:
        """A setting that must not be seen.

        Args:
            name: of the parameter.
            argument: what the caller passed; None if nothing.
            free_text: a password may hold anything but control characters; a key (the default) is visible ASCII
                without blanks, or it was copied with something that does not belong to it.

        Raises:
            ConfigurationError: the value is empty or holds a character that it must not.
        """
        if isinstance(argument, str):
            argument = Secret(argument)
        setting = self._find(name, argument, None, secret=True)
        if not isinstance(setting.value, Secret):
            return None
        place = f"{name} ({setting.origin})"
        if not setting.value:
            raise ConfigurationError(f"{place} is empty")
        return setting.value if free_text else check_key(place, setting.value)

    def number(self, name: str, argument: float | None = None, *, default: float | None = None) -> float | None:
        """A setting that is a number.

        Args:
            name: of the parameter.
            argument: what the caller passed; None if nothing.
            default: the value if it is found nowhere.

        Raises:
            ConfigurationError: the value found in the environment or file is no number.
        """
        if argument is not None:
            self._settings[name] = Setting(name, "argument", str(argument))
            return argument
        setting = self._find(name, None, None if default is None else f"{default:g}")
        if setting.value is None:
            return None
        if _NUMBER(str(setting.value)):
            return float(str(setting.value))
        raise ConfigurationError(f"{setting.origin} is not a number: {setting.value!r}")

    def in_file(self, name: str) -> str | None:
        """A plain setting from the settings file alone: for a name that systems use in the environment for their own.

        Args:
            name: of the parameter.

        Raises:
            ConfigurationError: the value holds a control character.
        """
        wanted = self.names_of(name)
        for candidate in wanted:
            if found := self._read_file().get(candidate):
                if _CONTROL(found):
                    raise ConfigurationError(f"{name} ({self._file_label()}) holds a control character")
                self.note(name, found, f"{self._file_label()} {candidate}")
                return found
        return None

    def note(self, name: str, value: str | Secret | None, origin: str) -> None:
        """Record a setting that was found by other means, for `explain`."""
        self._settings[name] = Setting(name, origin, value)

    def origin(self, name: str) -> str:
        """Where a setting came from; ``"not set"`` if it was looked for in vain."""
        return self._settings[name].origin

    def is_argument(self, name: str) -> bool:
        """Whether a setting was passed in code."""
        return self.origin(name) == "argument"

    def is_plain(self, name: str) -> bool:
        """Whether a setting was read, and not as a secret."""
        return name in self._settings and not isinstance(self._settings[name].value, Secret)

    def names_of(self, name: str) -> tuple[str, ...]:
        """The names under which a setting is looked for; empty for what is no setting."""
        return self._settings[name].looked_for if name in self._settings else ()

    def looked_for(self, *names: str) -> str:
        """For an error message: the names under which these settings were looked for, and the places."""
        found = [wanted for name in names for wanted in self._settings[name].looked_for]
        return f"{', '.join(found)} in the environment and in {self._file_label()}"

    def secrets_found(self) -> str:
        """For an error message: each secret that was found, and where; empty if none was."""
        secrets = (setting for setting in self._settings.values() if isinstance(setting.value, Secret))
        return " or ".join(f"{setting.name} ({setting.origin})" for setting in secrets)

    def explain(self) -> str:
        """One line a setting: name, value (masked if secret) and origin."""
        return "\n".join(str(setting) for setting in self._settings.values())

    def __reduce__(self) -> tuple[object, ...]:
        """In another process the settings are looked for anew, in its environment and in the same file.

        Raises:
            ConfigurationError: the environment is a mapping of the caller's, with secrets in it perhaps.
        """
        if self._environ is not os.environ:
            raise ConfigurationError("a Config with its own environ= does not pickle: build it in the other process")
        dotenv = None if self._dotenv is None else str(self._dotenv.absolute())
        return _rebuild, (type(self), self.prefix, dict(self._names), ".env" if self._is_default else dotenv)

    def __repr__(self) -> str:
        return f"Config({self.prefix!r}, dotenv={str(self._dotenv) if self._dotenv else None!r})"

    def _find(self, name: str, argument: str | Secret | None, default: str | None, *, secret: bool = False) -> Setting:
        own = (f"{self.prefix}_{name}".upper(),) if self.prefix else ()
        wanted = own + self._names.get(name, ())
        value, origin = argument, "argument"
        if value is None:
            value, origin = self._look_up(wanted)
            if value is not None and secret:
                value = Secret(value)
        if value is None:
            value, origin = default, "not set" if default is None else "default"
        text = value.reveal() if isinstance(value, Secret) else value
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(f"{name} ({origin}) is a {type(text).__name__}, not a str")
        if text is not None and _CONTROL(text):
            raise ConfigurationError(f"{name} ({origin}) holds a line end or another control character")
        setting = self._settings[name] = Setting(name, origin, value, wanted)
        return setting

    def _look_up(self, wanted: tuple[str, ...]) -> tuple[str | None, str]:
        # An empty variable is an unset one: that is how a shell or a compose file takes a setting away.
        for name in wanted:
            if found := self._environ.get(name):
                return found, f"environment {name}"
        for name in wanted:
            if found := self._read_file().get(name):
                return found, f"{self._file_label()} {name}"
        return None, ""

    def _file_label(self) -> str:
        return "no file" if self._dotenv is None else str(self._dotenv)

    def _read_file(self) -> dict[str, str]:
        if self._file is None:
            self._file = {} if self._dotenv is None else _read_dotenv(self._dotenv)
        return self._file


def _rebuild(kind: type[Config], prefix: str, names: dict[str, tuple[str, ...]], dotenv: str | None) -> Config:
    return kind(prefix, names=names, dotenv=dotenv)


def _read_dotenv(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    problem = None
    try:
        if not path.is_file():
            if path == Path(".env"):
                return {}
            problem = "there is no such file"
        else:
            values = dotenv_values(path, encoding="utf-8-sig")  # Windows' editors begin it with a BOM
            return {name: value for name, value in values.items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"the settings file {path} cannot be read: {problem}")


def check_key(place: str, key: Secret) -> Secret:
    """The key, if it can be one: visible ASCII without blanks.

    Raises:
        ConfigurationError: it is empty, or holds a blank or another character that cannot travel in a header.
    """
    problem = _key_problem(key.reveal())
    if problem is not None:
        raise ConfigurationError(f"{place} {problem}")  # here, where nothing holds the plain text
    return key


def _key_problem(text: str) -> str | None:
    if not text:
        return "is empty"
    if text != text.strip():
        return "begins or ends with a blank: it was probably copied with one"
    if not _VISIBLE_ASCII(text):
        return "holds a blank or a character that is not visible ASCII, which no key has"
    return None


@overload
def secret_argument(value: str | Secret) -> Secret: ...
@overload
def secret_argument(value: None) -> None: ...
def secret_argument(value: str | Secret | None) -> Secret | None:
    """A secret argument of a call, closed at once, so that no frame of ours holds it in plain text across an await."""
    return None if value is None else Secret(value)
