"""`Token`, which a credential obtains and a request carries, and the parsing of token replies.

Made by credentials, managed by `TokenSource`, kept by stores. A token reveals none of its secrets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NoReturn

import attrs

from asdk.http.headers import FRAMING, Headers, check_name, framing_error
from asdk.secret import MaskedStr, Secret


def _secret(value: str | Secret) -> Secret:
    return Secret(value)


def _maybe_secret(value: str | Secret | None) -> Secret | None:
    return None if value is None else Secret(value)


def _header_name(name: str) -> str:
    if check_name(name).lower() in FRAMING:  # the entry of a store that others may write must not frame requests
        raise framing_error(name)
    return name


@attrs.frozen(kw_only=True, slots=False, repr=False)
class Token:
    """An access token and its lifetime.

    Attributes:
        value: the secret value that the header carries.
        issued_at: when it was requested, in epoch seconds; the lifetime begins then.
        lifetime: its lifetime in seconds; None if it does not expire.
        refresh_token: obtains the next token without a login, if the endpoint issued one.
        refresh_expires_at: when the refresh token expires, in epoch seconds, if known.
        header: the name of the header field that carries it.
        scheme: the word before the value, such as ``Bearer``; empty for the value alone.
        claims: further plain members of the reply that the API's client exposes, such as a company's name.
    """

    value: Secret = attrs.field(converter=_secret)
    issued_at: float = 0.0
    lifetime: float | None = None
    refresh_token: Secret | None = attrs.field(default=None, converter=_maybe_secret)
    refresh_expires_at: float | None = None
    header: str = attrs.field(default="Authorization", converter=_header_name)
    scheme: str = "Bearer"
    claims: Mapping[str, Any] = attrs.field(factory=dict, eq=False)

    @property
    def expires_at(self) -> float | None:
        """Return when it expires, in epoch seconds; ``None`` if it does not."""
        return None if self.lifetime is None else self.issued_at + self.lifetime

    @cached_property
    def headers(self) -> Headers:
        """Return the header field that presents this token, checked and ready to be merged into a request."""
        value = self.value.reveal()
        return Headers({self.header: MaskedStr(f"{self.scheme} {value}" if self.scheme else value)})

    def __repr__(self) -> str:
        return f"<Token {self.scheme or self.header} issued_at={self.issued_at:.0f} lifetime={self.lifetime}>"

    def __str__(self) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Token cannot be pickled; share a TokenSource or a TokenStore instead")


def read_lifetime(data: Mapping[str, Any]) -> float | None:
    """Return the lifetime of a token in seconds, from a token reply; ``None`` if the reply does not say.

    Accepts ``expires_in`` as a number or a numeric string, or ``expires`` as ``{"days": 1, "hours": 0, "minutes": 0}``.
    A value that is zero, negative, not finite or above ten years is ignored.
    """
    value = data.get("expires_in")
    if isinstance(value, str) and _NUMBER(value):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _TEN_YEARS:
        return float(value)
    expires = data.get("expires")
    if isinstance(expires, Mapping):
        parts = {unit: expires.get(unit, 0) for unit in _UNITS}
        # Checked one by one before they are added: JSON may contain integers that no float can represent.
        if all(
            isinstance(part, int | float) and not isinstance(part, bool) and abs(part) <= _TEN_YEARS
            for part in parts.values()
        ):
            total = float(sum(parts[unit] * seconds for unit, seconds in _UNITS.items()))
            return total if 0 < total <= _TEN_YEARS else None
    return None


_TEN_YEARS = 315_576_000.0
_YEAR_9999 = 253_402_300_799.0
_UNITS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?").fullmatch


def jwt_claims(value: Secret) -> dict[str, Any]:
    """Return the claims of a JWT, unverified: only its audience can verify it. Empty for other tokens.

    Source: RFC 7519, section 7.2; RFC 7515, section 2.
    """
    parts = value.reveal().split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def looks_like_jwt(value: Secret) -> bool:
    """Return whether this has the form of a JWT."""
    return bool(jwt_claims(value))


def jwt_expiry(value: Secret) -> float | None:
    """Return when a JWT expires, in epoch seconds of its issuer's clock; ``None`` if it does not say."""
    moment = jwt_claims(value).get("exp")
    if isinstance(moment, int | float) and not isinstance(moment, bool) and 0 < moment <= _YEAR_9999:
        return float(moment)
    return None
