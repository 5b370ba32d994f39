"""Values that must not be shown: `Secret`, `MaskedStr` for header values, and `MaskedBytes` for bodies.

Used wherever a key, a password or a token is kept. No class shows its value in a repr, a log or a traceback with
locals, and none can be pickled. `asdk.redaction` hides secrets in texts of others.
"""

from __future__ import annotations

import hmac
from typing import Any, Final, NoReturn

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

    def __getitem__(self, index: Any) -> str:
        """Return a part, masked as well: rich shows the start of a long string."""
        return MaskedStr(str.__getitem__(self, index))

    def __copy__(self) -> MaskedStr:
        return self

    def __deepcopy__(self, memo: object) -> MaskedStr:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a header value that contains a secret cannot be pickled")


class MaskedBytes(bytes):
    """Bytes that contain a secret, such as the body of a login, masked in every repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK.encode())

    def __getitem__(self, index: Any) -> Any:
        """Return a part, masked as well, or the integer at an index."""
        part = bytes.__getitem__(self, index)
        return MaskedBytes(part) if isinstance(part, bytes) else part

    def __copy__(self) -> MaskedBytes:
        return self

    def __deepcopy__(self, memo: object) -> MaskedBytes:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("bytes that contain a secret cannot be pickled")
