"""Canaries: secrets of a client that a hostile server echoes, and the search for them in everything that is shown."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import pickle
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import CoroutineType, FrameType, TracebackType
from typing import Any, cast
from urllib.parse import quote, quote_plus

import attrs
from rich.console import Console
from rich.traceback import Traceback

from asdk.http.headers import Headers
from asdk.http.response import Response
from asdk.streaming.parsers import LineSplitter
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.failures import is_ours
from tests.support.reachable import reprs
from tests.support.servers import RawExchange, RawServer

# --- secrets and encodings --------------------------------------------------------------------------------------------

#: What a server, a gateway or a framework does to a text that it quotes.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda text: json.dumps(text)[1:-1],
    "json with slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json, all": lambda text: "".join(f"\\u{ord(c):04X}" if not c.isalnum() else c for c in text),
    "percent": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "html": html.escape,
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind one": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64 behind two": lambda text: base64.b64encode(b"xy" + text.encode()).decode(),
}


def canary(name: str) -> str:
    """Return a secret that is a valid token, key and password, with the characters that are escaped most often."""
    return f"CANARY{name}+{random.Random(name).randbytes(12).hex()}/&=<>{name}"


class Canaries:
    """The secrets of one client.

    Args:
        secrets: by name.
    """

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets
        self._needles = {
            needle.lower(): name
            for name, secret in secrets.items()
            for part in (secret, secret.partition("/")[0])
            for encode in ENCODINGS.values()
            # What base64 makes of the neighbors of the secret is not part of it.
            for needle in [encode(part)[4:-4] if encode is not str else part]
        }

    def found_in(self, text: str) -> set[str]:
        """Return the names of the secrets that a text shows."""
        text = text.lower()
        return {name for needle, name in self._needles.items() if needle in text}


# --- surfaces ---------------------------------------------------------------------------------------------------------


class Records(logging.Handler):
    """All log records of all loggers, as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__} {record.exc_info}")

    def __enter__(self) -> Records:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)


def surfaces(error: BaseException, *, rich: bool = True) -> Iterator[tuple[str, str]]:
    """Yield everything that a log, a debugger or an error reporter may show of an error, with the name of the surface.

    The frames of the tests are left out: what a caller's own frame holds is the caller's.
    """
    trace = error.__traceback__
    while trace is not None and not is_ours(trace.tb_frame):
        trace = trace.tb_next
    yield "str", f"{error} {error!r} {error.args}"
    with suppress(TypeError):
        yield "pickle", pickle.dumps(error).decode("latin-1")
    yield "attributes", f"{vars(error)} {getattr(error, 'body', b'')!r} {getattr(error, '__notes__', ())}"
    report = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    yield "traceback", "".join(report.format())
    if rich:
        console = Console(file=(out := io.StringIO()), width=300)
        options: dict[str, Any] = {"show_locals": True, "locals_max_string": None, "locals_max_length": None}
        console.print(Traceback.from_exception(type(error), error, trace, **options))
        yield "rich traceback", out.getvalue()
    yield "reachable objects", "\n".join(reprs(_Start(error, trace), servers=_NOT_SHOWN))
    responses = [item for item in _locals(trace) if isinstance(item, Response)]
    yield "headers", f"{[response.headers for response in responses]}"
    yield "attrs walk", "\n".join(_fields(error, trace))


# Servers know the secrets; connections and running coroutines contain what is on the wire, headers and splitters what
# arrived. The reprs of all of them are safe, and so nothing shows it.
_NOT_SHOWN = (RawServer, RawExchange, AiohttpTransport, CoroutineType, Headers, LineSplitter)


@attrs.define
class _Start:
    error: BaseException
    trace: TracebackType | None

    def __repr__(self) -> str:
        return ""


def _locals(trace: TracebackType | None) -> Iterator[object]:
    while trace is not None:
        yield from trace.tb_frame.f_locals.values() if is_ours(trace.tb_frame) else ()
        trace = trace.tb_next


def _fields(error: BaseException, trace: TracebackType | None) -> Iterator[str]:
    """Yield the fields of every attrs object that a frame of asdk or the error leads to, as rich shows them."""
    todo: list[object] = [*vars(error).values(), *_locals(trace)]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if id(item) in seen or isinstance(item, FrameType):
            continue
        seen.add(id(item))
        if attrs.has(type(item)):
            shown = [getattr(item, field.name, None) for field in attrs.fields(cast("Any", type(item))) if field.repr]
            yield repr(shown)
            todo += shown
