"""Checks of the error of a call: of an asdk class, without foreign exceptions, in one line."""

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

# Independent of the location of the checkout.
_PACKAGE = Path(asdk.__file__).parent


async def failure_of(call: Awaitable[object], kind: type[ErrorT]) -> ErrorT:
    """Return the error of a call, which must be of exactly this class, and clean."""
    with pytest.raises(AsdkError) as caught:
        await call
    assert_clean(caught.value)
    assert type(caught.value) is kind, caught.value
    return caught.value


def assert_clean(error: AsdkError) -> None:
    """Check that an error has no foreign exceptions or frames, is one short line, and can be pickled."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not [frame for frame in frames_of(error) if "/aiohttp/" in frame.f_code.co_filename]
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 800
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def is_ours(frame: FrameType) -> bool:
    """Return whether a frame belongs to asdk itself, not to its tests."""
    return Path(frame.f_code.co_filename).is_relative_to(_PACKAGE)


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames of an error's traceback."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
