"""Strings that must not be shown: `Secret`, and `MaskedStr` for header values.

Used wherever a key, a password or a token is kept. Neither class shows its value in a repr, a format, a log or a
traceback with locals, and neither can be pickled.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from typing import AnyStr, Final, NoReturn
from urllib.parse import quote, quote_plus

#: The text that replaces a secret wherever one would be shown.
MASK: Final = "********"


class Secret:
    """A string that only `reveal` returns in plain text.

    Secrets are compared by value, in constant time. A secret in ``json=`` or ``form=`` of a call is revealed while the
    body is encoded, so that no local variable has to contain the plain text.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str | Secret) -> None:
        if not isinstance(value, str | Secret):
            raise TypeError(f"the value of a Secret must be a str, got {type(value).__name__}")
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """Return the value in plain text."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._value.encode("utf-8", "surrogatepass"), other._value.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled; pass the name of its environment variable or file instead")


class MaskedStr(str):
    """A header value that is sent as it is and masked in every repr.

    aiohttp keeps the request headers in its own frames and objects. Without the mask, a traceback with locals or the
    debug output of another library would show the bearer token.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __copy__(self) -> MaskedStr:
        return self

    def __deepcopy__(self, memo: object) -> MaskedStr:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a header value that contains a secret cannot be pickled")


def redact(text: AnyStr, secrets: Iterable[str]) -> AnyStr:
    """Replace secrets in a text or in bytes, including their escaped forms in JSON, URLs and forms.

    Args:
        text: the text or bytes.
        secrets: the plain texts; those with fewer than four characters are left in place.
    """
    found = {form for secret in secrets if len(secret) >= _MIN_LENGTH for form in _escaped_forms(secret)}
    for secret in sorted(found, key=len, reverse=True):  # a short one may be part of a longer one
        if isinstance(text, str):
            text = text.replace(secret, MASK)
        else:
            text = text.replace(secret.encode("utf-8", "surrogatepass"), MASK.encode())
    return text


def _escaped_forms(secret: str) -> set[str]:
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {quote(secret, safe="", errors="surrogatepass"), quote_plus(secret, errors="surrogatepass")}
    return {secret, *encoded, *quoted, *(text.replace("/", "\\/") for text in quoted)}


# A shorter secret would match, and hide, parts of ordinary words.
_MIN_LENGTH = 4
