"""Everything that a debugger, log or error tracker could show of an error, for the tests of secrets."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import traceback
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from tests.support.failures import is_ours

# Raw strings and bytes are only inside objects that reveal them on request: `Secret`, a body.
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
    """Return the traceback with all locals, the texts of an error, and the repr of each object reachable from it.

    Args:
        error: the error of a call.
        servers: the classes of fake servers, which may know secrets.
        skip_tests: start at the first frame of asdk, for tests with a plain secret among their locals.
    """
    trace = error.__traceback__
    while skip_tests and trace is not None and not is_ours(trace.tb_frame):
        trace = trace.tb_next
    report = traceback.TracebackException(type(error), error, trace, capture_locals=True)
    return "\n".join([*report.format(), str(error), repr(error), repr(vars(error)), *reprs(error, servers=servers)])


def reprs(start: object, *, servers: tuple[type, ...]) -> Iterator[str]:
    """Yield the repr of each object reachable from this one, except code and the servers of tests."""
    seen, todo = {id(start)}, [start]
    while todo and len(seen) < 20_000:
        item = todo.pop()
        if not isinstance(item, FrameType):
            with contextlib.suppress(Exception):
                yield repr(item)
        for child in _children(item):
            if id(child) not in seen and not isinstance(child, (*_NOT_FOLLOWED, *servers)):
                seen.add(id(child))
                todo.append(child)


def _children(item: object) -> list[Any]:
    if isinstance(item, FrameType):
        inside = is_ours(item) or "/aiohttp/" in item.f_code.co_filename
        return [*item.f_locals.values()] if inside else []
    if hasattr(item, "__dict__"):
        return [*vars(item).values(), *getattr(item, "args", ()), getattr(item, "__traceback__", None)]
    return gc.get_referents(item)
