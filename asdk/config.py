"""`Config`: the settings of a client, and the origin of each, without showing secrets.

Read by the ``__init__`` of clients. An argument takes precedence over the process environment, then comes ``./.env``,
then the default. A base URL or another address from the implicit ``./.env`` is not combined with a secret from another
source, because the working directory may belong to someone else.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import overload

import attrs

from asdk.dotenv_file import read_dotenv
from asdk.errors import ConfigurationError, describe_type
from asdk.secret import MASK, Secret
from asdk.unset import UNSET, Unset

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+").fullmatch
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search

# A setting that says where requests go, by its name; a value with :// is one, too.
_ADDRESS = re.compile(r"(?:.*_)?(?:url|uri|endpoint|host|hostname|server|domain|origin|authority|issuer)").fullmatch

# The variable that makes the implicit ./.env as trusted as a file that is named in code.
_TRUST = "ASDK_TRUST_DOTENV"

_IMPLICIT = Path(".env")


@attrs.frozen
class Setting:
    """A value that a client was built with.

    Attributes:
        name: the name of the parameter, such as ``"api_key"``.
        origin: the source of the value, such as ``"argument"``, ``"environment EDGEQUAKE_API_KEY"``, ``".env
            EDGEQUAKE_API_KEY"`` or ``"default"``.
        value: the value; a `Secret` shows a mask.
        looked_for: the names that were searched for, in order.
        is_weak: whether the value is from the implicit ``./.env``.
        is_derived: whether a client computed the value from the one that was found.
    """

    name: str
    origin: str
    value: str | Secret | None
    looked_for: tuple[str, ...] = ()
    is_weak: bool = False
    is_derived: bool = False

    def __str__(self) -> str:
        shown = MASK if isinstance(self.value, Secret) else self.value
        return f"{self.name} = {shown} ({self.origin})"

    @property
    def is_secret(self) -> bool:
        """Return whether the value is secret."""
        return isinstance(self.value, Secret)

    @property
    def is_weak_address(self) -> bool:
        """Return whether this says where requests go, and is from the implicit ``./.env``."""
        if not self.is_weak or self.value is None or isinstance(self.value, Secret):
            return False
        return _ADDRESS(self.name.lower()) is not None or "://" in self.value

    @property
    def place(self) -> str:
        """Return the origin in the words of an error message."""
        if self.origin == "argument":
            return "an argument"
        return "the environment" if self.origin.startswith("environment ") else self.origin


class Config:
    """A lookup of settings that records where each was found.

    Args:
        prefix: put before the upper-case name of a setting, as in ``EDGEQUAKE_API_KEY``. Without a prefix, only the
            names in ``names`` are searched for.
        names: additional names by setting, such as the ones that a vendor documents.
        environ: the environment; defaults to the process environment, read on each lookup.
        dotenv: a file in dotenv format; None to read no file. Left out, ``.env`` in the working directory, which may be
            missing. Parent directories are not searched, and nothing is exported to the environment.

    The default file may have come with a folder of someone else, such as a cloned repository. So its values are taken
    as they are, without ``${NAME}`` from the environment, and an address from it is used only with secrets from it.
    ``ASDK_TRUST_DOTENV=1`` in the environment turns this off; a file that is named in code is always trusted.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        names: Mapping[str, tuple[str, ...]] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: str | os.PathLike[str] | Unset | None = UNSET,
    ) -> None:
        self.prefix: str = prefix
        self._names = names or {}
        self._environ = os.environ if environ is None else environ
        self._is_implicit = isinstance(dotenv, Unset)
        self._dotenv = _IMPLICIT if isinstance(dotenv, Unset) else None if dotenv is None else Path(dotenv)
        self._file: dict[str, str] | None = None
        self._settings: dict[str, Setting] = {}

    def get(
        self,
        name: str,
        argument: str | None = None,
        *,
        default: str | None = None,
        environment: bool = True,
        implicit: bool = True,
    ) -> str | None:
        """Return a plain setting from the argument, the environment, the file or the default.

        Args:
            name: the name of the parameter. Upper-cased and prefixed, it is the first name that is searched for.
            argument: the value that the caller passed, if any.
            default: the value to use if none is found.
            environment: False to skip the environment, for a name that operating systems set for themselves.
            implicit: False to skip the implicit ``./.env``, for a place where secrets are kept.

        Raises:
            ConfigurationError: the value is not a string, or contains a control character; or it is an address from
                the implicit ``./.env``, and a secret is from another source.
        """
        value = self._find(name, argument, default, environment=environment, implicit=implicit).value
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
            ConfigurationError: the value is empty or contains an invalid character; or an address is from the implicit
                ``./.env``, and the secret is not.
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
            self._record(Setting(name, "argument", str(argument)))
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
            ConfigurationError: it is a secret, and an address is from the implicit ``./.env``.
        """
        self._record(Setting(name, origin, value))

    def note_derived(self, name: str, value: str) -> None:
        """Record the value that a client computed from a setting and passes on; it keeps the origin of the setting."""
        self._record(attrs.evolve(self._settings[name], value=value, is_derived=True))

    def check_secret(self, name: str) -> None:
        """Check that a secret that was passed in code may be sent to the addresses of this configuration.

        Args:
            name: of the parameter.

        Raises:
            ConfigurationError: an address is from the implicit ``./.env``.
        """
        self._check_sources([*self._settings.values(), Setting(name, "argument", Secret(""))])

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

    def has_secrets(self) -> bool:
        """Return whether a secret was found."""
        return any(isinstance(setting.value, Secret) for setting in self._settings.values())

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
        return _rebuild, (type(self), self.prefix, dict(self._names), UNSET if self._is_implicit else dotenv)

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
        implicit: bool = True,
    ) -> Setting:
        known = self._settings.get(name)
        if known is not None and known.is_derived and argument is known.value:
            return known
        own = (f"{self.prefix}_{name}".upper(),) if self.prefix else ()
        wanted = own + self._names.get(name, ())
        value, origin, is_weak = argument, "argument", False
        if value is None:
            value, origin = self._look_up(wanted, environment=environment, file=implicit or not self._is_weak())
            is_weak = value is not None and not origin.startswith("environment ") and self._is_weak()
            if value is not None and secret:
                value = Secret(value)
        if value is None:
            value, origin = default, "not set" if default is None else "default"
        text = value.reveal() if isinstance(value, Secret) else value
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(f"{name} ({origin}) must be a str, got {describe_type(text)}")
        if text is not None and _CONTROL(text):
            raise ConfigurationError(f"{name} ({origin}) contains a line break or another control character")
        del text
        return self._record(Setting(name, origin, value, wanted, is_weak))

    def _record(self, setting: Setting) -> Setting:
        self._settings[setting.name] = setting
        self._check_sources(self._settings.values())
        return setting

    def _check_sources(self, settings: Iterable[Setting]) -> None:
        """Raise if an address is from the implicit ``./.env``, and a secret is from another source."""
        settings = list(settings)
        address = next((setting for setting in settings if setting.is_weak_address), None)
        if address is None:
            return
        for setting in settings:
            if setting.is_secret and not setting.is_weak:
                raise ConfigurationError(
                    f"{address.name} is from ./.env, {setting.name} from {setting.place}: set both in one place, pass "
                    f"{address.name}=, or set {_TRUST}=1"
                )

    def _is_weak(self) -> bool:
        return self._is_implicit and self._environ.get(_TRUST) != "1"

    def _look_up(self, wanted: tuple[str, ...], *, environment: bool, file: bool) -> tuple[str | None, str]:
        # An empty variable counts as unset: shells and compose files have no other way to remove a setting.
        for name in wanted if environment else ():
            if found := self._environ.get(name):
                return found, f"environment {name}"
        for name in wanted if file else ():
            if found := self._read_file().get(name):
                return found, f"{self._file_label()} {name}"
        return None, ""

    def _file_label(self) -> str:
        return "no file" if self._dotenv is None else str(self._dotenv)

    def _read_file(self) -> dict[str, str]:
        if self._file is None and self._dotenv is not None:
            variables = None if self._is_weak() else self._environ
            self._file = read_dotenv(self._dotenv, must_exist=self._dotenv != _IMPLICIT, variables=variables)
        return self._file or {}


def _rebuild(cls: type[Config], prefix: str, names: dict[str, tuple[str, ...]], dotenv: str | Unset | None) -> Config:
    return cls(prefix, names=names, dotenv=dotenv)


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
