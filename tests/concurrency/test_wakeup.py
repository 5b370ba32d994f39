"""`InterruptWakeup`, with and without IPython."""

from __future__ import annotations

import asyncio

import pytest

from asdk.concurrency import wakeup
from asdk.concurrency.wakeup import InterruptWakeup


async def test_outside_ipython_no_timer_is_started() -> None:
    assert InterruptWakeup(asyncio.get_running_loop())._timer is None


async def test_in_ipython_the_loop_is_woken_until_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup, "_in_ipython", lambda: True)
    monkeypatch.setattr(wakeup, "_WAKE_INTERVAL", 0.001)
    timer = InterruptWakeup(asyncio.get_running_loop())
    first = timer._timer
    await asyncio.sleep(0.02)
    assert timer._timer is not first
    last = timer._timer
    timer.stop()
    timer.stop()
    assert last is not None
    assert last.cancelled()
