"""`MapResults`: a function applied to many inputs, a limited number at a time, with a value or an error for each.

Returned by `BaseClient.map`. It does not know the client; the calls of the function keep their own limits, such as a
rate limit.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sized,
)
from contextvars import Context, copy_context
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeAlias, TypeVar, cast

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.event_loop import running_loop
from asdk.concurrency.tasks import create_task
from asdk.concurrency.wakeup import InterruptWakeup
from asdk.errors import AsdkError, InvalidRequestError, describe_type
from asdk.progress import ProgressDisplay, ProgressTask, show_progress
from asdk.redaction import clean_tracebacks

I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

#: The inputs of `BaseClient.map`.
Inputs: TypeAlias = Iterable[I] | AsyncIterable[I]

# How many inputs an ordered map reads ahead of its consumer, in multiples of the concurrency. With a higher number, one
# slow call delays the others less, and more outcomes are in memory.
_READ_AHEAD = 4


@attrs.frozen
class Outcome(Generic[R_co]):
    """The result of one input: a value or an error.

    Attributes:
        index: the index of the input, from 0.
        value: the value that the function returned; None if it raised.
        error: the exception that the function raised; None if it returned.
    """

    index: int
    value: R_co | None = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """Return whether the function returned a value."""
        return self.error is None

    def result(self) -> R_co:
        """Return the value.

        Raises:
            Exception: the function raised it.
        """
        error = self.error
        if error is None:
            return cast("R_co", self.value)
        if isinstance(error, AsdkError):
            # A copy: the outcome keeps its error, and with it the frames of the caller, which refer to the outcome.
            error = error.copy().with_traceback(error.__traceback__)
        try:
            raise error
        finally:
            del error


class MapResults(AsyncIterator[Outcome[R]]):
    """Outcomes of a function applied to many inputs, for one ``async for``. Nothing runs before the loop.

    Leaving the loop early cancels the running calls. ``async with`` around it also waits until they have ended.
    """

    def __init__(
        self,
        function: Callable[[Any], Awaitable[R]],
        items: Inputs[Any],
        *,
        concurrency: int = 10,
        ordered: bool = True,
        progress: bool | str | ProgressDisplay = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Take the arguments of `BaseClient.map`.

        Raises:
            InvalidRequestError: an argument is invalid.
        """
        if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
            raise InvalidRequestError(f"concurrency must be an integer of at least 1, got {concurrency!r}")
        if not callable(function):
            raise InvalidRequestError(f"function must be an async function, got {describe_type(function)}")
        if not isinstance(items, AsyncIterable | Iterable):
            raise InvalidRequestError(f"items must be an iterable, sync or async, got {describe_type(items)}")
        self._name = getattr(function, "__name__", type(function).__name__)
        self._progress = _MapProgress(self._name, len(items) if isinstance(items, Sized) else None, progress, clock)
        # A generator that does not refer to this object: a cycle would delay the finalizer of a map that was dropped.
        self._pool = _WorkerPool(function, items, concurrency, ordered)
        self._outcomes = cast("AsyncGeneratorType[Outcome[R], None]", _run(self._pool, self._progress))

    def __aiter__(self) -> Self:
        return self

    if not TYPE_CHECKING:  # type checkers report the mistake themselves

        def __iter__(self) -> NoReturn:
            raise TypeError(f"MapResults cannot be iterated without `async`; {self!r}")

    async def __anext__(self) -> Outcome[R]:
        if self._outcomes.ag_running:
            raise InvalidRequestError("another task is iterating over this map; iterate in one task")
        with clean_tracebacks:
            return await anext(self._outcomes)

    def __del__(self) -> None:
        if hasattr(self, "_progress"):
            self._progress.end(complete=False)  # at once: a notebook's cell may end before the workers do

    async def aclose(self) -> None:
        """Cancel the running calls, and wait until they have ended. No further outcomes follow."""
        if self._outcomes.ag_running:  # another task waits for an outcome, and its iteration ends
            await self._pool.aclose()
        else:
            await self._outcomes.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __await__(self) -> NoReturn:
        raise TypeError(f"MapResults cannot be awaited; {self!r}")

    def __repr__(self) -> str:
        return f"<MapResults of {self._name}: use `async for outcome in ...`>"


async def _run(pool: _WorkerPool[R], progress: _MapProgress) -> AsyncGenerator[Outcome[R], None]:
    complete = False
    wakeup = InterruptWakeup(running_loop())
    try:
        progress.begin()
        pool.start()
        while (outcome := await pool.take()) is not None:
            progress.advance(outcome)
            yield outcome
            del outcome  # not kept while waiting for the next one
        complete = not pool.closing
    finally:
        try:
            await pool.aclose()
        finally:
            wakeup.stop()
            progress.end(complete=complete)


class _MapProgress:
    """The progress bar of one map, if it was requested."""

    def __init__(self, name: str, total: int | None, progress: bool | str | ProgressDisplay, clock: Clock) -> None:
        self._label = progress if isinstance(progress, str) else name
        self._total = total
        self._wanted = progress
        self._clock = clock
        self._track: ProgressTask | None = None

    def begin(self) -> None:
        if self._wanted:
            display = self._wanted if isinstance(self._wanted, ProgressDisplay) else show_progress(self._clock)
            self._track = display.add_task(self._label, self._total)

    def advance(self, outcome: Outcome[Any]) -> None:
        if self._track is not None:
            self._track.advance(failed=not outcome.ok)

    def end(self, *, complete: bool) -> None:
        track, self._track = self._track, None
        if track is not None:
            track.finish(complete=complete)
            if not isinstance(self._wanted, ProgressDisplay):
                track.display.close()


class _WorkerPool(Generic[R]):
    """The worker tasks of a map, their inputs and their outcomes.

    It does not refer to the `MapResults` that consumes the outcomes, so that a map that was dropped is finalized.
    """

    def __init__(
        self, function: Callable[[Any], Awaitable[R]], items: Inputs[Any], concurrency: int, ordered: bool
    ) -> None:
        self._function = function
        self._items = items
        self._concurrency = concurrency
        self._ordered = ordered
        # The calls run in the context in which `map` was called, with its tenant and other context variables.
        self._context: Context = copy_context()
        self._workers: set[asyncio.Task[None]] = set()
        self._source: _Source | None = None
        self._window = concurrency * _READ_AHEAD if ordered else concurrency * 2
        self._started = 0
        self._handed = 0
        self._ready: deque[Outcome[R]] = deque()
        self._early: dict[int, Outcome[R]] = {}
        self._consumer: asyncio.Future[None] | None = None
        self._idle: deque[asyncio.Future[None]] = deque()
        self._failure: BaseException | None = None
        self.closing = False
        self._torn_down = False

    def start(self) -> None:
        """Start the first worker. Each worker that gets an input starts the next one."""
        self._source = _Source(self._items)
        self._start_worker()

    async def take(self) -> Outcome[R] | None:
        """Return the next outcome; None after the last.

        Raises:
            Exception: iterating over the inputs failed. The outcomes of the inputs before it come first.
        """
        while not self._ready:
            if not self._workers:
                self._raise_failure()
                return None
            self._consumer = asyncio.get_running_loop().create_future()
            try:
                await self._consumer
            finally:
                self._consumer = None
        outcome = self._ready.popleft()
        self._handed += 1
        while self._idle and self._started - self._handed < self._window:
            room = self._idle.popleft()
            if not room.done():
                room.set_result(None)
                break
        return outcome

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure

    async def aclose(self) -> None:
        """Cancel the workers, wait until they have ended, and close the iterator over the inputs."""
        self.closing = True
        self._ready.clear()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        if workers:
            await asyncio.wait(workers)
        if self._source is not None and not self._torn_down:
            await self._source.aclose()

    # --- the workers ------------------------------------------------------------------------------------------------

    def _start_worker(self) -> None:
        worker = create_task(self._worker(), context=self._context)
        self._workers.add(worker)
        worker.add_done_callback(self._on_worker_done)

    def _on_worker_done(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if worker.cancelled():
            if not self.closing:
                # Cancelled by the function itself, or by an event loop that shuts down. The loop closes all generators
                # itself, so the source must not be closed twice. The outcome of this worker is missing.
                self._torn_down = True
                self._fail(asyncio.CancelledError())
        elif (error := worker.exception()) is not None:
            self._fail(error)
        if not self._workers:
            self._wake()

    def _fail(self, error: BaseException) -> None:
        """Stop the map with an error, after the calls that are running."""
        self._failure = self._failure or error
        if self._source is not None:
            self._source.exhausted = True
        self._release_idle()

    def _wake(self) -> None:
        if self._consumer is not None and not self._consumer.done():
            self._consumer.set_result(None)

    async def _worker(self) -> None:
        source = self._source
        assert source is not None
        while True:
            while self._started - self._handed >= self._window and not source.exhausted:
                await self._wait_for_room()
            try:
                taken = await source.take()
            except Exception as error:  # noqa: BLE001 - an error of the inputs is raised to the consumer
                self._fail(_without_this_frame(error))
                return
            if taken is None:
                self._release_idle()
                return
            index, item = taken
            self._started += 1
            if len(self._workers) < self._concurrency and not source.exhausted:
                self._start_worker()
            del taken
            outcome = await self._call(index, item)
            del item
            if outcome is None:
                return
            self._deliver(outcome)
            del outcome

    async def _call(self, index: int, item: Any) -> Outcome[R] | None:
        """Call the function for an input. Return the outcome, or None if the map must stop."""
        try:
            made: object = self._function(item)
            if inspect.isawaitable(made):
                return Outcome(index, await made)
        except Exception as error:  # noqa: BLE001 - the outcome of this input
            return Outcome(index, error=_without_this_frame(error))
        except asyncio.CancelledError as error:
            if self.closing:
                raise
            outcome: Outcome[R] = Outcome(index, error=_without_this_frame(error))
            task = asyncio.current_task()
            if task is None or task.cancelling():  # the function cancelled its own task: worker and map end
                self._deliver(outcome)
                raise
            return outcome  # an awaitable of the function was cancelled
        self._fail(InvalidRequestError(f"function must be async, got one that returned {describe_type(made)}"))
        return None

    def _deliver(self, outcome: Outcome[R]) -> None:
        if not self._ordered:
            self._ready.append(outcome)
        else:
            self._early[outcome.index] = outcome
            while (due := self._early.pop(self._handed + len(self._ready), None)) is not None:
                self._ready.append(due)
        if self._ready:
            self._wake()

    async def _wait_for_room(self) -> None:
        """Wait until the consumer takes an outcome, which makes room for another input."""
        room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(room)
        await room

    def _release_idle(self) -> None:
        """Wake the workers that wait for room: there are no more inputs."""
        while self._idle:
            room = self._idle.popleft()
            if not room.done():
                room.set_result(None)


class _Source:
    """The numbered inputs. An async iterator is advanced by one worker at a time."""

    def __init__(self, items: Inputs[Any]) -> None:
        self.exhausted = False
        self._count = 0
        self._sync: Iterator[Any] | None = None
        self._async: AsyncIterator[Any] | None = None
        self._asking = asyncio.Lock()
        if isinstance(items, AsyncIterable):
            self._async = aiter(items)
            self._ours = self._async is not items
        else:
            self._sync = iter(items)

    async def take(self) -> tuple[int, Any] | None:
        """Return the number and the value of the next input; None after the last."""
        if self._sync is not None:
            return self._number(next(self._sync, _END)) if not self.exhausted else None
        assert self._async is not None
        async with self._asking:
            return self._number(await anext(self._async, _END)) if not self.exhausted else None

    def _number(self, item: Any) -> tuple[int, Any] | None:
        if item is _END:
            self.exhausted = True
            return None
        self._count += 1
        return self._count - 1, item

    async def aclose(self) -> None:
        """Close an async iterator that was created here. An iterator that was passed in belongs to the caller."""
        close = getattr(self._async, "aclose", None)
        if close is not None and self._ours:
            await close()


_END: Any = object()


def _without_this_frame(error: BaseException) -> BaseException:
    """Remove the worker's frame from an error, which would otherwise keep the worker's variables alive."""
    traceback = error.__traceback__
    return error.with_traceback(traceback and traceback.tb_next)
