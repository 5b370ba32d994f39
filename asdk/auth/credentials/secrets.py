"""`SecretValue`: a secret that a credential was given, or where it comes from.

Made by the credentials in this folder. A secret may change while a program runs, as a mounted file does: what is given
as a callable is asked anew at each renewal, so that a new secret ends the refusal of the old one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from asdk.errors import ConfigurationError
from asdk.http.urls import has_surrogate
from asdk.secret import Secret

#: A secret, or a function without arguments that looks it up; a short one, since it runs in the event loop.
SecretSource: TypeAlias = str | Secret | Callable[[], str | Secret]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search


def closed(source: SecretSource) -> Secret | Callable[[], str | Secret]:
    """The same without plain text: the first line of whatever takes a secret, so that no frame of ours shows it.

    Raises:
        ConfigurationError: it is nothing of the kind, such as None for a variable that is not set.
    """
    if callable(source):
        return source
    if not isinstance(source, str | Secret):
        raise ConfigurationError(f"a secret is a str, a Secret or a function, not a {type(source).__name__}")
    return Secret(source)


class SecretValue:
    """A secret, or where it comes from.

    Args:
        name: what it is, for messages, such as ``"the client secret"``.
        source: the secret or a callable.
        blanks: whether it may begin or end with a blank, as a password may.

    Raises:
        ConfigurationError: it is no secret that could be sent.
    """

    __slots__ = ("_blanks", "_name", "_source")

    def __init__(self, name: str, source: SecretSource, *, blanks: bool = False) -> None:
        self._name = name
        self._blanks = blanks
        source = closed(source)
        self._source = source if callable(source) else self._checked(source)

    def get(self) -> Secret:
        """The secret of this moment.

        Raises:
            ConfigurationError: it cannot be had, or cannot be one; the message tells nothing of it.
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
        except KeyError as error:  # of an environment, say: names what is missing
            problem = f"KeyError: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it raises, there is no secret; its text may quote one
            problem = type(error).__name__
        else:
            return self._checked(secret)
        raise ConfigurationError(f"{self._name} cannot be had: {problem}")

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
        return "is empty"
    if _CONTROL(text):
        return "holds a line end or another control character; was it read from a file with its line end?"
    if has_surrogate(text):
        return "holds a lone surrogate, which has no UTF-8 form"
    if not blanks and text != text.strip():
        return "begins or ends with a blank: it was probably copied with one"
    return None
