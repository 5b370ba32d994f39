"""`Heartbeat`: keeps a lock alive while its holder is, and releases it when the holder's event loop has stopped.

Used by the locks of token stores. It runs in a thread of its own: a blocking call stops the holder's event loop, with
every task in it, for as long as the call takes, and that must not lose the lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Awaitable, Callable

# A loop that was stopped at this many checks in a row will not release the lock. A single check may fall between two
# phases of `asyncio.run`.
_STOPPED_LOOP_CHECKS = 4

_log = logging.getLogger("asdk.auth")


class Heartbeat:
    """A thread that checks the event loop in which it was constructed, until it is stopped.

    Args:
        interval: seconds between two checks.
        lost: called in another thread when the loop was closed or has stopped, or by `abandon`. It must not raise.
        beat: called after each check of a running loop, in an event loop of the heartbeat's own. It returns whether to
            continue, and must be bounded in time. If it raises, it is called again after the next check.
    """

    def __init__(
        self, interval: float, *, lost: Callable[[], object], beat: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        self._interval = interval
        self._lost = lost
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._done = threading.Event()
        self._pid = os.getpid()

    def start(self) -> None:
        """Start the thread. The first check comes after one interval."""
        self._start_thread(self._run)

    def stop(self) -> None:
        """Stop without waiting for the thread. Any thread may call it, more than once."""
        if os.getpid() == self._pid:  # a forked child does not have the thread, and its event may be locked
            self._done.set()

    def abandon(self) -> None:
        """Stop, started or not, and call ``lost`` in another thread, since the holder is gone.

        Any thread may call it.
        """
        if os.getpid() == self._pid:
            self._done.set()
            with contextlib.suppress(RuntimeError):  # an interpreter that shuts down starts no more threads
                self._start_thread(self._lost)

    def _start_thread(self, work: Callable[[], object]) -> None:
        # A daemon thread: the interpreter does not wait for it at exit.
        threading.Thread(target=work, name="asdk-lock", daemon=True).start()

    def _run(self) -> None:
        with contextlib.ExitStack() as stack:
            stopped, runner = 0, None
            while not self._done.wait(self._interval):
                running = self._loop.is_running()
                stopped = 0 if running else stopped + 1
                if stopped >= _STOPPED_LOOP_CHECKS or self._loop.is_closed():
                    break
                if running and self._beat is not None:
                    runner = runner or stack.enter_context(asyncio.Runner())
                    if not self._run_beat(runner, self._beat):
                        return
            else:
                return  # by `stop`
        self._lost()

    def _run_beat(self, runner: asyncio.Runner, beat: Callable[[], Awaitable[bool]]) -> bool:
        async def run() -> bool:
            return await beat()

        try:
            return runner.run(run())
        except Exception as error:  # noqa: BLE001 - no caller could handle it, and the next beat tries again
            _log.debug("a lock was not extended: %s", type(error).__name__)
            return True
