"""`Heartbeat`: keeps a lock alive while its holder is, and gives it back when the holder's event loop stands still.

Started by the stores' locks. It beats in a thread of its own: a blocking call holds up the holder's loop, with every
task in it, for as long as it likes, and the lock must not be lost by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Awaitable, Callable

# After so many looks in a row at a loop that is not running, nobody will come back for the lock. One look alone may
# fall between two phases of `asyncio.run`.
_LOOKS = 4

_log = logging.getLogger("asdk.auth")


class Heartbeat:
    """Looks at the loop that it is made in, until it is stopped.

    Args:
        every: seconds between two looks.
        lost: called, in another thread, when the loop was closed or stands still, or by `give_up`. It must not
            raise.
        beat: called after each look at a loop that runs, in a loop of the heartbeat's own. It tells whether to go on,
            and must be bounded in time. If it raises, the next one may fare better.
    """

    def __init__(
        self, every: float, *, lost: Callable[[], object], beat: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        self._every = every
        self._lost = lost
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._done = threading.Event()
        self._process = os.getpid()

    def start(self) -> None:
        """Begin; the first look comes after one interval."""
        self._in_thread(self._run)

    def stop(self) -> None:
        """End, without waiting for it. May be called by any thread, and again."""
        if os.getpid() == self._process:  # else this is a fork: the thread is not here, and the event may be locked
            self._done.set()

    def give_up(self) -> None:
        """End, started or not, since the holder is gone: what it leaves is for ``lost``. May be called by any
        thread."""
        if os.getpid() == self._process:
            self._done.set()
            with contextlib.suppress(RuntimeError):  # the program ends, and starts no thread any more
                self._in_thread(self._lost)

    def _in_thread(self, work: Callable[[], object]) -> None:
        # A daemon: the end of the program does not wait for it.
        threading.Thread(target=work, name="asdk-lock", daemon=True).start()

    def _run(self) -> None:
        with contextlib.ExitStack() as stack:
            looks, runner = 0, None
            while not self._done.wait(self._every):
                running = self._loop.is_running()
                looks = 0 if running else looks + 1
                if looks >= _LOOKS or self._loop.is_closed():
                    break
                if running and self._beat is not None:
                    runner = runner or stack.enter_context(asyncio.Runner())
                    if not self._strike(runner, self._beat):
                        return
            else:
                return  # it was stopped
        self._lost()

    def _strike(self, runner: asyncio.Runner, beat: Callable[[], Awaitable[bool]]) -> bool:
        async def once() -> bool:
            return await beat()

        try:
            return runner.run(once())
        except Exception as error:  # noqa: BLE001 - whatever it is: nobody waits for it, and there is a next time
            _log.debug("a lock was not extended: %s", type(error).__name__)
            return True
