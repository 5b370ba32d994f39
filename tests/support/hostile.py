"""A server that echoes the secrets that it receives, in every place and encoding, and fails in every way."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import quote, quote_plus

from tests.support.canary import ENCODINGS
from tests.support.servers import RawExchange

#: Returns a raw response that contains an echo.
Answer: TypeAlias = Callable[[str, random.Random], bytes]

_TOKEN_PATHS = ("/token", "/login", "/sliding", "/refresh", "/Token")


def _response(
    status: int, body: str | bytes = b"", media_type: str = "application/json", headers: str = "", *, missing: int = 0
) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {media_type}\r\nContent-Length: {len(content) + missing}\r\n"
    return f"{head}{headers}\r\n".encode() + content


def _refusal(rng: random.Random) -> int:
    return rng.choice([400, 401, 403, 404, 409, 422, 429, 500, 503])


def _in_json(echo: str, place: Callable[[str], object]) -> str:
    """Return JSON in which the echo stands as it is, so that its own escapes count."""
    return json.dumps(place("@")).replace("@", echo.replace('"', '\\"'))


def _in_events(echo: str, rng: random.Random) -> bytes:
    event = rng.choice(
        [
            f"event: error\ndata: {echo}\n\n",
            f"event: error\ndata: {_in_json(echo, lambda text: {'message': text, 'code': text})}\n\n",
            f"id: {echo}\nretry: {echo}\nevent: {echo}\ndata: {{{echo}\n\n",
            f'data: {{"a": "{echo}"}}\n\n',
        ]
    )
    return _response(200, event, "text/event-stream")


_HEADERS = (
    "X-Request-Id: {0}\r\n",
    "Retry-After: {0}\r\n",
    'WWW-Authenticate: Bearer error="{0}"\r\n',
    "Set-Cookie: sid={0}\r\n",
    "ETag: {0}\r\nServer: {0}\r\nDate: {0}\r\n",
    'Content-Disposition: attachment; filename="{0}"\r\n',
    "Link: <{0}>; rel=next\r\nLink: {0}\r\n",
    "X-RateLimit-Reset: {0}\r\nRateLimit: {0}\r\n",
    "Content-Encoding: {0}\r\n",
    "Transfer-Encoding: {0}\r\n",
    "Repr-Digest: sha-256=:{0}:\r\nContent-Range: bytes {0}\r\n",
)

ANSWERS: Mapping[str, Answer] = {
    "message": lambda echo, rng: _response(_refusal(rng), _in_json(echo, lambda text: {"message": text, "code": text})),
    "problem": lambda echo, rng: _response(
        _refusal(rng),
        _in_json(echo, lambda text: {"title": text, "detail": text, "instance": f"/{text}", text: [text]}),
        "application/problem+json",
    ),
    "reasons": lambda echo, rng: _response(
        _refusal(rng), _in_json(echo, lambda text: {"detail": [{"loc": ["body", text], "msg": text}], "errors": [text]})
    ),
    "oauth": lambda echo, rng: _response(
        rng.choice([400, 401]), _in_json(echo, lambda text: {"error": text, "error_description": text})
    ),
    "text": lambda echo, rng: _response(_refusal(rng), f"you sent {echo}", "text/plain"),
    "page": lambda echo, rng: _response(_refusal(rng), f"<html>{echo}</html>", "text/html"),
    "headers of an error": lambda echo, rng: _response(_refusal(rng), "{}", headers=rng.choice(_HEADERS).format(echo)),
    "headers": lambda echo, rng: _response(200, "{}", headers=rng.choice(_HEADERS).format(echo)),
    "media type": lambda echo, rng: _response(rng.choice([200, 400]), "{}", f"application/{echo}; charset={echo}"),
    "redirect": lambda echo, rng: _response(
        rng.choice([301, 303, 307]),
        headers=rng.choice(
            ["Location: /{0}?a={0}\r\n", "Location: https://other.example/{0}\r\n", "Location: {0}\r\n"]
        ).format(quote(echo, safe="%")),
    ),
    "cut": lambda echo, rng: _response(200, f'{{"id": 1, "api_key": "{echo}'),
    "not json": lambda echo, rng: _response(200, f"{echo} {{"),
    "wrong type": lambda echo, rng: _response(
        200, _in_json(echo, lambda text: rng.choice([{"id": text, "items": text}, [{"id": text}], {text: {text: 1}}]))
    ),
    "status line": lambda echo, rng: f"HTTP/1.1 {echo}\r\n\r\n".encode(),
    "garbage": lambda echo, rng: f"{echo}\r\n\r\n".encode(),
    "length": lambda echo, rng: f"HTTP/1.1 200 OK\r\nContent-Length: {echo}\r\n\r\n".encode(),
    "chunk": lambda echo, rng: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{echo}\r\n".encode(),
    "half": lambda echo, rng: _response(rng.choice([200, 500]), f'"{echo}', missing=100),
    "nothing": lambda echo, rng: b"",
    "events": _in_events,
    "lines": lambda echo, rng: _response(200, f'{{"a": "{echo}"}}\n{echo}\n', "application/x-ndjson"),
    "file": lambda echo, rng: _response(
        200, echo, "application/octet-stream", f'Content-Disposition: attachment; filename="{echo}"\r\n'
    ),
    "page of items": lambda echo, rng: _response(
        200, _in_json(echo, lambda text: {"items": [{"id": text}], "next": text, "count": text})
    ),
}


class HostileServer:
    """The behavior of a `RawServer`: each answer is chosen by a random number, and echoes what was received.

    Args:
        secrets: the secrets of the client; the token endpoints give out ``access`` and ``refresh``.
        seed: of the random numbers.

    Attributes:
        echoed: how many answers contained a secret.
        stalls: whether some requests get no answer.
    """

    def __init__(self, secrets: Mapping[str, str], seed: int = 0) -> None:
        self._secrets = secrets
        self._random = random.Random(seed)
        self.echoed = 0
        self.stalls = True

    async def __call__(self, exchange: RawExchange) -> None:
        """Answer one request."""
        rng = self._random
        received = self._received(exchange.head.decode("latin-1") + (await exchange.read_body()).decode("latin-1"))
        if exchange.target.partition("?")[0].endswith(_TOKEN_PATHS) and rng.random() < 0.7:
            await exchange.answer(json.dumps(self._tokens()).encode())
            return
        if self.stalls and rng.random() < 0.02:
            await exchange.until_gone()
            return
        encode = rng.choice(list(ENCODINGS.values()))
        echo = " ".join(encode(secret) for secret in received) or "nothing"
        self.echoed += bool(received)
        await exchange.send(rng.choice(list(ANSWERS.values()))(echo, rng))
        if rng.random() < 0.3 or b"Content-Length" not in exchange.head:
            exchange.writer.close()

    def _received(self, text: str) -> list[str]:
        spellings = (str, quote_plus, lambda secret: base64.b64encode(f"user:{secret}".encode()).decode())
        return [secret for secret in self._secrets.values() if any(spell(secret) in text for spell in spellings)]

    def _tokens(self) -> dict[str, object]:
        access, refresh = self._secrets["access"], self._secrets["refresh"]
        return {
            "access_token": access,
            "token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "expires_in": 900,
        }
