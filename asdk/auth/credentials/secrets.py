"""`SecretValue`: a secret that a credential was given, or a callable that returns it.

Used by the credentials in this folder. A secret may change while a program runs, as a mounted file does: a callable is
called at each refresh, so that a new secret ends the cool-down after a refusal of the old one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from asdk.errors import ConfigurationError, describe_type
from asdk.http.urls import has_surrogate
from asdk.secret import Secret

#: A secret, or a function without arguments that returns it. The function must be fast: it runs in the event loop.
SecretSource: TypeAlias = str | Secret | Callable[[], str | Secret]

_has_control = re.compile(r"[\x00-\x1f\x7f]").search


def mask_secret(source: SecretSource) -> Secret | Callable[[], str | Secret]:
    """Return the secret as a `Secret`, or the callable unchanged.

    Constructors that take a secret call it first, so that none of their frames contains plain text.

    Raises:
        ConfigurationError: it has another type, such as None for a variable that is not set.
    """
    if callable(source):
        return source
    if not isinstance(source, str | Secret):
        raise ConfigurationError(f"a secret must be a str, a Secret or a callable, got {describe_type(source)}")
    return Secret(source)


class SecretValue:
    """A secret, or a callable that returns it.

    Args:
        name: names the secret in messages, such as ``"client_secret"``.
        source: the secret or a callable.
        blanks: whether it may begin or end with a blank, as a password may.

    Raises:
        ConfigurationError: the secret is empty or has an invalid character.
    """

    __slots__ = ("_blanks", "_name", "_source")

    def __init__(self, name: str, source: SecretSource, *, blanks: bool = False) -> None:
        self._name = name
        self._blanks = blanks
        source = mask_secret(source)
        self._source = source if callable(source) else self._checked(source)

    def get(self) -> Secret:
        """Return the current secret.

        Raises:
            ConfigurationError: the callable raised, or returned an invalid secret. The message reveals nothing of it.
        """
        source = self._source
        if isinstance(source, Secret):
            return source
        try:
            secret = Secret(source())
        except ConfigurationError as error:
            problem = error.message
        except OSError as error:
            problem = f"{type(error).__name__}: {error.strerror} ({error.filename})"
        except KeyError as error:  # for example of ``os.environ``: it names what is missing
            problem = f"KeyError: {error}"
        except Exception as error:  # noqa: BLE001 - any error means that there is no secret; its text may quote one
            problem = type(error).__name__
        else:
            return self._checked(secret)
        raise ConfigurationError(f"{self._name} is not available: {problem}")

    def _checked(self, secret: Secret) -> Secret:
        problem = _problem(secret, blanks=self._blanks)
        if problem is not None:
            raise ConfigurationError(f"{self._name} {problem}")
        return secret

    def __repr__(self) -> str:
        return f"<SecretValue {self._name}>"


def _problem(secret: Secret, *, blanks: bool) -> str | None:
    text = secret.reveal()
    if not text:
        return "must not be empty"
    if _has_control(text):
        return "must not contain a line break or another control character; if it was read from a file, strip it"
    if has_surrogate(text):
        return "must not contain a lone surrogate, which UTF-8 cannot encode"
    if not blanks and text != text.strip():
        return "must not begin or end with a blank; it was probably copied with one"
    return None
