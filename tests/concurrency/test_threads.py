"""`run_in_thread`: its results and errors, cancellation, and the caller's context."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
import traceback

import anyio
import pytest

from asdk.concurrency import threads
from asdk.concurrency.threads import WarnOnce, run_in_thread


async def test_the_result_comes_from_another_thread() -> None:
    assert await run_in_thread(threading.get_ident) != threading.get_ident()


async def test_the_work_sees_a_copy_of_the_callers_context() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("caller")

    def work() -> str:
        before = variable.get()
        variable.set("thread")
        return before

    assert await run_in_thread(work) == "caller"
    assert variable.get() == "caller"


def fail(secret: str) -> None:
    try:
        raise LookupError(secret)
    except LookupError:
        raise ValueError("failed") from None


async def test_an_error_has_no_frames_of_the_work() -> None:
    with pytest.raises(ValueError, match="failed") as caught:
        await run_in_thread(lambda: fail("s3cret"))
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = 's3cret'" not in shown
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_an_error_keeps_its_frames_if_asked_for() -> None:
    with pytest.raises(ValueError, match="failed") as caught:
        await run_in_thread(lambda: fail("x"), keep_frames=True)
    assert "in fail" in "".join(traceback.format_exception(caught.value))


async def test_stop_iteration_becomes_a_runtime_error() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(run_in_thread(lambda: next(iter(()))), 60)


async def test_a_cancelled_caller_waits_for_its_work() -> None:
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.1)
        done.set()

    task = asyncio.create_task(run_in_thread(work))
    while not begun.is_set():  # noqa: ASYNC110 - a threading.Event has no async wait
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()


async def test_a_cancelled_anyio_scope_waits_for_its_work() -> None:
    done = threading.Event()

    def work() -> None:
        time.sleep(0.1)
        done.set()

    with anyio.move_on_after(0.02) as scope:
        await run_in_thread(work)
    assert scope.cancelled_caught, "the scope did not recognize its own cancellation"
    assert done.is_set()


async def test_a_cancelled_caller_does_not_wait_for_stuck_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_CANCELLED_WAIT", 0.05)
    leave = threading.Event()
    task = asyncio.create_task(run_in_thread(lambda: leave.wait(90)))
    await asyncio.sleep(0.01)
    began = time.monotonic()
    task.cancel()
    try:
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 0.04 < time.monotonic() - began < 60
    finally:
        leave.set()


async def test_an_error_after_a_cancellation_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        time.sleep(0.05)
        raise ValueError("late")

    task = asyncio.create_task(run_in_thread(work))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    del task
    assert "never retrieved" not in caplog.text


def test_a_warning_is_logged_once_per_place_and_problem(caplog: pytest.LogCaptureFixture) -> None:
    warnings = WarnOnce()
    with caplog.at_level(logging.WARNING, "asdk.auth"):
        for _ in range(2):
            for place in ("a", "b"):
                warnings.ignored(place, "it is empty")
                warnings.repaired(place, "its mode is 0600 again")
    assert len(caplog.records) == 4
