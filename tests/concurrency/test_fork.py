"""`reset_after_fork` and `delay_forks`, with real forks."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Callable

import pytest

from asdk.concurrency import fork
from asdk.concurrency.fork import reset_after_fork
from tests.support.processes import Process

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here")


class Counter:
    """Counts its resets."""

    def __init__(self) -> None:
        self.resets = 0
        reset_after_fork(self._reset)

    def _reset(self) -> None:
        self.resets += 1


class Derived(Counter):
    def _reset(self) -> None:
        super()._reset()
        self.resets += 10


def in_child(work: Callable[[], int]) -> int:
    """Fork, and return the result of the work in the child."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_an_object_is_reset_in_the_child_and_not_in_the_parent() -> None:
    counter = Counter()
    assert in_child(lambda: counter.resets) == 1
    assert counter.resets == 0


def test_a_child_of_a_child_resets_again() -> None:
    counter = Counter()
    assert in_child(lambda: in_child(lambda: counter.resets)) == 2


def test_an_overridden_method_is_called() -> None:
    counter = Derived()
    assert in_child(lambda: counter.resets) == 11


def test_a_module_function_is_called() -> None:
    calls: list[int] = []

    def reset() -> None:
        calls.append(1)

    reset_after_fork(reset)
    assert in_child(lambda: len(calls)) == 1


def test_the_registry_keeps_no_object_alive() -> None:
    before = len(fork._resets)
    counter = Counter()
    reference = weakref.ref(counter)
    assert len(fork._resets) == before + 1
    gc.disable()
    try:
        del counter
        assert reference() is None
    finally:
        gc.enable()
    assert len(fork._resets) == before
    assert in_child(lambda: 0) == 0


def test_a_fork_waits_for_the_block_of_another_thread() -> None:
    source = """
        import threading, warnings
        from asdk.concurrency.fork import delay_forks
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork among threads, from Python 3.12 on
        inside, leave = threading.Event(), threading.Event()
        state = "outside"

        def work():
            global state
            with delay_forks():
                state = "inside"
                inside.set()
                leave.wait(0.3)
                state = "outside again"

        thread = threading.Thread(target=work)
        thread.start()
        inside.wait()
        child = os.fork()
        if child == 0:
            with delay_forks():  # the child has a lock of its own
                say(state)
            os._exit(0)
        os.waitpid(child, 0)
        with delay_forks():
            thread.join()
        """
    with Process(source) as process:
        assert process.finish() == ["outside again"]
