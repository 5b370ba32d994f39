"""Everything that a debugger, a log or an error tracker could show of an error: for the tests that look for secrets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import traceback
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from tests.support.failures import is_ours

# A raw string or bytes stands only in an object that opens it when it is asked to: `Secret`, a body.
_NOT_FOLLOWED = (
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    CodeType,
    str,
    bytes,
    asyncio.AbstractEventLoop,
)


def shown_by(error: BaseException, *, servers: tuple[type, ...], skip_tests: bool = False) -> str:
    """Its traceback with the locals of each frame, its texts, and the repr of whatever can be reached from it.

    Args:
        error: what a call ended in.
        servers: what the other side is played by: it may know secrets.
        skip_tests: begin at the first frame of asdk; for tests that have a secret in plain text among their locals.
    """
    trace = error.__traceback__
    while skip_tests and trace is not None and not is_ours(trace.tb_frame):
        trace = trace.tb_next
    told = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    return "\n".join([*told.format(), str(error), repr(error), repr(vars(error)), *reprs(error, servers=servers)])


def reprs(start: object, *, servers: tuple[type, ...]) -> Iterator[str]:
    """The repr of each object that can be reached from this one, but for code and for what tests keep."""
    seen, todo = {id(start)}, [start]
    while todo and len(seen) < 20_000:
        thing = todo.pop()
        if not isinstance(thing, FrameType):
            with contextlib.suppress(Exception):
                yield repr(thing)
        for child in _children(thing):
            if id(child) not in seen and not isinstance(child, (*_NOT_FOLLOWED, *servers)):
                seen.add(id(child))
                todo.append(child)


def _children(thing: object) -> list[Any]:
    if isinstance(thing, FrameType):
        inside = is_ours(thing) or "/aiohttp/" in thing.f_code.co_filename
        return [*thing.f_locals.values()] if inside else []
    if hasattr(thing, "__dict__"):
        return [*vars(thing).values(), *getattr(thing, "args", ()), getattr(thing, "__traceback__", None)]
    return gc.get_referents(thing)
