"""`TokenRecord`: the record that a token store keeps under one key, and its JSON form.

Next to the token it has two notes for other processes: the *intent* to use a single-use refresh token, and a *refusal*
that should not be provoked again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import attrs

from asdk.auth.token import Token
from asdk.errors import TokenRefusedError
from asdk.secret import Secret

# The version of the JSON form; a record of another version is not used.
_FORMAT = 1

#: A larger record, in bytes, is not read.
LARGEST = 1024 * 1024


@attrs.frozen(kw_only=True)
class RefreshIntent:
    """The intent to send a single-use refresh token, recorded before it is sent.

    Attributes:
        refresh_token: the fingerprint of the refresh token.
        process: the process that sends it, as `asdk.concurrency.process` names it; empty if that process gave up
            without knowing whether the token was used.
        written_at: when the intent was recorded, in epoch seconds.
        unanswered: how often the refresh token was sent without a response, this time included until one arrives.
    """

    refresh_token: str
    process: str
    written_at: float
    unanswered: int = 1


@attrs.frozen(kw_only=True)
class CachedRefusal:
    """A permanent refusal of the token endpoint.

    Attributes:
        until: when the endpoint may be asked again, in epoch seconds.
        count: the number of consecutive refusals.
        message: the message of the error that each caller gets.
        status: the status of the endpoint's response, if there was one.
        code: the endpoint's error code, if it sent one.
        method, template, request_id: facts of the refused request.
        seed: the fingerprint of the refused secret; another secret may be tried at once.
    """

    until: float
    count: int
    message: str
    status: int | None = None
    code: str | None = None
    method: str | None = None
    template: str | None = None
    request_id: str | None = None
    seed: str | None = None

    def error(self, retry_after: float | None = None) -> TokenRefusedError:
        """Return the refusal as the error to raise again."""
        return TokenRefusedError(
            self.message,
            status=self.status,
            code=self.code,
            method=self.method,
            template=self.template,
            request_id=self.request_id,
            retry_after=retry_after,
        )


@attrs.frozen(kw_only=True, repr=False)
class TokenRecord:
    """The record that a store keeps under one key.

    Attributes:
        origin: the origin of the token endpoint; a record of another origin under the same key is never used.
        account: the account of the token.
        seed: the fingerprint of the secret that the token's family began with.
        token: the token; None if only a note is left.
        intent: None if no refresh token is being sent.
        refusal: None if the endpoint has not refused the credential.
        revision: the number of changes, from 1. A store saves a record only over the previous revision.
    """

    origin: str
    account: str = ""
    seed: str | None = None
    token: Token | None = None
    intent: RefreshIntent | None = None
    refusal: CachedRefusal | None = None
    revision: int = 1

    def dumps(self) -> Secret:
        """Return the record as JSON text, which contains the token's secrets."""
        data: dict[str, Any] = {
            "format": _FORMAT,
            "revision": self.revision,
            "origin": self.origin,
            "account": self.account,
            "seed": self.seed,
            "token": None if self.token is None else _token_data(self.token),
            "intent": None if self.intent is None else attrs.asdict(self.intent),
            "refusal": None if self.refusal is None else attrs.asdict(self.refusal),
        }
        return Secret(json.dumps(data))

    @classmethod
    def loads(cls, text: str | bytes | Secret) -> TokenRecord:
        """Read what `dumps` wrote.

        Raises:
            ValueError: the text is not a record: truncated, of another version, or something else. The message quotes
                no part of it.
        """
        problem = "it is not valid JSON"
        try:
            data = json.loads(_plain(text))
            problem = "it is no entry of a token store"
            return cls._read(data)
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            pass  # their messages may quote a token
        raise ValueError(problem)

    @classmethod
    def _read(cls, data: Any) -> TokenRecord:
        if not isinstance(data, dict) or data["format"] != _FORMAT:
            raise ValueError
        token, intent, refusal = data["token"], data["intent"], data["refusal"]
        return cls(
            origin=_text(data["origin"]),
            account=_text(data["account"]),
            seed=_text_or_none(data["seed"]),
            token=None if token is None else _read_token(token),
            intent=None if intent is None else _read_intent(intent),
            refusal=None if refusal is None else _read_refusal(refusal),
            revision=_whole(data["revision"]),
        )

    def __repr__(self) -> str:
        notes = "".join(f" {name}" for name in ("intent", "refusal") if getattr(self, name) is not None)
        return f"<TokenRecord {self.revision} of {self.origin}: {self.token}{notes}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TokenRecord cannot be pickled; share a TokenStore instead")


def _plain(text: str | bytes | Secret) -> str | bytes:
    plain = text.reveal() if isinstance(text, Secret) else text
    if len(plain) > LARGEST:
        raise ValueError
    return plain


def _token_data(token: Token) -> dict[str, Any]:
    return {
        "value": token.value.reveal(),
        "issued_at": token.issued_at,
        "lifetime": token.lifetime,
        "refresh_token": None if token.refresh_token is None else token.refresh_token.reveal(),
        "refresh_expires_at": token.refresh_expires_at,
        "header": token.header,
        "scheme": token.scheme,
        "claims": dict(token.claims),
    }


def _read_token(data: Mapping[str, Any]) -> Token:
    refresh_token, claims = _text_or_none(data["refresh_token"]), data["claims"]
    if not isinstance(claims, dict):
        raise ValueError
    token = Token(
        value=_text(data["value"]),
        issued_at=_number(data["issued_at"]),
        lifetime=_number_or_none(data["lifetime"]),
        refresh_token=refresh_token,
        refresh_expires_at=_number_or_none(data["refresh_expires_at"]),
        header=_text(data["header"]),
        scheme=_text(data["scheme"]),
        claims=claims,
    )
    token.headers  # noqa: B018 - a value that is invalid in a header is found here, not on the first call
    return token


def _read_intent(data: Mapping[str, Any]) -> RefreshIntent:
    return RefreshIntent(
        refresh_token=_text(data["refresh_token"]),
        process=_text(data["process"]),
        written_at=_number(data["written_at"]),
        unanswered=_whole(data.get("unanswered", 1)),
    )


def _read_refusal(data: Mapping[str, Any]) -> CachedRefusal:
    # Members that were added later may be missing; the token next to them is still valid.
    status = data["status"]
    return CachedRefusal(
        until=_number(data["until"]),
        count=_whole(data["count"]),
        message=_text(data["message"]),
        status=None if status is None else _whole(status),
        code=_text_or_none(data["code"]),
        method=_text_or_none(data.get("method")),
        template=_text_or_none(data.get("template")),
        request_id=_text_or_none(data.get("request_id")),
        seed=_text_or_none(data["seed"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LAST_MOMENT:
        raise TypeError
    return float(value)


def _number_or_none(value: object) -> float | None:
    return None if value is None else _number(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LAST_MOMENT:
        raise TypeError
    return value


# The end of the year 9999, in epoch seconds: an upper bound for all times.
_LAST_MOMENT = 253_402_300_800
