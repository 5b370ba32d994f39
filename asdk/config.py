"""`Config`: the settings of a client, and the origin of each, without showing secrets.

Read by the ``__init__`` of clients. An argument takes precedence over the process environment, then comes ``./.env``,
then the default. Dotenv files are read here only.
"""

from __future__ import annotations

import hmac
import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import overload

import attrs

from asdk.errors import ConfigurationError, describe_type
from asdk.secret import MASK, Secret

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+").fullmatch
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search


@attrs.frozen
class Setting:
    """A value that a client was built with.

    Attributes:
        name: the name of the parameter, such as ``"api_key"``.
        origin: the source of the value, such as ``"argument"``, ``"environment EDGEQUAKE_API_KEY"``, ``".env
            EDGEQUAKE_API_KEY"`` or ``"default"``.
        value: the value; a `Secret` shows a mask.
        looked_for: the names that were searched for, in order.
        is_weak: whether it comes from ``./.env``: another user may have written the file, such as in a cloned
            repository.
    """

    name: str
    origin: str
    value: str | Secret | None
    looked_for: tuple[str, ...] = ()
    is_weak: bool = False

    @property
    def is_destination(self) -> bool:
        """Return whether secrets are sent to this value."""
        return self.value is not None and self.name.endswith(("url", "endpoint", "host"))

    def __str__(self) -> str:
        shown = MASK if isinstance(self.value, Secret) else self.value
        return f"{self.name} = {shown} ({self.origin})"


class Config:
    """A lookup of settings that records where each was found.

    Args:
        prefix: put before the upper-case name of a setting, as in ``EDGEQUAKE_API_KEY``. Without a prefix, only the
            names in ``names`` are searched for.
        names: additional names by setting, such as the ones that a vendor documents.
        environ: the environment; defaults to the process environment, read on each lookup.
        dotenv: a file in dotenv format, by default ``.env`` in the working directory; None to read no file. Parent
            directories are not searched, the default file may be missing, variables in it are not expanded, and nothing
            is exported to the environment. A URL from the default file never receives a secret from another source,
            unless ``ASDK_TRUST_DOTENV=1`` is set in the environment.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        names: Mapping[str, tuple[str, ...]] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: str | os.PathLike[str] | None = ".env",
    ) -> None:
        self.prefix: str = prefix
        self._names = names or {}
        self._environ = os.environ if environ is None else environ
        self._dotenv = None if dotenv is None else Path(dotenv)
        self._is_default = dotenv == ".env"
        self._is_trusted = not self._is_default or self._environ.get("ASDK_TRUST_DOTENV") == "1"
        self._file: dict[str, str] | None = None
        self._settings: dict[str, Setting] = {}

    def get(
        self, name: str, argument: str | None = None, *, default: str | None = None, environment: bool = True
    ) -> str | None:
        """Return a plain setting from the argument, the environment, the file or the default.

        Args:
            name: the name of the parameter. Upper-cased and prefixed, it is the first name that is searched for.
            argument: the value that the caller passed, if any.
            default: the value to use if none is found.
            environment: False to skip the environment, for a name that operating systems set for themselves.

        Raises:
            ConfigurationError: the value is not a string, or contains a control character.
        """
        value = self._find(name, argument, default, environment=environment).value
        return None if value is None else str(value)

    def identifier(self, name: str, argument: str | None = None) -> str | None:
        """Return a plain setting that is sent in a header, such as a tenant ID.

        Args:
            name: the name of the parameter.
            argument: the value that the caller passed, if any.

        Raises:
            ConfigurationError: the value is empty or contains characters other than visible ASCII.
        """
        value = self.get(name, argument)
        if value is not None and not _VISIBLE_ASCII(value):
            raise ConfigurationError(f"{name} ({self.origin(name)}) must be visible ASCII characters without spaces")
        return value

    def secret(self, name: str, argument: str | Secret | None = None, *, free_text: bool = False) -> Secret | None:
        """Return a secret setting.

        Args:
            name: the name of the parameter.
            argument: the value that the caller passed, if any.
            free_text: True for a password, which may contain any characters but control characters. False for a key,
                which must be visible ASCII without spaces: others were probably copied along by mistake.

        Raises:
            ConfigurationError: the value is empty or contains an invalid character.
        """
        if isinstance(argument, str):
            argument = Secret(argument)
        setting = self._find(name, argument, None, secret=True)
        if not isinstance(setting.value, Secret):
            return None
        label = f"{name} ({setting.origin})"
        if not setting.value:
            raise ConfigurationError(f"{label} is empty")
        return setting.value if free_text else check_key(label, setting.value)

    def number(self, name: str, argument: float | None = None, *, default: float | None = None) -> float | None:
        """Return a setting as a number.

        Args:
            name: the name of the parameter.
            argument: the value that the caller passed, if any.
            default: the value to use if none is found.

        Raises:
            ConfigurationError: the value in the environment or the file is not a decimal number.
        """
        if argument is not None:
            self._settings[name] = Setting(name, "argument", str(argument))
            return argument
        setting = self._find(name, None, None if default is None else f"{default:g}")
        if setting.value is None:
            return None
        if _NUMBER(str(setting.value)):
            return float(str(setting.value))
        raise ConfigurationError(f"{name} ({setting.origin}) must be a number, got {setting.value!r}")

    def note(self, name: str, value: str | Secret | None, origin: str) -> None:
        """Record a setting that was found elsewhere, for `explain`.

        Raises:
            ConfigurationError: it is a secret, and would be sent to a URL from ``./.env``.
        """
        self._settings[name] = Setting(name, origin, value)
        self.check_sources()

    def check_sources(self, *, argument: str | None = None) -> None:
        """Check that no secret goes to a URL that ``./.env`` chose, unless the secret is from the same file.

        Args:
            argument: the name of a secret that was passed in code, such as a credential.

        Raises:
            ConfigurationError: a URL is from ``./.env``, and a secret is not.
        """
        settings = self._settings.values()
        urls = [setting for setting in settings if setting.is_weak and setting.is_destination]
        if not urls:
            return
        secrets = [setting for setting in settings if isinstance(setting.value, Secret)]
        others = [f"{setting.name} from {_place(setting.origin)}" for setting in secrets if not setting.is_weak]
        if argument is not None and not secrets:
            others.append(f"{argument} from an argument")
        if others:
            raise ConfigurationError(
                f"{urls[0].name} is from ./.env, {others[0]}: set both in one place, pass {urls[0].name}=, or set "
                "ASDK_TRUST_DOTENV=1"
            )

    def fingerprint(self, key: bytes) -> bytes:
        """Return a keyed digest of all settings that were read, secrets included.

        Args:
            key: of the process, so that the digest tells nothing elsewhere.
        """
        digest = hmac.new(key, digestmod="sha256")
        for name, setting in sorted(self._settings.items()):
            value = setting.value.reveal() if isinstance(setting.value, Secret) else setting.value
            digest.update(repr((name, value)).encode("utf-8", "backslashreplace"))
        return digest.digest()

    def origin(self, name: str) -> str:
        """Return the origin of a setting; ``"not set"`` if no value was found."""
        return self._settings[name].origin

    def is_argument(self, name: str) -> bool:
        """Return True if a setting was passed in code."""
        return self.origin(name) == "argument"

    def is_plain(self, name: str) -> bool:
        """Return True if a setting was read and is not secret."""
        return name in self._settings and not isinstance(self._settings[name].value, Secret)

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return the names that were searched for a setting; empty if it was not read."""
        return self._settings[name].looked_for if name in self._settings else ()

    def looked_for(self, *names: str) -> str:
        """Return the names that were searched for these settings, and the places, for an error message."""
        found = [wanted for name in names for wanted in self._settings[name].looked_for]
        return f"{', '.join(found)} in the environment and in {self._file_label()}"

    def secrets_found(self) -> str:
        """Return the secrets that were found, with their origins, for an error message; it may be empty."""
        secrets = (setting for setting in self._settings.values() if isinstance(setting.value, Secret))
        return " or ".join(f"{setting.name} ({setting.origin})" for setting in secrets)

    def explain(self) -> str:
        """Return a line for each setting: its name, its value (masked if it is secret) and its origin."""
        return "\n".join(str(setting) for setting in self._settings.values())

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the configuration, not the values: the other process reads its own environment and the same file.

        Raises:
            ConfigurationError: ``environ`` was passed; it may contain secrets.
        """
        if self._environ is not os.environ:
            raise ConfigurationError("a Config with environ= cannot be pickled; build it in the other process")
        dotenv = None if self._dotenv is None else str(self._dotenv.absolute())
        return _rebuild, (type(self), self.prefix, dict(self._names), ".env" if self._is_default else dotenv)

    def __repr__(self) -> str:
        return f"Config({self.prefix!r}, dotenv={str(self._dotenv) if self._dotenv else None!r})"

    def _find(
        self,
        name: str,
        argument: str | Secret | None,
        default: str | None,
        *,
        secret: bool = False,
        environment: bool = True,
    ) -> Setting:
        own = (f"{self.prefix}_{name}".upper(),) if self.prefix else ()
        wanted = own + self._names.get(name, ())
        value, origin, is_weak = argument, "argument", False
        if value is None:
            value, origin, is_weak = self._look_up(wanted, environment=environment)
            if value is not None and secret:
                value = Secret(value)
        if value is None:
            value, origin = default, "not set" if default is None else "default"
        text = value.reveal() if isinstance(value, Secret) else value
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(f"{name} ({origin}) must be a str, got {describe_type(text)}")
        if text is not None and _CONTROL(text):
            raise ConfigurationError(f"{name} ({origin}) contains a line break or another control character")
        setting = self._settings[name] = Setting(name, origin, value, wanted, is_weak)
        if secret or setting.is_destination:
            self.check_sources()
        return setting

    def _look_up(self, wanted: tuple[str, ...], *, environment: bool) -> tuple[str | None, str, bool]:
        # An empty variable counts as unset: shells and compose files have no other way to remove a setting.
        for name in wanted if environment else ():
            if found := self._environ.get(name):
                return found, f"environment {name}", False
        for name in wanted:
            if found := self._read_file().get(name):
                return found, f"{self._file_label()} {name}", not self._is_trusted
        return None, "", False

    def _file_label(self) -> str:
        return "no file" if self._dotenv is None else str(self._dotenv)

    def _read_file(self) -> dict[str, str]:
        if self._file is None:
            self._file = {} if self._dotenv is None else _read_dotenv(self._dotenv)
        return self._file


def _place(origin: str) -> str:
    return "the environment" if origin.startswith("environment ") else "an argument" if origin == "argument" else origin


def _rebuild(cls: type[Config], prefix: str, names: dict[str, tuple[str, ...]], dotenv: str | None) -> Config:
    return cls(prefix, names=names, dotenv=dotenv)


def _read_dotenv(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    problem = None
    try:
        if not path.exists() or path.is_dir():  # it may be a named pipe: password managers provide one
            if path == Path(".env"):
                return {}
            problem = "no such file"
        else:
            # Not interpolated: a value with $ would change, and ${NAME} would send another variable to a URL of the
            # file. Editors on Windows may write a BOM.
            text = path.read_text(encoding="utf-8-sig")
            values = dotenv_values(stream=io.StringIO(text), interpolate=False)
            return {name: value for name, value in values.items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"cannot read the settings file {path}: {problem}")


def check_key(label: str, key: Secret) -> Secret:
    """Return a key if it is valid: visible ASCII without spaces.

    Args:
        label: names the key in the error message.
        key: the key.

    Raises:
        ConfigurationError: the key is empty, or contains a character that is not valid in a header.
    """
    problem = _key_problem(key.reveal())
    if problem is not None:
        raise ConfigurationError(f"{label} {problem}")  # raised here, where no local contains the plain text
    return key


def _key_problem(text: str) -> str | None:
    if not text:
        return "is empty"
    if text != text.strip():
        return "starts or ends with whitespace, which was probably copied along"
    if not _VISIBLE_ASCII(text):
        return "must be visible ASCII characters without spaces"
    return None


@overload
def secret_argument(value: str | Secret) -> Secret: ...
@overload
def secret_argument(value: None) -> None: ...
def secret_argument(value: str | Secret | None) -> Secret | None:
    """Wrap a secret argument of a call immediately, so that no asdk frame has it in plain text across an await."""
    return None if value is None else Secret(value)
