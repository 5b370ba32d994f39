"""Values that must not be seen: `Secret`, which a person opens, and `MaskedStr`, which travels in a header.

Called by everything that holds a key, a password or a token. Neither shows its value in repr, format, logs or a
traceback with locals; neither pickles.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from typing import AnyStr, NoReturn
from urllib.parse import quote, quote_plus

MASK = "********"


class Secret:
    """A string that shows itself only to `reveal`.

    Equal secrets compare equal, in constant time. A secret in ``json=`` or ``form=`` of a call is opened while the body
    is encoded, so that no local variable has to hold the plain text.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str | Secret) -> None:
        if not isinstance(value, str | Secret):
            raise TypeError(f"a Secret holds a str, not a {type(value).__name__}")
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """The value in plain text."""
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
        raise TypeError("a Secret does not pickle: pass where it comes from (an environment name, a file) instead")


class MaskedStr(str):
    """A header value that is itself on the wire and a mask in every repr.

    aiohttp keeps the request's headers in its own frames and objects, so a traceback with locals, or the debug output
    of a foreign library, would show the bearer otherwise.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __copy__(self) -> MaskedStr:
        return self

    def __deepcopy__(self, memo: object) -> MaskedStr:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a header with a secret in it does not pickle")


def redact(text: AnyStr, secrets: Iterable[str]) -> AnyStr:
    """The text or bytes with each of the secrets replaced, also where it comes escaped, in JSON, an URL or a form."""
    found = {spelled for secret in secrets if len(secret) >= _TOO_COMMON for spelled in _spellings(secret)}
    for secret in sorted(found, key=len, reverse=True):  # a short one may be a part of a long one
        if isinstance(text, str):
            text = text.replace(secret, MASK)
        else:
            text = text.replace(secret.encode("utf-8", "surrogatepass"), MASK.encode())
    return text


def _spellings(secret: str) -> set[str]:
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {quote(secret, safe="", errors="surrogatepass"), quote_plus(secret, errors="surrogatepass")}
    return {secret, *encoded, *quoted, *(text.replace("/", "\\/") for text in quoted)}


# A shorter one would be found in ordinary words, and hide them.
_TOO_COMMON = 4
