"""What the error of a call must be, whatever went wrong: ours, alone, in one line."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pytest

import asdk
from asdk import AsdkError

ErrorT = TypeVar("ErrorT", bound=AsdkError)

# Wherever the checkout lies, and whatever its folder is called.
_PACKAGE = Path(asdk.__file__).parent


async def failure_of(call: Awaitable[object], kind: type[ErrorT]) -> ErrorT:
    """The error that this call ends in: exactly of this class, and clean."""
    with pytest.raises(AsdkError) as caught:
        await call
    assert_clean(caught.value)
    assert type(caught.value) is kind, caught.value
    return caught.value


def assert_clean(error: AsdkError) -> None:
    """Nothing foreign hangs on it, it says what it says in one line, and it can be sent to another process."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not [frame for frame in frames_of(error) if "/aiohttp/" in frame.f_code.co_filename]
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 800
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def is_ours(frame: FrameType) -> bool:
    """Whether this is a frame of asdk itself, and not of its tests."""
    return Path(frame.f_code.co_filename).is_relative_to(_PACKAGE)


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """The frames that its traceback keeps."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
